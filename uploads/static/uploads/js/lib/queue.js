/** Bounded queues between the stages of the pipeline, and the workers of a stage. Knows no DOM. */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds; only differences matter; may stand still while the computer sleeps
 * @property {() => number} wall milliseconds since 1970 by this computer, whoever sets it
 * @property {(ms: number, signal?: AbortSignal) => Promise<void>} sleep rejects with the signal's reason
 */

/** @type {Clock} */
export const systemClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
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

/** @typedef {{isDue: () => boolean, resolve: () => void}} Waiter */

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
  /** @type {Set<Waiter>} */ #waiting = new Set();

  /** @param {{capacity: number, clock: Clock, signal: AbortSignal}} options */
  constructor({ capacity, clock, signal }) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#signal = signal;
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
      await new Promise((resolve) => this.#waiting.add({ isDue: condition, resolve: () => resolve(undefined) }));
      this.#signal.throwIfAborted();
    }
  }

  /**
   * @param {() => boolean} condition
   * @param {number} lingerMs
   */
  async #untilOrLate(condition, lingerMs) {
    const enough = new AbortController();
    let isLate = false;
    const late = () => {
      isLate = true;
      this.#wake();
    };
    void this.#clock.sleep(lingerMs, enough.signal).then(late, () => {});
    try {
      await this.#until(() => isLate || condition());
    } finally {
      enough.abort();
    }
  }

  /** Only those whose wait is over: waking everybody at each file costs more than the files. */
  #wake() {
    for (const waiter of this.#waiting) {
      if (!this.#signal.aborted && !waiter.isDue()) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
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
