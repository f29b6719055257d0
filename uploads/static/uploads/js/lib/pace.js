/** Rate and time left, from what has lately passed. Knows no DOM. */

const WINDOW_MS = 20_000; // long enough to be steady, short enough to follow a link that changes

export class Pace {
  /** @type {{atMs: number, bytes: number}[]} */ #samples = [];

  /**
   * @param {number} atMs
   * @param {number} bytes sent since the start
   */
  sample(atMs, bytes) {
    this.#samples.push({ atMs, bytes });
    while (this.#samples[0].atMs < atMs - WINDOW_MS) this.#samples.shift();
  }

  /** @returns {number|null} null while it is too early to tell */
  get bytesPerS() {
    const first = this.#samples[0];
    const last = this.#samples[this.#samples.length - 1];
    if (!first || last.atMs - first.atMs < 1_000) return null;
    return (Math.max(0, last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1_000;
  }

  /**
   * @param {number} leftBytes
   * @returns {number|null}
   */
  secondsFor(leftBytes) {
    const rate = this.bytesPerS;
    return rate ? leftBytes / rate : null;
  }
}
