/** Progress and end of the check of a card. */

import { damagedPanel, failingOf } from "./damage-view.js";
import { byId, el, sign } from "./dom.js";
import { bytes, number } from "../lib/format.js";
import { t } from "../text/messages.js";
import { waitingLines, whyNotFound } from "../text/reasons.js";
import { othersPanel, sumOf, withoutOthers } from "./others-view.js";
import { duplicates, leftOut } from "./review-view.js";
import { bar } from "./running-view.js";
import { fileTable, notCovered } from "./verdict-view.js";

/**
 * @typedef {import("./verdict-view.js").Row} Row
 * @typedef {object} Checked
 * @property {import("../engine/card-check.js").CardVerdict} verdict
 * @property {import("../selection/selection.js").Plan} plan
 * @property {import("./review-view.js").Where} where
 * @property {import("./others-view.js").Others} others data of the card that no check has found in the store yet
 * @property {readonly string[]} taken data types that the deployment takes
 * @property {number} doneFiles of other data types of the card that were found in the store
 * @property {boolean} [isDamageKnown] the person says that the card really holds the damaged files so
 */

const DRAW_EVERY_MS = 300;
const ANNOUNCE_EVERY_MS = 20_000;

/**
 * @param {import("../selection/selection.js").Plan} plan
 * @param {import("./review-view.js").Where} where
 */
export function showCheckReview(plan, where) {
  const files = [...plan.single, ...plan.groups.flatMap((group) => group.files)];
  const size = files.reduce((sum, { size: each }) => sum + Number(each), 0);
  const counted = el("strong", {}, t("review.send", { count: files.length, bytes: bytes(size) }));
  const headline = files.length
    ? el("p", { class: "review-line" }, counted, " ", t("check.against", where))
    : el("p", { class: "notice bad" }, t("check.nothing", { kind: where.kind }));
  const count = plan.leftOut.length;
  const line = count ? [el("p", { class: "left-out-line" }, t("check.leftOut", { count }), ":")] : [];
  byId("review").replaceChildren(headline, ...duplicates(plan), ...line, ...leftOut(plan));
}

export class CheckProgress {
  #check;
  #timer = 0;
  #announcedAt = performance.now();

  /**
   * @param {import("../engine/card-check.js").CardCheck} check
   * @param {{where: import("./review-view.js").Where, onCancel: () => void}} options
   */
  constructor(check, { where, onCancel }) {
    this.#check = check;
    byId("running-title").textContent = t("check.running");
    byId("running-where").textContent = t("running.where", where);
    byId("cancel").onclick = onCancel;
  }

  start() {
    byId("running").hidden = false;
    this.#draw();
    byId("running-title").focus();
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
    byId("running").hidden = true;
  }

  #draw() {
    const { settled, readBytes, total, isAway } = this.#check;
    bar("files", settled, total.files, number);
    bar("bytes", readBytes, total.bytes, bytes);
    const state = byId("state");
    const text = isAway ? t("state.portal") : "";
    state.className = isAway ? "state notice" : "state";
    if (state.textContent !== text) state.textContent = text;
    const now = performance.now();
    if (now - this.#announcedAt < ANNOUNCE_EVERY_MS) return;
    this.#announcedAt = now;
    byId("announcer").textContent = t("check.announce", { done: settled, count: total.files });
  }
}

/**
 * @param {Checked} checked
 * @param {{onAgain: () => void, onAnother: () => void, onOthers: () => void}} actions
 */
export function showCheckVerdict(checked, { onAgain, onAnother, onOthers }) {
  const { verdict, plan, where, others, taken, isDamageKnown = false } = checked;
  const { found, unsettled, waits, damaged } = verdict;
  const rows = rowsOf(verdict, plan);
  const isFound = isAllFound(checked);
  const isHeld = failingOf(damaged).length > 0 && !isDamageKnown;
  const isSafe = isFound && !others.size && !isHeld;
  const onKnown = () => showCheckVerdict({ ...checked, isDamageKnown: true }, { onAgain, onAnother, onOthers });
  const panel = byId("verdict");
  panel.className = `card verdict ${isSafe ? "good" : "bad"}`;
  const title = el(
    "h2",
    { id: "verdict-title", tabindex: "-1" },
    el("strong", { class: "shout" }, t(isSafe ? "check.safe" : "check.notSafe")),
    " ",
    el("span", {}, titleOf({ rows: rows.length, isFound, isHeld }, checked)),
  );
  panel.replaceChildren(
    el("div", { class: "verdict-head" }, sign(isSafe ? "good" : "bad"), title),
    el("p", {}, isFound ? t("verdict.safeText") : t("check.notSafeText", { count: found })),
    ...waitingLines(waits).map((line) => el("p", { class: "notice" }, line, " ", t("check.turns"))),
    el("p", {}, t("running.where", where)),
    ...fileTable({ title: t("check.listTitle"), all: rows, shown: rows, fileName: `not-safe-${where.id}.csv` }),
    ...othersPanel(others, taken, { text: t("others.check"), onclick: onOthers }),
    ...damagedPanel(damaged, isFound && isHeld && !others.size ? onKnown : null),
    ...duplicates(plan),
    ...notCovered(withoutOthers(plan), "check.notCoveredText"),
    el(
      "p",
      { class: "actions no-print" },
      unsettled > 0 && el("button", { type: "button", class: "primary", onclick: onAgain }, t("check.again", { count: unsettled })),
      el("button", { type: "button", onclick: onAnother }, t("check.another")),
      el("button", { type: "button", class: "quiet", onclick: () => print() }, t("verdict.print")),
    ),
  );
  panel.hidden = false;
  document.title = isSafe ? t("verdict.titleSafe") : t("verdict.titleUnsafe");
  title.focus();
}

/**
 * Whether the store has all files of the data type that was checked.
 * @param {Pick<Checked, "verdict"|"plan">} checked
 */
export function isAllFound({ verdict, plan }) {
  return verdict.total > 0 && rowsOf(verdict, plan).length === 0;
}

/**
 * @param {{rows: number, isFound: boolean, isHeld: boolean}} how
 * @param {Checked} checked
 */
function titleOf({ rows, isFound, isHeld }, { verdict: { total, found, damaged }, others, where, doneFiles }) {
  if (!isFound) return t("check.notSafeTitle", { count: rows, total: found + rows });
  if (others.size) return t("check.others", { kind: where.kind, stored: total, count: sumOf(others) });
  if (isHeld) return t("verdict.damaged", { count: failingOf(damaged).length, total });
  return doneFiles ? t("check.card", { count: total + doneFiles }) : t("check.safeTitle", { count: total });
}

/**
 * @param {Checked["verdict"]} verdict
 * @param {Checked["plan"]} plan
 * @returns {Row[]}
 */
function rowsOf({ notFound }, plan) {
  const unread = plan.leftOut.filter(({ reason }) => reason === "unreadable");
  return [
    ...notFound.map((file) => /** @type {Row} */ ([file.path, whyNotFound(file)])),
    ...unread.map(({ path }) => /** @type {Row} */ ([path, t("error.unreadable")])),
  ];
}
