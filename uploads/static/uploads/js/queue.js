/** Bounded queues between the stages of the pipeline, and the workers of a stage. Knows no DOM. */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds; only differences matter
 * @property {(ms: number, signal?: AbortSignal) => Promise<void>} sleep rejects with the signal's reason
 */

/** @type {Clock} */
export const systemClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

/**
 * First in, first out, with room for `capacity` items: who puts into a full queue waits, so no stage runs far
 * ahead of the next one.
 * @template T
 */
export class BoundedQueue {
  /** @type {T[]} */ #items = [];
  #closed = false;
  #capacity;
  #clock;
  #signal;
  /** @type {Promise<void>} */ #changed;
  /** @type {() => void} */ #announce = () => {};

  /** @param {{capacity: number, clock: Clock, signal: AbortSignal}} options */
  constructor({ capacity, clock, signal }) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#signal = signal;
    this.#changed = this.#nextChange();
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  get length() {
    return this.#items.length;
  }

  /** @param {T} item */
  async put(item) {
    await this.#until(() => this.#items.length < this.#capacity);
    if (this.#closed) throw new Error("put into a closed queue");
    this.#items.push(item);
    this.#wake();
  }

  /** No more will come. What is in the queue can still be taken. */
  close() {
    this.#closed = true;
    this.#wake();
  }

  /**
   * Up to `max` items; an empty array when the queue is closed and empty. With `min` it waits for that many, but
   * at most `lingerMs` after it found the first.
   * @param {{max: number, min?: number, lingerMs?: number}} options
   * @returns {Promise<T[]>}
   */
  async takeBatch({ max, min = 1, lingerMs = 0 }) {
    await this.#until(() => this.#items.length > 0 || this.#closed);
    const enough = () => this.#items.length >= min || this.#closed;
    if (!enough()) await this.#untilOrLate(enough, lingerMs);
    const batch = this.#items.splice(0, max);
    if (batch.length) this.#wake();
    return batch;
  }

  /** @returns {Promise<T|undefined>} undefined when the queue is closed and empty */
  async take() {
    return (await this.takeBatch({ max: 1 }))[0];
  }

  /**
   * Waits until at most `count` items are queued.
   * @param {number} count
   */
  async drainedTo(count) {
    await this.#until(() => this.#items.length <= count);
  }

  /** @param {() => boolean} condition */
  async #until(condition) {
    this.#signal.throwIfAborted();
    while (!condition()) {
      await this.#changed;
      this.#signal.throwIfAborted();
    }
  }

  /**
   * @param {() => boolean} condition
   * @param {number} lingerMs
   */
  async #untilOrLate(condition, lingerMs) {
    const enough = new AbortController();
    const late = this.#clock.sleep(lingerMs, enough.signal).then(
      () => true,
      () => true,
    );
    let isLate = false;
    while (!condition() && !isLate) {
      isLate = await Promise.race([late, this.#changed.then(() => false)]);
      if (this.#signal.aborted) enough.abort();
      this.#signal.throwIfAborted();
    }
    enough.abort();
  }

  #nextChange() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.#announce = resolve;
      })
    );
  }

  #wake() {
    const announce = this.#announce;
    this.#changed = this.#nextChange();
    announce();
  }
}

/**
 * Runs `count` copies of `work` side by side and then `done`, whichever way they end. The first error ends the
 * whole pipeline through `fail`.
 * @param {number} count
 * @param {() => Promise<void>} work
 * @param {{done?: () => void, fail: (error: unknown) => void}} after
 */
export async function runStage(count, work, { done = () => {}, fail }) {
  const workers = Array.from({ length: count }, () => work().catch(fail));
  await Promise.all(workers);
  done();
}
