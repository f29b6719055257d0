/** One file's way into the store: PUT, and what follows when it fails. Knows no DOM. */

import { TransferError } from "./errors.js";
import { StoreGate, afterFailedPut, delayMs, isTransient } from "./retry.js";

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {object} Transport
 * @property {(job: {url: string, headers: Record<string, string>, file: Blob, signal: AbortSignal,
 *             onProgress: (sentBytes: number) => void}) => Promise<void>} put rejects with TransferError or FileError
 */

export class Sender {
  #transport;
  #tally;
  #regrant;
  #clock;
  #random;
  #signal;

  /**
   * @param {{transport: Transport, tally: import("./tally.js").Tally, clock: import("./queue.js").Clock,
   *          random: () => number, signal: AbortSignal, regrant: (item: Item) => Promise<boolean>}} parts
   *   `regrant` gets the file a new URL; false when it came to an end instead.
   */
  constructor({ transport, tally, regrant, clock, random, signal }) {
    this.#transport = transport;
    this.#tally = tally;
    this.#regrant = regrant;
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.gate = new StoreGate({ clock, random });
  }

  /**
   * @param {Item} item
   * @returns {Promise<boolean>} whether the portal should be asked what the store holds now; else it is settled
   */
  async send(item) {
    let resigned = false;
    for (let tries = 1; ; tries += 1) {
      const isProbe = await this.gate.pass(this.#signal);
      if (!(await this.#hasFreshGrant(item))) {
        this.gate.released(isProbe);
        return false;
      }
      try {
        await this.#put(item, isProbe);
        return true;
      } catch (error) {
        this.#signal.throwIfAborted();
        const next = afterFailedPut(error, { tries, resigned });
        if (next === "confirm") return true;
        if (next === "fail") return this.#giveUp(item, error);
        if (next === "resign") {
          resigned = true;
          item.grant = null;
          continue;
        }
        const { retryAfterMs } = /** @type {TransferError} */ (error);
        this.#tally.retries += 1;
        if (this.gate.isClosed) continue; // which keeps a pace of its own
        await this.#clock.sleep(delayMs(tries, { random: this.#random, retryAfterMs }), this.#signal);
      }
    }
  }

  /** @param {Item} item */
  async #hasFreshGrant(item) {
    if (item.grant && item.grant.staleAt > this.#clock.now()) return true;
    return this.#regrant(item);
  }

  /**
   * @param {Item} item
   * @param {boolean} isProbe
   */
  async #put(item, isProbe) {
    const { url, headers } = /** @type {NonNullable<Item["grant"]>} */ (item.grant);
    item.tries += 1;
    try {
      await this.#transport.put({
        url,
        headers,
        file: item.file,
        signal: this.#signal,
        onProgress: (sentBytes) => this.#tally.sending(item, sentBytes),
      });
      this.gate.answered();
      this.#tally.sent(item, this.#clock.now());
    } catch (error) {
      this.#tally.sending(item, 0);
      if (!(error instanceof TransferError)) this.gate.released(isProbe);
      else if (isTransient(error)) this.gate.failed(isProbe, error.retryAfterMs);
      else this.gate.answered();
      throw error;
    }
  }

  /**
   * @param {Item} item
   * @param {unknown} error
   */
  async #giveUp(item, error) {
    if (isTransient(error)) {
      item.doubt = error; // even the last try may have arrived with only its answer lost: the portal will tell
      return true;
    }
    await this.#tally.fail(item, error);
    return false;
  }
}
