/** Keeps what is sent within so many bytes per second. Knows no DOM. */

/** @typedef {import("../lib/queue.js").Clock} Clock */

const LOOK_AGAIN_MS = 500; // the limit may be changed meanwhile

/**
 * A bucket of debt: who sends takes its bytes on as a debt that is paid off at the limit's pace, and nobody begins
 * while there is any. So each transfer starts at once when the link has been idle, whatever its size.
 */
export class Throttle {
  /** @type {number|null} */ #bytesPerS = null;
  #debtBytes = 0;
  #paidAt;
  #clock;

  /** @param {{clock: Clock}} ports */
  constructor({ clock }) {
    this.#clock = clock;
    this.#paidAt = clock.now();
  }

  /** @returns {number|null} null for no limit */
  get bytesPerS() {
    return this.#bytesPerS;
  }

  set bytesPerS(limit) {
    if (limit !== null && !(limit > 0)) throw new RangeError(`no limit: ${limit}`);
    this.#pay();
    this.#bytesPerS = limit;
    if (limit === null) this.#debtBytes = 0;
  }

  /**
   * Waits until `bytes` may be sent.
   * @param {number} bytes
   * @param {AbortSignal} signal
   */
  async take(bytes, signal) {
    for (;;) {
      signal.throwIfAborted();
      this.#pay();
      if (this.#bytesPerS === null) return;
      if (this.#debtBytes === 0) break;
      await this.#clock.sleep(Math.min(LOOK_AGAIN_MS, Math.ceil((this.#debtBytes / this.#bytesPerS) * 1_000)), signal);
    }
    this.#debtBytes += bytes;
  }

  #pay() {
    const now = this.#clock.now();
    this.#debtBytes = Math.max(0, this.#debtBytes - ((now - this.#paidAt) * (this.#bytesPerS ?? 0)) / 1_000);
    this.#paidAt = now;
  }
}
