/** One PUT's way into the store, of a file or of a part of one, and what follows when it fails. Knows no DOM. */

import { FileError, TransferError } from "../lib/errors.js";
import { StoreGate, afterFailedPut, delayMs, isTransient } from "../portal/retry.js";

const PROBES_IN_A_ROW = 3; // of a store that is away, or one file would use up its tries on the outage

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("./hasher.js").Kept} Kept
 *
 * @typedef {object} Load what one PUT carries: a file (then it is the Item itself) or a part of one
 * @property {Blob} file
 * @property {Kept|null} kept
 * @property {number} size bytes
 * @property {import("../portal/signed-url.js").SignedUrl|null} grant
 * @property {number} tries
 * @property {number} sentBytes of the current PUT
 *
 * @typedef {object} Transport
 * @property {(job: {url: string, headers: Record<string, string>, file: Blob, kept: Kept|null, signal: AbortSignal,
 *             onProgress: (sentBytes: number) => void}) => Promise<void>} put rejects with TransferError or FileError
 *
 * @typedef {object} SenderParts
 * @property {Transport} transport
 * @property {import("./tally.js").Tally} tally
 * @property {import("../lib/queue.js").Clock} clock
 * @property {() => number} random
 * @property {AbortSignal} signal
 * @property {import("./concurrency.js").ConcurrencyLimiter} slots
 * @property {import("./throttle.js").Throttle} throttle
 * @property {import("./pause-gate.js").PauseGate} pauseGate
 */

export class Sender {
  #transport;
  #tally;
  #clock;
  #random;
  #signal;
  #throttle;
  #pauseGate;
  /** @type {{of: AbortSignal|null, signal: AbortSignal}} */ #joined;

  /** @param {SenderParts} parts */
  constructor({ transport, tally, clock, random, signal, slots, throttle, pauseGate }) {
    this.#transport = transport;
    this.#tally = tally;
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.slots = slots;
    this.#throttle = throttle;
    this.#pauseGate = pauseGate;
    this.#joined = { of: null, signal };
    this.gate = new StoreGate({ clock, random });
  }

  /**
   * Sends until the store has it. While it waits for another try the slot is free for others, so a load that the
   * store will not have holds up nobody.
   * @template {Load} L
   * @param {L} load
   * @param {{renew: (load: L) => Promise<boolean>, hasSlot?: boolean}} options `renew` gets a new URL; false when it
   *   came to an end instead. With `hasSlot` the caller has entered a slot, which is left here.
   * @returns {Promise<"arrived"|"ended">} rejects with the TransferError or FileError that no further try can mend
   */
  async deliver(load, { renew, hasSlot = false }) {
    let isInSlot = hasSlot;
    let lets = false;
    let wasRefused = false; // on a URL that had not run out
    try {
      for (let tries = 1; ; tries += 1) {
        if (!isInSlot) await this.slots.enter(this.#signal, { lets });
        isInSlot = true;
        await this.#pauseGate.open(this.#signal);
        const isProbe = await this.gate.pass(this.#signal);
        await this.#throttle.take(load.size, this.#signal);
        if (!(await this.#isGranted(load, renew))) {
          this.gate.released(isProbe);
          return "ended";
        }
        try {
          await this.#put(load, isProbe);
          return "arrived";
        } catch (error) {
          this.#signal.throwIfAborted();
          if (error === this.#pauseGate || (this.#pauseGate.isClosed && isTransient(error))) {
            tries -= 1; // a pause is nobody's failure
            continue;
          }
          const isOver = load.grant?.isOver();
          const next = afterFailedPut(error, { tries, url: isOver ? "over" : wasRefused ? "fresh" : "good" });
          if (next === "ask") return "arrived";
          if (next === "final" || next === "gone") throw error;
          if (next === "renew") {
            tries -= 1;
            wasRefused ||= !isOver;
            load.grant = null;
            continue;
          }
          this.#tally.retries += 1;
          this.slots.failed();
          const isAway = this.gate.isClosed; // which keeps a pace of its own
          // The same file asks again first: were only answers lost, its next try is told so. Then others take their turn.
          if (isAway && tries % PROBES_IN_A_ROW) continue;
          this.slots.leave();
          isInSlot = false;
          lets = isAway;
          if (isAway) continue;
          const { retryAfterMs } = /** @type {TransferError} */ (error);
          await this.#clock.sleep(delayMs(tries, { random: this.#random, retryAfterMs }), this.#signal);
        }
      }
    } finally {
      if (isInSlot) this.slots.leave();
    }
  }

  /** Aborts at a stop or a pause. Made once per closing of the gate, and not for each of thousands of PUTs. */
  get #stopOrPause() {
    const { signal } = this.#pauseGate;
    if (this.#joined.of !== signal) this.#joined = { of: signal, signal: AbortSignal.any([this.#signal, signal]) };
    return this.#joined.signal;
  }

  /**
   * @template {Load} L
   * @param {L} load
   * @param {(load: L) => Promise<boolean>} renew
   */
  async #isGranted(load, renew) {
    if (load.grant && !load.grant.isOver()) return true;
    return renew(load);
  }

  /**
   * @param {Load} load
   * @param {boolean} isProbe
   */
  async #put(load, isProbe) {
    const { url, headers } = /** @type {NonNullable<Load["grant"]>} */ (load.grant);
    load.tries += 1;
    try {
      await this.#transport.put({
        url,
        headers,
        file: load.file,
        kept: load.kept,
        signal: this.#stopOrPause,
        onProgress: (sentBytes) => this.#tally.sending(load, sentBytes),
      });
      this.gate.answered();
      this.#tally.sending(load, load.size);
      this.slots.arrived(load.size);
    } catch (error) {
      this.#tally.sending(load, 0);
      if (!(error instanceof TransferError) || this.#pauseGate.isClosed) this.gate.released(isProbe);
      else if (isTransient(error)) this.gate.failed(isProbe, error.retryAfterMs);
      else this.gate.answered();
      throw error;
    }
  }
}

/** A whole file in one PUT. */
export class FileSender {
  #sender;
  #tally;
  #clock;
  #renew;

  /**
   * @param {{sender: Sender, tally: import("./tally.js").Tally, clock: import("../lib/queue.js").Clock,
   *          renew: (item: Item) => Promise<boolean>}} parts
   */
  constructor({ sender, tally, clock, renew }) {
    this.#sender = sender;
    this.#tally = tally;
    this.#clock = clock;
    this.#renew = renew;
  }

  /**
   * @param {Item} item whose sender has entered a slot, which is left here
   * @returns {Promise<boolean>} whether the portal should be asked what the store holds now; else it is settled
   */
  async send(item) {
    try {
      if ((await this.#sender.deliver(item, { renew: this.#renew, hasSlot: true })) === "ended") return false;
      this.#tally.sent(item, this.#clock.now());
      return true;
    } catch (error) {
      if (isTransient(error)) {
        item.doubt = error; // even the last try may have arrived with only its answer lost: the portal will tell
        return true;
      }
      if (!(error instanceof TransferError || error instanceof FileError)) throw error;
      await this.#tally.fail(item, error, "send");
      return false;
    } finally {
      item.kept?.drop();
      item.kept = null;
    }
  }
}
