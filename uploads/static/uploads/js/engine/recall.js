/**
 * Checksums of an earlier reading, when an interrupted upload goes on: which of them may stand for a file, and how each
 * is proven. Another card may show the same names, sizes and times: recorders whose clocks were reset write them on every
 * card. So nothing is taken on their word:
 *  - only what the store says it has is recalled; whatever has to be sent is read for that;
 *  - files whose clocks do not tell them apart are read;
 *  - the first of the others, and a share of the rest, are read too, and of each one pieces are compared;
 *  - one difference, wherever it shows, drops all: what had been recalled by then is read after all.
 * Knows no DOM.
 */

import { timeOf } from "../selection/device-time.js";

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("../selection/journal.js").Sums} Sums
 */

const READ_FIRST = 8; // of another card the first says it already
const READ_SHARE = 0.02;
const EARLIEST_YEAR = 2015; // no device of the field's is older; clocks begin at 1970, 1980, 2000, 2010, ... when reset
const DAY_MS = 24 * 3600 * 1000;
const RESET_DAYS = /-01-0[12]T/; // the first day of some year is where clocks begin, and the time zone may add one

/**
 * @param {string} time ISO, or the beginning of it
 * @param {number} nowMs
 */
function mayBeOfResetClock(time, nowMs) {
  const isAhead = Date.parse(time.slice(0, 10)) > nowMs + DAY_MS;
  return Number(time.slice(0, 4)) < EARLIEST_YEAR || isAhead || RESET_DAYS.test(time);
}

/**
 * Whether the times of a file, in its name and on the card, say anything about which file it is.
 * @param {{name: string, lastModified: number|null}} file
 * @param {number} nowMs since 1970
 */
export function hasTellingClock({ name, lastModified }, nowMs) {
  if (lastModified === null || !(Math.abs(lastModified) < 8.64e15)) return false;
  const times = [new Date(lastModified).toISOString(), timeOf(name)];
  return times.every((time) => time === null || !mayBeOfResetClock(time, nowMs));
}

export class Recall {
  isTrusted = true;
  #read = 0;
  #random;
  #nowMs;
  #pieces;
  #onDifference;

  /**
   * @param {{random: () => number, nowMs: number, pieces: (file: File, signal: AbortSignal) => Promise<string>,
   *          onDifference: () => void}} ports `onDifference`: what was recalled so far is not to be trusted
   */
  constructor({ random, nowMs, pieces, onDifference }) {
    this.#random = random;
    this.#nowMs = nowMs;
    this.#pieces = pieces;
    this.#onDifference = onDifference;
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   * @returns {Promise<Sums|null>} null for a file that has to be read; rejects with FileError as reading does
   */
  async sumsFor(item, signal) {
    const sums = item.recalled;
    if (!this.isTrusted || !sums?.pieces || !item.isAtStore || !hasTellingClock(item, this.#nowMs)) return null;
    if (this.#read < READ_FIRST || this.#random() < READ_SHARE) {
      this.#read += 1;
      return null;
    }
    if ((await this.#pieces(item.file, signal)) === sums.pieces) return this.isTrusted ? sums : null;
    this.#differs();
    return null;
  }

  /**
   * @param {Item} item
   * @param {string} md5 of what was read from the card just now
   */
  compare({ recalled }, md5) {
    if (recalled && recalled.md5 !== md5) this.#differs();
  }

  #differs() {
    if (!this.isTrusted) return;
    this.isTrusted = false;
    this.#onDifference();
  }
}
