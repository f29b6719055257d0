/** When failures that are worth another try (refusals.js) get it, and until when. Knows no DOM. */

import { ApiError, FileError, TransferError } from "../lib/errors.js";
import { judgeCall, judgePut } from "./refusals.js";

/** @typedef {import("../lib/queue.js").Clock} Clock */

export const MAX_TRIES = 10; // at 20 % independent faults this leaves one file in ten million
const PORTAL_PATIENCE_MS = 3_600_000; // a night's upload outlives a portal that is put in again
const AWAY = new Set([0, 502, 503, 504]);
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 60_000;
const SHORTEST_WAIT_MS = 500; // between two probes of a store that is away
const FAILURES_THAT_CLOSE = 3; // one failure is that file's bad luck, three in a row are the store's

/**
 * Full jitter: anything between nothing and the doubled ceiling, so that clients that failed together do not
 * return together. A Retry-After is a floor, never shortened.
 * @param {number} tries that have failed so far, from 1
 * @param {{random: () => number, retryAfterMs?: number|null}} options
 */
export function delayMs(tries, { random, retryAfterMs = null }) {
  const ceiling = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** tries);
  return Math.max(retryAfterMs ?? 0, random() * ceiling);
}

/**
 * @param {string|null} header seconds or an HTTP date (RFC 9110, 10.2.3)
 * @param {number} nowMs since 1970
 * @returns {number|null}
 */
export function parseRetryAfter(header, nowMs) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const then = Date.parse(header);
  return Number.isNaN(then) ? null : Math.max(0, then - nowMs);
}

/** @param {unknown} error */
export function isTransient(error) {
  if (error instanceof TransferError) return judgePut(error, "good") === "again";
  return error instanceof ApiError && judgeCall(error) === "again";
}

/**
 * Whether it is the portal that is not there, rather than at fault: restarted, or behind a network that is.
 * @param {unknown} error
 */
function isAway(error) {
  return error instanceof ApiError && (AWAY.has(error.httpStatus) || error.code === "not_json");
}

/**
 * What to do after a PUT that failed.
 * @param {unknown} error
 * @param {{tries: number, url: import("./refusals.js").UrlState}} past
 * @returns {import("./refusals.js").Verdict}
 */
export function afterFailedPut(error, { tries, url }) {
  if (error instanceof FileError) return "final";
  if (!(error instanceof TransferError)) throw error;
  const verdict = judgePut(error, url);
  return verdict === "again" && tries >= MAX_TRIES ? "final" : verdict;
}

/**
 * Repeats `task` while it fails for reasons that pass. `ready` is waited for before each try; a failure that `excuse`
 * accounts for, such as a network that has gone, uses up none. A portal that is away is asked for `patienceMs` at least.
 * @template T
 * @param {() => Promise<T>} task
 * @param {{clock: Clock, random: () => number, signal: AbortSignal, maxTries?: number, patienceMs?: number,
 *          onRetry?: (error: unknown, delayMs: number) => void,
 *          ready?: () => Promise<void>, excuse?: () => boolean}} options
 * @returns {Promise<T>}
 */
export async function withRetries(
  task,
  {
    clock, random, signal, maxTries = MAX_TRIES, patienceMs = PORTAL_PATIENCE_MS,
    onRetry = () => {}, ready = async () => {}, excuse = () => false,
  },
) {
  const patientUntil = clock.now() + patienceMs;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    await ready();
    try {
      return await task();
    } catch (error) {
      signal.throwIfAborted();
      if (isTransient(error) && excuse()) {
        tries -= 1;
        continue;
      }
      const isPatient = isAway(error) && clock.now() < patientUntil;
      if (!isTransient(error) || (tries >= maxTries && !isPatient)) throw error;
      const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : null;
      const wait = delayMs(tries, { random, retryAfterMs });
      onRetry(error, wait);
      await clock.sleep(wait, signal);
    }
  }
}

/**
 * Stands before the store. While the store is away it lets one try at a time through, at growing intervals, so
 * that many senders neither hammer it nor use up the tries of their files on the same outage.
 */
export class StoreGate {
  #clock;
  #random;
  #failures = 0;
  #failedProbes = 0;
  #openAt = 0;
  #isProbing = false;
  /** @type {object[]} */ #line = [];

  /** @param {{clock: Clock, random: () => number}} ports */
  constructor({ clock, random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether the store is taken to be away. */
  get isClosed() {
    return this.#failures >= FAILURES_THAT_CLOSE;
  }

  /** Milliseconds until the next try, 0 when one may go now. */
  get waitMs() {
    return this.isClosed ? Math.max(0, this.#openAt - this.#clock.now()) : 0;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether this try is the probe; to be handed to one of the three below
   */
  async pass(signal) {
    const ticket = {};
    this.#line.push(ticket); // in turn, or one file would use up its tries on the outage
    try {
      while (this.isClosed) {
        const isMyTurn = this.#line[0] === ticket && !this.#isProbing && this.waitMs === 0;
        if (isMyTurn) return (this.#isProbing = true);
        await this.#clock.sleep(Math.max(this.waitMs, SHORTEST_WAIT_MS), signal);
      }
      return false;
    } finally {
      this.#line.splice(this.#line.indexOf(ticket), 1);
    }
  }

  /** The store answered, be it with a refusal. */
  answered() {
    this.#failures = this.#failedProbes = 0;
    this.#isProbing = false;
  }

  /**
   * The try ended without a word about the store: the file was unreadable.
   * @param {boolean} isProbe
   */
  released(isProbe) {
    if (isProbe) this.#isProbing = false;
  }

  /**
   * Tries that were under way when the gate closed fail too; that is no news, so they do not lengthen the wait.
   * @param {boolean} isProbe
   * @param {number|null} retryAfterMs
   */
  failed(isProbe, retryAfterMs) {
    const wasClosed = this.isClosed;
    this.#failures += 1;
    if (isProbe) {
      this.#isProbing = false;
      this.#failedProbes += 1;
    }
    if (!this.isClosed || (wasClosed && !isProbe)) return;
    const wait = delayMs(this.#failedProbes + 1, { random: this.#random, retryAfterMs });
    this.#openAt = this.#clock.now() + Math.max(SHORTEST_WAIT_MS, wait);
  }
}
