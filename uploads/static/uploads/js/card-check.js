/**
 * Whether the files of a card are in the store: reads each once and asks the portal, which asks the store. A file that
 * is not there under its own name may have been sent under one that holds its folders (folder-names.js). Sends nothing;
 * knows no DOM.
 */

import { paired } from "./api.js";
import { FileError } from "./errors.js";
import { namesOf } from "./folder-names.js";
import { nameFault } from "./names.js";
import { withRetries } from "./retry.js";

/**
 * @typedef {import("./selection.js").Entry} Entry
 * @typedef {{entry: Entry, names: string[], code: string, message: string}} Looked `names` to ask for, the first now;
 *   `code`: why it is not found, as it stands under its own name
 *
 * @typedef {object} Ports
 * @property {{verify: (selection: any, signal: AbortSignal) => Promise<import("./api.js").FileAnswer[]>}} api
 * @property {Pick<import("./hasher.js").Hasher, "parallel"|"md5"|"digest">} hasher
 * @property {import("./queue.js").Clock} clock
 * @property {() => number} [random]
 *
 * @typedef {object} CardVerdict
 * @property {number} total
 * @property {number} found
 * @property {{path: string, code: string, message: string}[]} notFound
 */

const BATCH = 500;
// As the portal has larger files sent; their parts' checksum spares the store a second reading.
const LARGE_BYTES = 64 * 1024 * 1024;
const PART_BYTES = 16 * 1024 * 1024;

export class CardCheck {
  /** Files of which is known whether they are safe. */ settled = 0;
  readBytes = 0;
  /** Milliseconds on the clock; in the past when the portal answers. */ portalAwayUntil = 0;
  #found = 0;
  /** @type {CardVerdict["notFound"]} */ #notFound = [];
  #place;
  #entries;
  #ports;

  /**
   * @param {{place: {deployment: string, data_type: string}, entries: readonly Entry[], ports: Ports}} job `entries` are
   *   measured
   */
  constructor({ place, entries, ports }) {
    this.#place = place;
    this.#entries = entries;
    this.#ports = ports;
    this.total = { files: entries.length, bytes: entries.reduce((sum, { size }) => sum + Number(size), 0) };
  }

  /** Whether the portal does not answer at present. */
  get isAway() {
    return this.portalAwayUntil > this.#ports.clock.now();
  }

  /**
   * @param {AbortSignal} signal the person's "stop"
   * @returns {Promise<CardVerdict>} rejects when the portal cannot tell
   */
  async run(signal) {
    for (let start = 0; start < this.#entries.length; start += BATCH) {
      const read = await this.#read(this.#entries.slice(start, start + BATCH), signal);
      await this.#ask(read.map((entry) => ({ entry, names: [entry.name], code: "", message: "" })), signal);
    }
    return { total: this.total.files, found: this.#found, notFound: this.#notFound };
  }

  /**
   * @param {readonly Entry[]} entries
   * @param {AbortSignal} signal
   * @returns {Promise<Entry[]>} those that could be read
   */
  async #read(entries, signal) {
    const waiting = [...entries];
    /** @type {Set<Entry>} */ const unread = new Set();
    const work = async () => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
        try {
          await this.#readOne(entry, signal);
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          unread.add(entry);
          this.#settle(entry, { code: error.code, message: "" });
        }
        this.readBytes += Number(entry.size);
      }
    };
    await Promise.all(Array.from({ length: this.#ports.hasher.parallel }, work));
    return entries.filter((entry) => !unread.has(entry));
  }

  /**
   * @param {Entry} entry
   * @param {AbortSignal} signal
   */
  async #readOne(entry, signal) {
    const { hasher } = this.#ports;
    if (Number(entry.size) <= LARGE_BYTES) entry.md5 ??= await hasher.md5(entry.file, signal);
    else if (!entry.multipartMd5) {
      const { md5, multipartMd5 } = await hasher.digest(entry.file, { partBytes: PART_BYTES, signal });
      Object.assign(entry, { md5, multipartMd5 });
    }
  }

  /**
   * @param {Looked[]} asked
   * @param {AbortSignal} signal
   */
  async #ask(asked, signal) {
    for (let left = asked; left.length; ) {
      const files = left.map(({ entry: { size, md5, multipartMd5 }, names: [name] }) => {
        return { name, size, md5, multipart_md5: multipartMd5 };
      });
      const looked = left;
      const answers = await this.#verify(files, signal);
      left = paired(files, answers).flatMap(([, answer], index) => this.#answered(looked[index], answer));
    }
  }

  /**
   * @param {Looked} looked
   * @param {import("./api.js").FileAnswer} answer
   * @returns {Looked[]} what is to be asked next for this file
   */
  #answered({ entry, names, code: ownCode, message: ownMessage }, { status, code = "", message = "" }) {
    if (status === "stored") {
      this.#settle(entry, null);
      return [];
    }
    const isOwn = !ownCode;
    const own = isOwn ? { code: code || status, message } : { code: ownCode, message: ownMessage };
    const others = isOwn ? namesOf(entry.path, String(entry.md5)).filter((name) => name !== entry.name && !nameFault(name)) : names.slice(1);
    if (others.length) return [{ entry, names: others, ...own }];
    this.#settle(entry, own);
    return [];
  }

  /**
   * @param {Entry} entry
   * @param {{code: string, message: string}|null} reason null when it is safe
   */
  #settle({ path }, reason) {
    this.settled += 1;
    if (reason) this.#notFound.push({ path, ...reason });
    else this.#found += 1;
  }

  /**
   * @param {object[]} files
   * @param {AbortSignal} signal
   */
  #verify(files, signal) {
    const { api, clock, random = Math.random } = this.#ports;
    const onRetry = (/** @type {unknown} */ _error, /** @type {number} */ waitMs) => {
      this.portalAwayUntil = clock.now() + waitMs;
    };
    return withRetries(() => api.verify({ ...this.#place, files }, signal), { clock, random, signal, onRetry });
  }
}
