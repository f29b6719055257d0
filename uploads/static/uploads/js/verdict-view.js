/** How a run ended: whether the card may be wiped, and if not, which files stand in the way. */

import { byId, el, sign } from "./dom.js";
import { downloadButton, shortTable } from "./lists.js";
import { t } from "./messages.js";
import { warningLines, whyNotStored, whyStopped } from "./reasons.js";
import { duplicates, leftOut } from "./review-view.js";
import { declaredFiles } from "./selection.js";

/**
 * @typedef {import("./tally.js").Outcome} Outcome
 * @typedef {import("./selection.js").Plan} Plan
 *
 * @typedef {object} Run
 * @property {Outcome} outcome
 * @property {Plan} plan
 * @property {import("./tally.js").Tally} tally
 * @property {import("./review-view.js").Where} where
 */

/**
 * @param {Run} run
 * @param {{onAgain: () => void, onAnother: () => void}} actions
 */
export function showVerdict(run, { onAgain, onAnother }) {
  const { outcome, tally } = run;
  const panel = byId("verdict");
  panel.className = `card verdict ${outcome.safeToWipe ? "good" : "bad"}`;
  const title = el("h2", { id: "verdict-title", tabindex: "-1" }, titleOf(run));
  const canRepeat = outcome.end !== "finished" || outcome.notStored.some(mayEndBetter);
  const again = outcome.end === "finished" ? t("verdict.again") : t("verdict.goOn");
  panel.replaceChildren(
    el("div", { class: "verdict-head" }, sign(outcome.safeToWipe ? "good" : "bad"), title),
    ...textOf(run).map((line) => el("p", {}, line)),
    ...warningLines(tally).map((line) => el("p", { class: "notice" }, line)),
    ...notStoredList(run),
    ...duplicates(run.plan),
    ...notCovered(run.plan),
    el(
      "p",
      { class: "actions" },
      canRepeat && el("button", { type: "button", class: "primary", onclick: onAgain }, again),
      el("button", { type: "button", onclick: onAnother }, t("verdict.another")),
    ),
  );
  panel.hidden = false;
  document.title = outcome.safeToWipe ? t("verdict.titleSafe") : t("verdict.titleUnsafe");
  title.focus();
}

/**
 * Whether another run may change it: what the portal refused for its name or content stays refused.
 * @param {import("./tally.js").Item} item
 */
function mayEndBetter({ status, code }) {
  return status !== "refused" && code !== "stored_differs";
}

/** @param {Run} run */
function titleOf({ outcome, plan, tally }) {
  if (outcome.safeToWipe) return t("verdict.safe", { count: outcome.verified + outcome.stored });
  if (outcome.end === "cancelled") return t("verdict.cancelled");
  if (outcome.end === "stopped") return t("verdict.stopped");
  const total = declaredFiles(plan);
  const missing = outcome.notStored.length + total - tally.total.files;
  return missing ? t("verdict.unsafe", { missing, total }) : t("verdict.unsafePortal");
}

/** @param {Run} run */
function textOf({ outcome, where }) {
  const proven = outcome.verified + outcome.stored;
  const provenText = proven ? t("verdict.proven", { count: proven }) : t("verdict.provenNone");
  return [
    outcome.end === "stopped" ? whyStopped(outcome.error) : "",
    outcome.safeToWipe ? t("verdict.safeText") : provenText,
    outcome.stored ? t("verdict.before", { count: outcome.stored }) : "",
    outcome.unreported ? t("verdict.unreported") : "",
    outcome.sessionId ? t("verdict.where", { ...where, session: String(outcome.sessionId) }) : "",
  ].filter(Boolean);
}

/**
 * After a cancel thousands may simply not have been sent; only those with a reason are shown then.
 * @param {Run} run
 */
function notStoredList({ outcome, plan }) {
  /** @typedef {[path: string, reason: string]} Row */
  const rowOf = (/** @type {import("./tally.js").Item} */ item) => /** @type {Row} */ ([item.path, whyNotStored(item)]);
  const ended = outcome.notStored.filter(({ status }) => outcome.end === "finished" || status);
  const collisions = plan.collisions.flatMap(({ paths }) => paths);
  const collided = collisions.map((path) => /** @type {Row} */ ([path, t("verdict.collision")]));
  const all = [...outcome.notStored.map(rowOf), ...collided];
  const shown = [...ended.map(rowOf), ...collided];
  if (!all.length) return [];
  const head = /** @type {Row} */ ([t("verdict.file"), t("verdict.reason")]);
  const list = shown.length ? [el("h3", {}, t("verdict.listTitle")), shortTable(head, shown)] : [];
  return [...list, el("p", {}, downloadButton(`not-stored-session-${outcome.sessionId}.csv`, [head, ...all]))];
}

/** @param {Plan} plan */
function notCovered(plan) {
  if (!plan.leftOut.length) return [];
  const title = t("verdict.notCovered", { count: plan.leftOut.length });
  return [el("div", { class: "notice" }, el("h3", {}, title), el("p", {}, t("verdict.notCoveredText")), ...leftOut(plan))];
}
