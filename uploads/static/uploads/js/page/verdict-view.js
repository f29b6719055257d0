/** How a run ended: whether the card may be wiped, and if not, which files stand in the way. */

import { byId, el, sign } from "./dom.js";
import { damagedPanel, failingOf } from "./damage-view.js";
import { clockTime } from "../lib/format.js";
import { downloadButton, folded, shortTable } from "./lists.js";
import { t } from "../text/messages.js";
import { unsettledLines, waitingLines, warningLines, whyNotSent, whyNotStored, whyStopped } from "../text/reasons.js";
import { othersPanel, sumOf, withoutOthers } from "./others-view.js";
import { duplicates, leftOut } from "./review-view.js";

/**
 * @typedef {import("../engine/tally.js").Outcome} Outcome
 * @typedef {import("../selection/selection.js").Choice} Choice
 * @typedef {[path: string, reason: string]} Row
 *
 * @typedef {object} Run
 * @property {Outcome} outcome
 * @property {import("../selection/selection.js").Plan} plan
 * @property {import("../selection/selection.js").Sending} sending
 * @property {Choice|null} choice
 * @property {import("../engine/tally.js").Tally} tally
 * @property {import("./review-view.js").Where} where
 * @property {string} receiptUrl
 * @property {ReadonlyMap<string, number>} others data of the card of other data types that is not stored yet, by data type
 * @property {readonly string[]} taken data types that the deployment takes
 * @property {number} doneFiles of other data types of the card that are stored and proven already
 * @property {boolean} [isDamageKnown] the person says that the card really holds the damaged files so
 *
 * @typedef {object} Actions
 * @property {() => void} onAgain
 * @property {() => void} onAnother
 * @property {(choice: Choice) => void} onChoice
 * @property {() => void} onOthers the other data types are to be sent too
 */

// The store, or another upload, has other content under the name.
const NAME_TAKEN = new Set(["stored_differs", "reserved", "mismatch", "name_twice"]);

/**
 * @param {Run} run
 * @param {Actions} actions
 */
export function showVerdict(run, { onAgain, onAnother, onChoice, onOthers }) {
  const { outcome, tally } = run;
  const isSafe = mayBeWiped(run);
  const isOver = outcome.end === "finished";
  const onDamageKnown = () => showVerdict({ ...run, isDamageKnown: true }, { onAgain, onAnother, onChoice, onOthers });
  const panel = byId("verdict");
  panel.className = `card verdict ${isSafe ? "good" : "bad"}`;
  const title = el("h2", { id: "verdict-title", tabindex: "-1" }, titleOf(run));
  // All stored and yet not confirmed: the session counts files that are on the card no more, and a new one will not.
  const isWhole = outcome.notStored.length === 0 && run.sending.unsent.length === 0;
  const canRepeat = !outcome.safeToWipe && (outcome.end !== "finished" || isWhole || outcome.notStored.some(mayEndBetter));
  const again = outcome.end === "finished" ? t("verdict.again") : t("verdict.goOn");
  panel.replaceChildren(
    el("div", { class: "verdict-head" }, sign(isSafe ? "good" : "bad"), title),
    ...textOf(run).map((line) => el("p", {}, line)),
    ...receiptLine(run),
    ...(isOver ? othersPanel(run.others, run.taken, { text: t("others.send"), onclick: onOthers }) : []),
    ...damagedPanel(damagedOf(run), outcome.safeToWipe && !run.others.size && !isSafe ? onDamageKnown : null),
    ...conflictPanel(run, onChoice),
    ...warningLines(tally).map((line) => el("p", { class: "notice" }, line)),
    ...notStoredList(run),
    ...renamedList(run),
    ...duplicates(run.plan),
    ...notCovered(isOver ? withoutOthers(run.plan) : run.plan),
    el(
      "p",
      { class: "actions no-print" },
      canRepeat && el("button", { type: "button", class: "primary", onclick: onAgain }, again),
      el("button", { type: "button", onclick: onAnother }, t("verdict.another")),
      el("button", { type: "button", class: "quiet", onclick: () => print() }, t("verdict.print")),
    ),
  );
  panel.hidden = false;
  document.title = isSafe ? t("verdict.titleSafe") : t("verdict.titleUnsafe");
  title.focus();
}

/**
 * Whether the same run again may change it: what the portal refused for its name or content stays refused.
 * @param {import("../engine/tally.js").Item} item
 */
function mayEndBetter({ status, code }) {
  return status !== "refused" && code !== "stored_differs" && code !== "headers_added";
}

/**
 * Stored and proven is not enough where the card itself seems to fail: what it does not give any more may still be saved.
 * @param {Run} run
 */
function mayBeWiped({ outcome, tally, others, isDamageKnown = false }) {
  return outcome.safeToWipe && others.size === 0 && (isDamageKnown || failingOf(damagedOf({ tally })).length === 0);
}

/** @param {Pick<Run, "tally">} run */
function damagedOf({ tally }) {
  return tally.items.flatMap(({ path, said }) => (said?.damage ? [{ path, damage: said.damage }] : []));
}

/** @param {Run} run */
function titleOf(run) {
  const { outcome, sending, tally } = run;
  const isSafe = mayBeWiped(run);
  const stored = outcome.verified + outcome.stored;
  if (outcome.safeToWipe && run.others.size) return t("verdict.others", { kind: run.where.kind, stored, count: sumOf(run.others) });
  if (isSafe && run.doneFiles) return t("verdict.card", { count: stored + run.doneFiles });
  if (outcome.safeToWipe && !isSafe) return t("verdict.damaged", { count: failingOf(damagedOf({ tally })).length, total: outcome.verified + outcome.stored });
  if (outcome.safeToWipe) return t("verdict.safe", { count: outcome.verified + outcome.stored });
  if (outcome.end === "cancelled") return t("verdict.cancelled");
  if (outcome.end === "stopped") return t("verdict.stopped");
  const total = sending.declaredFiles;
  const missing = outcome.notStored.length + total - tally.total.files;
  if (missing) return t("verdict.unsafe", { count: missing, total });
  const { unsettled: count, unsettled_until: until } = outcome.receipt ?? {};
  return count && until ? t("verdict.unsettled", { count, time: clockTime(until) }) : t("verdict.unsafePortal");
}

/**
 * What may still be overwritten, here or by the portal's word.
 * @param {Pick<Run, "outcome">} run
 */
function unsettledText({ outcome }) {
  const items = outcome.notStored.filter(({ status, wait }) => wait && (!status || status === "unsettled"));
  const lines = items.length
    ? waitingLines(items)
    : unsettledLines(outcome.receipt?.unsettled, outcome.receipt?.unsettled_until);
  const isByItself = lines.length > 0 && outcome.end === "finished";
  return isByItself ? [...lines, t("verdict.turns")] : lines;
}

/** @param {Run} run */
function textOf({ outcome, where }) {
  const proven = outcome.verified + outcome.stored;
  const provenText = proven ? t("verdict.proven", { count: proven }) : t("verdict.provenNone");
  const error = /** @type {{code?: string}|undefined} */ (outcome.error);
  return [
    outcome.end === "stopped" ? whyStopped(outcome.error) : "",
    outcome.end === "stopped" && error?.code ? t("trouble.code", { code: error.code }) : "",
    outcome.safeToWipe ? t("verdict.safeText") : provenText,
    outcome.stored ? t("verdict.before", { count: outcome.stored }) : "",
    ...unsettledText({ outcome }),
    outcome.receipt?.refused ? t("verdict.refused", { count: outcome.receipt.refused }) : "",
    outcome.unreported ? t("verdict.unreported") : "",
    outcome.sessionId ? t("verdict.where", { ...where, session: String(outcome.sessionId) }) : "",
  ].filter(Boolean);
}

/** @param {Run} run */
function receiptLine({ outcome, receiptUrl }) {
  if (outcome.end !== "finished") return [];
  return [el("p", {}, el("a", { href: receiptUrl, class: "button" }, t("verdict.receipt")))];
}

/**
 * Names that other content holds in the store: the same choice as for those within the selection.
 * @param {Run} run
 * @param {(choice: Choice) => void} onChoice
 */
function conflictPanel({ outcome, sending, choice }, onChoice) {
  const taken = outcome.notStored.filter(({ code }) => NAME_TAKEN.has(code)).length;
  const leftOutFiles = sending.unsent.filter(({ code }) => code === "left_out").length;
  const count = taken + leftOutFiles;
  if (!count || outcome.end !== "finished" || choice === "folder") return [];
  const isDecided = choice === "leave-out";
  const folder = el("button", { type: "button", class: "primary", onclick: () => onChoice("folder") }, t("conflicts.folder"));
  const leave = el("button", { type: "button", onclick: () => onChoice("leave-out") }, t("conflicts.leaveOut"));
  const text = isDecided ? t("conflicts.leftOut", { count }) : t("conflicts.text");
  return [
    el(
      "div",
      { class: "notice", id: "conflicts" },
      el("h3", {}, t("conflicts.title", { count })),
      el("p", {}, text),
      el("p", { class: "actions no-print" }, folder, !isDecided && leave),
    ),
  ];
}

/**
 * After a cancel thousands may simply not have been sent; only those with a reason are shown then.
 * @param {Run} run
 */
function notStoredList({ outcome, sending }) {
  const rowOf = (/** @type {import("../engine/tally.js").Item} */ item) => /** @type {Row} */ ([item.path, whyNotStored(item)]);
  const ended = outcome.notStored.filter(({ status, wait }) => outcome.end === "finished" || status || wait);
  const unsent = sending.unsent.map((file) => /** @type {Row} */ ([file.path, whyNotSent(file)]));
  const all = [...outcome.notStored.map(rowOf), ...unsent];
  const shown = [...ended.map(rowOf), ...unsent];
  return fileTable({ title: t("verdict.listTitle"), all, shown, fileName: `not-stored-session-${outcome.sessionId}.csv` });
}

/**
 * Also used by the check of a card.
 * @param {{title: string, all: Row[], shown: Row[], fileName: string}} list
 */
export function fileTable({ title, all, shown, fileName }) {
  if (!all.length) return [];
  const head = /** @type {Row} */ ([t("verdict.file"), t("verdict.reason")]);
  const table = shown.length ? [el("h3", {}, title), shortTable(title, head, shown)] : [];
  return [...table, el("p", { class: "no-print" }, downloadButton(fileName, [head, ...all]))];
}

/** @param {Run} run */
function renamedList({ tally }) {
  const renamed = tally.items.filter(({ name, path }) => !path.endsWith(`/${name}`) && path !== name);
  if (!renamed.length) return [];
  const text = t("verdict.renamedText");
  return [folded(t("verdict.renamed", { count: renamed.length }), renamed.map(({ name, path }) => `${path} → ${name}`), text)];
}

/**
 * Also used by the check of a card. What could not be read is no such file: it stands among those not stored.
 * @param {import("../selection/selection.js").Plan} plan
 * @param {string} text key of what is said of them
 */
export function notCovered(plan, text = "verdict.notCoveredText") {
  const left = plan.leftOut.filter(({ reason }) => reason !== "unreadable");
  if (!left.length) return [];
  const title = t("verdict.notCovered", { count: left.length });
  return [el("div", { class: "notice" }, el("h3", {}, title), el("p", {}, t(text, { count: left.length })), ...leftOut({ ...plan, leftOut: left }))];
}
