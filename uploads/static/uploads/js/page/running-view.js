/** Progress while the engine runs. It looks at the engine's sums some times a second, whatever the engine does. */

import { untilOf } from "../portal/answer-times.js";
import { ControlsView } from "./controls-view.js";
import { byId, el } from "./dom.js";
import { bytes, clockTime, number, span } from "../lib/format.js";
import { shortList } from "./lists.js";
import { t } from "../text/messages.js";
import { Pace } from "../lib/pace.js";
import { waitingLines, warningLines, whyNotStored } from "../text/reasons.js";

/** @typedef {import("../engine/uploader.js").Uploader} Uploader */

const DRAW_EVERY_MS = 300;
const ANNOUNCE_EVERY_MS = 20_000; // a screen reader should tell, not talk
const LIST_EVERY_MS = 2_000;

export class RunningView {
  #uploader;
  #pace = new Pace();
  #timer = 0;
  #announcedAt = -Infinity;
  #listedAt = -Infinity;
  #listed = "";
  #isCancelling = false;
  #controls;

  /**
   * @param {Uploader} uploader
   * @param {{where: import("./review-view.js").Where, onCancel: () => void}} options
   */
  constructor(uploader, { where, onCancel }) {
    this.#uploader = uploader;
    byId("running-where").textContent = t("running.where", where);
    byId("so-far").hidden = byId("unsettled").hidden = true;
    this.#controls = new ControlsView(uploader, {
      onChange: () => this.#draw(),
      onCancel: () => {
        this.#isCancelling = true;
        this.#draw();
        onCancel();
      },
    });
  }

  start() {
    byId("running").hidden = false;
    this.#draw();
    byId("running-title").focus();
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#controls.close();
    byId("running").hidden = true;
  }

  #draw() {
    const { tally } = this.#uploader;
    const now = performance.now();
    this.#pace.sample(now, tally.bytes.sent);
    const leftText = this.#leftText();
    byId("running-title").textContent = this.#title();
    bar("files", tally.settledFiles, tally.total.files, number);
    bar("bytes", tally.passedBytes, tally.expectedBytes, bytes, { isGuess: tally.unmeasured > 0 });
    byId("figures").replaceChildren(...this.#figures(leftText));
    this.#drawState();
    this.#drawWarnings();
    const large = [...tally.large].map(({ item, partsDone, parts }) => t("running.large", { path: item.path, done: partsDone, parts }));
    byId("large").textContent = large.join(" · ");
    if (now - this.#listedAt > LIST_EVERY_MS) this.#drawLists(now);
    if (now - this.#announcedAt > ANNOUNCE_EVERY_MS) {
      this.#announcedAt = now;
      const counts = { done: tally.settledFiles, total: tally.total.files, left: leftText };
      byId("announcer").textContent = t("running.announce", counts);
    }
    const percent = Math.floor((100 * tally.passedBytes) / Math.max(1, tally.expectedBytes));
    document.title = t("running.pageTitle", { percent });
  }

  #title() {
    const { tally } = this.#uploader;
    if (this.#isCancelling) return t("running.cancelling");
    if (this.#uploader.state === "paused") return t("running.paused");
    const { waitsUntil } = this.#uploader;
    if (waitsUntil) return t("running.waiting", { time: clockTime(waitsUntil) });
    if (tally.counts.checked === 0) return t("running.checking");
    return tally.passedBytes >= tally.expectedBytes ? t("running.finishing") : t("running.title");
  }

  #leftText() {
    const { tally, state } = this.#uploader;
    if (state === "paused" || state === "offline" || state === "waiting") return "–";
    const seconds = this.#pace.secondsFor(tally.expectedBytes - tally.passedBytes);
    if (seconds === null) return t("left.unknown");
    const { unit, count } = span(seconds);
    return t(`left.${unit}`, { count });
  }

  /** @param {string} leftText */
  #figures(leftText) {
    const { counts, notStored, retries, unsettled } = this.#uploader.tally;
    const rate = leftText === "–" ? null : this.#pace.bytesPerS;
    const figure = (/** @type {string} */ key, /** @type {string} */ value, kind = "") =>
      el("div", { class: `figure ${kind}`.trim() }, el("dt", {}, t(`running.${key}`)), el("dd", {}, value));
    return [
      figure("rate", rate === null ? "–" : t("running.rateValue", { bytes: bytes(rate) })),
      figure("left", leftText),
      figure("verified", number(counts.verified)),
      ...(counts.stored ? [figure("stored", number(counts.stored))] : []),
      ...(unsettled.size ? [figure("unsettled", number(unsettled.size))] : []),
      figure("retries", number(retries)),
      ...(notStored.length ? [figure("notStored", number(notStored.length), "bad")] : []),
    ];
  }

  /** A line that is always there, so that a change of it is told to screen readers at once. */
  #drawState() {
    const { state, away, waitsUntil } = this.#uploader;
    const line = byId("state");
    const isWaiting = state !== "running" && !this.#isCancelling;
    const time = waitsUntil ? clockTime(waitsUntil) : "";
    const text = isWaiting ? t(`state.${state === "away" ? away : state}`, { time }) : "";
    line.className = isWaiting ? `state notice ${state}` : "state";
    if (line.textContent === text) return;
    line.textContent = text;
    if (!text) byId("announcer").textContent = t("state.running");
  }

  #drawWarnings() {
    const { tally } = this.#uploader;
    const lines = [...waitingLines(tally.unsettled), ...warningLines(tally)];
    const box = byId("warnings");
    if (box.childElementCount === lines.length && box.textContent === lines.join("")) return;
    box.hidden = lines.length === 0;
    box.replaceChildren(...lines.map((line) => el("p", {}, line)));
  }

  /** @param {number} now */
  #drawLists(now) {
    const { notStored, unsettled } = this.#uploader.tally;
    this.#listedAt = now;
    const listed = `${notStored.length} ${unsettled.size} ${untilOf(unsettled)}`;
    if (listed === this.#listed) return;
    this.#listed = listed;
    drawList("so-far", notStored, t("running.notStoredList", { count: notStored.length }));
    drawList("unsettled", [...unsettled], t("running.unsettledList", { count: unsettled.size }));
  }
}

/**
 * @param {string} id of its details
 * @param {readonly import("../engine/tally.js").Item[]} items none hides it
 * @param {string} title
 */
function drawList(id, items, title) {
  const details = byId(id);
  const [summary, body] = details.children;
  details.hidden = items.length === 0;
  summary.textContent = title;
  body.replaceChildren(shortList(items.map((item) => `${item.path}: ${whyNotStored(item)}`)));
}

/**
 * @param {"files"|"bytes"} which
 * @param {number} done
 * @param {number} total
 * @param {(value: number) => string} form
 * @param {{isGuess?: boolean}} [options] `isGuess`: the total is not known yet
 */
export function bar(which, done, total, form, { isGuess = false } = {}) {
  const progress = /** @type {HTMLProgressElement} */ (byId(`${which}-bar`));
  progress.max = Math.max(1, total);
  progress.value = done;
  byId(`${which}-text`).textContent = t(isGuess ? "running.ofAbout" : "running.of", { done: form(done), total: form(total) });
}
