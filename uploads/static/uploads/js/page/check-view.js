/** Progress and end of the check of a card. */

import { byId, el, sign } from "./dom.js";
import { bytes, number } from "../lib/format.js";
import { t } from "../text/messages.js";
import { waitingLines, whyNotFound } from "../text/reasons.js";
import { duplicates, leftOut } from "./review-view.js";
import { bar } from "./running-view.js";
import { fileTable, notCovered } from "./verdict-view.js";

/**
 * @typedef {import("./verdict-view.js").Row} Row
 * @typedef {object} Checked
 * @property {import("../engine/card-check.js").CardVerdict} verdict
 * @property {import("../selection/selection.js").Plan} plan
 * @property {import("./review-view.js").Where} where
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
 * @param {{onAgain: () => void, onAnother: () => void}} actions
 */
export function showCheckVerdict({ verdict, plan, where }, { onAgain, onAnother }) {
  const { total, found, unsettled, waits } = verdict;
  const rows = rowsOf(verdict, plan);
  const isSafe = rows.length === 0 && total > 0;
  const panel = byId("verdict");
  panel.className = `card verdict ${isSafe ? "good" : "bad"}`;
  const count = isSafe ? total : rows.length;
  const title = el(
    "h2",
    { id: "verdict-title", tabindex: "-1" },
    el("strong", { class: "shout" }, t(isSafe ? "check.safe" : "check.notSafe")),
    " ",
    el("span", {}, isSafe ? t("check.safeTitle", { count }) : t("check.notSafeTitle", { count, total: found + rows.length })),
  );
  panel.replaceChildren(
    el("div", { class: "verdict-head" }, sign(isSafe ? "good" : "bad"), title),
    el("p", {}, isSafe ? t("verdict.safeText") : t("check.notSafeText", { count: found })),
    ...waitingLines(waits).map((line) => el("p", { class: "notice" }, line, " ", t("check.turns"))),
    el("p", {}, t("running.where", where)),
    ...fileTable({ title: t("check.listTitle"), all: rows, shown: rows, fileName: `not-safe-${where.id}.csv` }),
    ...duplicates(plan),
    ...notCovered(plan, "check.notCoveredText"),
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
