/** Pauses: by the person, and while the computer has no network. Knows no DOM. */

/**
 * @typedef {object} Link what the page knows of its connection
 * @property {() => boolean} isOnline
 * @property {(listener: () => void) => () => void} onChange returns what ends the listening
 * @property {() => string} facts in few words, for the maintainers
 */

/** @implements {Link} for where nothing is known */
export class UnknownLink {
  isOnline() {
    return true;
  }

  onChange() {
    return () => {};
  }

  facts() {
    return "";
  }
}

export class PauseGate {
  isPaused = false;
  #link;
  #moves = new AbortController();
  /** @type {Set<() => void>} */ #waiting = new Set();
  /** @type {() => void} called at each change */ #onChange;

  /** @param {{link: Link, onChange?: () => void}} ports */
  constructor({ link, onChange = () => {} }) {
    this.#link = link;
    this.#onChange = onChange;
  }

  /** Follows the connection until the returned function is called. */
  watch() {
    return this.#link.onChange(() => this.#changed());
  }

  get isOffline() {
    return !this.#link.isOnline();
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.isPaused = isPaused;
    this.#changed();
  }

  /** Whether nothing may be sent at present. */
  get isClosed() {
    return this.isPaused || this.isOffline;
  }

  /** Aborts, with this object as its reason, when what is being sent had better stop. One per closing. */
  get signal() {
    return this.#moves.signal;
  }

  /**
   * Waits until something may be sent.
   * @param {AbortSignal} signal
   */
  async open(signal) {
    await this.#until(() => !this.isClosed, signal);
  }

  /**
   * Waits for the network alone: what has been sent may be confirmed in a pause.
   * @param {AbortSignal} signal
   */
  async online(signal) {
    await this.#until(() => !this.isOffline, signal);
  }

  /**
   * @param {() => boolean} condition
   * @param {AbortSignal} signal
   */
  async #until(condition, signal) {
    signal.throwIfAborted();
    while (!condition()) {
      await new Promise((resolve, reject) => {
        const settle = (/** @type {() => void} */ end) => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", giveUp);
          end();
        };
        const wake = () => settle(() => resolve(undefined));
        const giveUp = () => settle(() => reject(signal.reason));
        this.#waiting.add(wake);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    }
  }

  #changed() {
    if (this.isClosed && !this.#moves.signal.aborted) this.#moves.abort(this);
    if (!this.isClosed && this.#moves.signal.aborted) this.#moves = new AbortController();
    for (const wake of [...this.#waiting]) wake();
    this.#onChange();
  }
}
