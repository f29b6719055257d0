/**
 * Files of which the portal cannot tell yet: an older program may still overwrite them, it has to read them first, or
 * the store gave it no answer. And files that have to be looked at once more. They come after all others, when their
 * time has come. Knows no DOM.
 */

import { momentOf } from "../portal/signed-url.js";

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("../lib/queue.js").Clock} Clock
 *
 * @typedef {object} Wait
 * @property {string} until ISO, by the portal
 * @property {string} code `unsettled`; `being_read`: the portal has to read the object before it can tell; `not_told`: the
 *   store gave no answer about it
 * @property {"check"|"grant"|"confirm"} step that is asked again; a check is not, since the grant says the same
 * @property {import("../portal/signed-url.js").Moment} due
 * @property {import("../portal/signed-url.js").Moment} since it was told so first
 */

const AFTERWARDS_MS = 5_000; // the portal compares when the time is over, not before
const SPREAD_MS = 5_000; // all clients were told the same time
const WITHOUT_WORD_MS = 60_000;
const LONGEST_MS = 12 * 3_600_000; // an older program that asks again and again: the portal tells the end of it later
const SLICE_MS = 30_000; // of sleep: a computer that slept looks at both hands of its clock

export class Waiting {
  /** Asleep until then, nothing else being left to do. @type {string|null} ISO */ until = null;
  /** @type {Set<Item>} */ #again = new Set();
  #tally;
  #clock;
  #random;

  /** @param {{tally: import("./tally.js").Tally, clock: Clock, random: () => number}} ports */
  constructor({ tally, clock, random }) {
    this.#tally = tally;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * @param {Item} item that the portal calls unsettled
   * @param {{code?: string, until?: string, waitMs?: number}} answer
   * @param {Wait["step"]} step
   */
  postpone(item, { code = "", until: told, waitMs = WITHOUT_WORD_MS }, step) {
    const since = item.wait?.since ?? momentOf(this.#clock);
    const due = this.#after(waitMs);
    /** @type {Wait} */ const wait = { until: told ?? isoOf(due), code: code || "unsettled", step, due, since };
    if (hasPassed({ ms: since.ms + LONGEST_MS, wallMs: since.wallMs + LONGEST_MS }, this.#clock)) {
      item.wait = wait;
      this.#tally.settle(item, { status: "unsettled", code: wait.code });
    } else this.#tally.postpone(item, wait);
  }

  /**
   * To be looked at from the beginning.
   * @param {Item} item
   */
  reopen(item) {
    this.#tally.reopen(item);
    item.wait = null;
    this.#again.add(item);
  }

  /**
   * Waits for the next ones where it must.
   * @param {AbortSignal} signal
   * @returns {Promise<Item[]>} none when nothing is left
   */
  async next(signal) {
    const again = [...this.#again];
    this.#again.clear();
    if (again.length) return again;
    const waiting = [...this.#tally.unsettled];
    if (!waiting.length) return [];
    const first = waiting.reduce((a, b) => (waitOf(b).due.ms < waitOf(a).due.ms ? b : a));
    await this.#sleepUntil(waitOf(first), signal);
    const due = waiting.filter((item) => hasPassed(waitOf(item).due, this.#clock));
    for (const item of due) this.#tally.unsettled.delete(item);
    return due;
  }

  /**
   * Until a finished session's files are compared, or a little longer each time.
   * @param {{unsettled_until?: string|null, waitMs?: number}} verdict
   * @param {AbortSignal} signal
   */
  async forVerdict({ unsettled_until: until, waitMs = 0 }, signal) {
    const due = this.#after(Math.max(waitMs, SLICE_MS));
    await this.#sleepUntil({ until: until && waitMs > 0 ? until : isoOf(due), due }, signal);
  }

  /**
   * @param {Pick<Wait, "until"|"due">} wait
   * @param {AbortSignal} signal
   */
  async #sleepUntil({ until, due }, signal) {
    this.until = until;
    try {
      while (!hasPassed(due, this.#clock)) {
        const leftMs = Math.min(due.ms - this.#clock.now(), due.wallMs - this.#clock.wall());
        await this.#clock.sleep(Math.min(SLICE_MS, Math.max(1, leftMs)), signal);
      }
    } finally {
      this.until = null;
    }
  }

  /** @param {number} waitMs */
  #after(waitMs) {
    const { ms, wallMs } = momentOf(this.#clock);
    const restMs = Math.max(0, waitMs) + AFTERWARDS_MS + this.#random() * SPREAD_MS;
    return { ms: ms + restMs, wallMs: wallMs + restMs };
  }
}

/**
 * @param {import("../portal/signed-url.js").Moment} due
 * @param {Clock} clock
 */
function hasPassed(due, clock) {
  return clock.now() >= due.ms || clock.wall() >= due.wallMs;
}

/** @param {import("../portal/signed-url.js").Moment} moment */
function isoOf({ wallMs }) {
  return new Date(wallMs).toISOString();
}

/** @param {Item} item */
function waitOf({ wait }) {
  if (!wait) throw new Error("a file that waits for nothing");
  return wait;
}
