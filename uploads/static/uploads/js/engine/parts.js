/** A large file's way into the store, part by part; what is there already is not sent again. Knows no DOM. */

import { ApiError, FileError, TransferError } from "../lib/errors.js";
import { MOST_AT_ONCE } from "./concurrency.js";

/**
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("./sender.js").Load} Load
 *
 * @typedef {object} PartCalls of the portal, with all their retries
 * @property {(upload: string|number) => Promise<{number: number, md5: string}[]>} parts at the store
 * @property {(upload: string|number, part: {number: number, md5: string}) => Promise<NonNullable<Load["grant"]>>} signPart
 * @property {(upload: string|number) => Promise<import("../portal/api-types.js").Completion>} complete
 */

const MOST_ROUNDS = 5; // of listing, sending what lacks and completing; more would mean that the store loses parts

export class PartsSender {
  #sender;
  #tally;
  #clock;
  #calls;
  #renew;

  /**
   * @param {{sender: import("./sender.js").Sender, tally: import("./tally.js").Tally, clock: import("../lib/queue.js").Clock,
   *          calls: PartCalls, renew: (item: Item) => Promise<boolean>}} ports `renew` asks for the whole upload again
   */
  constructor({ sender, tally, clock, calls, renew }) {
    this.#sender = sender;
    this.#tally = tally;
    this.#clock = clock;
    this.#calls = calls;
    this.#renew = renew;
  }

  /**
   * @param {Item} item granted with `upload`
   * @returns {Promise<boolean>} whether the portal should be asked what the store holds now; else it is settled
   */
  async send(item) {
    const progress = { item, partsDone: 0, parts: 0 };
    this.#tally.large.add(progress);
    try {
      return await this.#sendAll(item, progress);
    } catch (error) {
      if (!(error instanceof TransferError || error instanceof FileError)) throw error;
      await this.#tally.fail(item, error, "send");
      return false;
    } finally {
      this.#tally.large.delete(progress);
    }
  }

  /**
   * @param {Item} item
   * @param {import("./tally.js").LargeProgress} progress
   */
  async #sendAll(item, progress) {
    for (let round = 1; round <= MOST_ROUNDS; round += 1) {
      try {
        await this.#sendMissing(item, progress);
        const { status } = await this.#calls.complete(uploadOf(item).id);
        if (status === "completed") {
          this.#tally.sent(item, this.#clock.now());
          return true;
        }
        if (status !== "conflict") continue; // the listing says which parts lack or differ
        await this.#renew(item); // presigning says what stands in the way, and may find another name
      } catch (error) {
        const before = uploadOf(item).id;
        if (!isPerhapsGone(error)) throw error;
        await this.#renew(item);
        const isOpen = !item.status && !this.#tally.unsettled.has(item);
        if (isOpen && error instanceof TransferError && uploadOf(item).id === before) throw error;
      }
      if (item.status || this.#tally.unsettled.has(item)) return false;
    }
    throw new TransferError({ code: "parts_incomplete" });
  }

  /**
   * @param {Item} item
   * @param {import("./tally.js").LargeProgress} progress
   */
  async #sendMissing(item, progress) {
    const { id, part_size_bytes: partBytes } = uploadOf(item);
    const md5s = item.partMd5s ?? [];
    const stored = new Set((await this.#calls.parts(id)).map(({ number, md5 }) => `${number} ${md5}`));
    const missing = md5s.flatMap((md5, index) => (stored.has(`${index + 1} ${md5}`) ? [] : [index + 1]));
    const bytesOf = (/** @type {number} */ number) => Math.min(item.size, number * partBytes) - (number - 1) * partBytes;
    progress.parts = md5s.length;
    progress.partsDone = md5s.length - missing.length;
    const missingBytes = missing.reduce((sum, number) => sum + bytesOf(number), 0);
    this.#tally.partsThere(item, item.size - missingBytes);
    const numbers = missing.values(); // shared by all the workers below
    /** @type {unknown} */ let trouble = null;
    const work = async () => {
      for (const number of numbers) {
        if (trouble) return;
        const start = (number - 1) * partBytes;
        const file = item.file.slice(start, start + bytesOf(number));
        const load = { file, kept: null, size: file.size, grant: null, tries: 0, sentBytes: 0 };
        const renew = async (/** @type {Load} */ part) => {
          part.grant = await this.#calls.signPart(id, { number, md5: md5s[number - 1] });
          return true;
        };
        try {
          await this.#sender.deliver(load, { renew });
          this.#tally.partSent(item, load);
          progress.partsDone += 1;
        } catch (error) {
          trouble ??= error;
        } finally {
          item.tries = Math.max(item.tries, load.tries);
        }
      }
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE }, work));
    if (trouble) throw trouble;
  }
}

/**
 * Uploads that nobody used for a week are given up by the portal, and others may have completed one: asked again, the
 * portal grants another or says what it has. A store may tell it by an error that the browser keeps to itself.
 * @param {unknown} error
 */
function isPerhapsGone(error) {
  return error instanceof TransferError || (error instanceof ApiError && [404, 409].includes(error.httpStatus));
}

/** @param {Item} item */
function uploadOf({ upload }) {
  if (!upload) throw new Error("a file without an upload was to be sent in parts");
  return upload;
}
