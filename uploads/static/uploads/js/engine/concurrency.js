/**
 * How many transfers run at once: few at first, more while that makes the link carry more, fewer when it fails.
 * Knows no DOM.
 */

/** @typedef {import("../lib/queue.js").Clock} Clock */

export const MOST_AT_ONCE = 6; // what browsers give one HTTP/1.1 host
const FIRST_AT_ONCE = 2;
const SPAN_MS = 400; // shorter spans measure chance
const ROUNDS_PER_SPAN = 3; // of each slot
const WORTH_IT = 1.03; // a slot more must carry this much more, or it only divides the link
const SPANS_UNTIL_NEXT_PROBE = 8; // links change: what did not help may help later
const FAILURE_REST_MS = 2_000; // failures that come together are one event

/** The rule alone: fed with what came through, it says how many slots there should be. */
export class ConcurrencyRule {
  limit = FIRST_AT_ONCE;
  #clock;
  #spanBegan;
  #bytes = 0;
  #transfers = 0;
  #wasBusy = false;
  /** What the link carried before slots were added, bytes per ms. */ #before = 0;
  #limitBefore = FIRST_AT_ONCE;
  #isProbing = false;
  /** Until a step did not help or a transfer failed: as many slots again at each step. */ #isOpening = true;
  #restSpans = 0;
  #failedAt = -Infinity;

  /** @param {{clock: Clock}} ports */
  constructor({ clock }) {
    this.#clock = clock;
    this.#spanBegan = clock.now();
  }

  /**
   * @param {number} bytes that came through in one transfer
   * @param {boolean} isBusy all slots were taken: a link that waits for work says nothing about slots
   */
  arrived(bytes, isBusy) {
    this.#bytes += bytes;
    this.#transfers += 1;
    this.#wasBusy ||= isBusy;
    const spanMs = this.#clock.now() - this.#spanBegan;
    if (spanMs < SPAN_MS || this.#transfers < ROUNDS_PER_SPAN * this.limit) return;
    if (this.#wasBusy) this.#judge(this.#bytes / spanMs);
    this.#beginSpan();
  }

  /** A transfer failed for reasons that pass: half as many slots, once per such event. */
  failed() {
    if (this.#clock.now() - this.#failedAt < FAILURE_REST_MS) return;
    this.#failedAt = this.#clock.now();
    this.limit = Math.max(1, Math.floor(this.limit / 2));
    this.#isProbing = this.#isOpening = false;
    this.#restSpans = 1;
    this.#beginSpan();
  }

  /** @param {number} bytesPerMs */
  #judge(bytesPerMs) {
    if (this.#isProbing && bytesPerMs < this.#before * WORTH_IT) {
      this.limit = this.#limitBefore;
      this.#isProbing = this.#isOpening = false;
      this.#restSpans = SPANS_UNTIL_NEXT_PROBE;
    } else if (this.#restSpans > 0) {
      this.#restSpans -= 1;
    } else {
      this.#isProbing = this.limit < MOST_AT_ONCE;
      this.#before = bytesPerMs;
      this.#limitBefore = this.limit;
      this.limit = Math.min(MOST_AT_ONCE, this.limit + (this.#isOpening ? this.limit : 1));
    }
  }

  #beginSpan() {
    this.#spanBegan = this.#clock.now();
    this.#bytes = this.#transfers = 0;
    this.#wasBusy = false;
  }
}

/** The slots themselves: who wants to send enters one, in turn, and leaves it. */
export class ConcurrencyLimiter {
  #rule;
  #taken = 0;
  /** @type {(() => void)[]} */ #line = [];
  /** @type {(() => void)[]} */ #letting = [];

  /** @param {{clock: Clock}} ports */
  constructor({ clock }) {
    this.#rule = new ConcurrencyRule({ clock });
  }

  get limit() {
    return this.#rule.limit;
  }

  /**
   * @param {AbortSignal} signal
   * @param {{lets?: boolean}} [options] `lets`: whoever else waits goes first
   */
  async enter(signal, { lets = false } = {}) {
    signal.throwIfAborted();
    if (this.#taken < this.limit && !this.#line.length && !this.#letting.length) {
      this.#taken += 1;
      return;
    }
    const line = lets ? this.#letting : this.#line;
    await new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(undefined);
      };
      const giveUp = () => {
        line.splice(line.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      line.push(enter);
    });
  }

  leave() {
    this.#taken -= 1;
    while (this.#taken < this.limit) {
      const enter = this.#line.shift() ?? this.#letting.shift();
      if (!enter) return;
      this.#taken += 1;
      enter();
    }
  }

  /** @param {number} bytes that came through in the slot that its user is about to leave */
  arrived(bytes) {
    this.#rule.arrived(bytes, this.#taken >= this.limit);
  }

  failed() {
    this.#rule.failed();
  }
}
