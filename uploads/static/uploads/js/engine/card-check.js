/**
 * Whether the files of a card are in the store: reads each once and asks the portal, which asks the store. A file that
 * is not there under its own name may have been sent under one that holds its folders (folder-names.js). Sends nothing;
 * knows no DOM.
 */

import { paired } from "../portal/api.js";
import { FileError } from "../lib/errors.js";
import { MULTIPART_ABOVE_BYTES, PART_SIZE_BYTES } from "../lib/shared.js";
import { namesOf } from "../selection/folder-names.js";
import { nameFault } from "../selection/names.js";
import { withRetries } from "../portal/retry.js";

/**
 * @typedef {import("../selection/selection.js").Entry} Entry
 * @typedef {{code: string, message: string, until?: string, waitMs?: number}} Why a file is not found, as it stands under
 *   its own name; `until`: the portal cannot tell before, under whichever name
 * @typedef {Why & {entry: Entry, names: string[]}} Looked `names` to ask for, the first now
 *
 * @typedef {object} Ports
 * @property {Pick<import("../portal/api.js").Api, "verify">} api
 * @property {Pick<import("./hasher.js").Hasher, "parallel"|"md5"|"digest"|"said"|"changedSince">} hasher
 * @property {import("../lib/queue.js").Clock} clock
 * @property {() => number} [random]
 *
 * @typedef {object} CardVerdict
 * @property {number} total
 * @property {number} found
 * @property {{path: string, code: string, message: string, until?: string}[]} notFound
 * @property {{path: string, damage: string}[]} damaged files whose content cannot be right, whether they are found or not
 * @property {number} unsettled how many of them can be asked about again
 * @property {{wait: {code: string, until: string}}[]} waits of these
 * @property {number} waitMs until the last of them can be told
 */

const BATCH = 500;

export class CardCheck {
  /** Files of which is known whether they are safe. */ settled = 0;
  readBytes = 0;
  /** Milliseconds on the clock; in the past when the portal answers. */ portalAwayUntil = 0;
  /** @type {Entry[]} */ #found = [];
  /** @type {{path: string, damage: string}[]} */ #damaged = [];
  /** @type {CardVerdict["notFound"]} */ #notFound = [];
  /** @type {Looked[]} */ #unsettled = [];
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
      await this.#ask(read.map(firstLook), signal);
    }
    await this.#lookAgain();
    return this.#verdict();
  }

  /**
   * Asks once more about those of which the portal could not tell; the card is not read again.
   * @param {AbortSignal} signal
   * @returns {Promise<CardVerdict>} rejects as `run` does
   */
  async askAgain(signal) {
    const before = { found: [...this.#found], settled: this.settled, notFound: [...this.#notFound], unsettled: this.#unsettled };
    this.#unsettled = [];
    this.settled -= before.unsettled.length;
    const asked = before.unsettled.map(({ entry }) => firstLook(entry));
    try {
      for (let start = 0; start < asked.length; start += BATCH) await this.#ask(asked.slice(start, start + BATCH), signal);
    } catch (error) {
      ({ found: this.#found, settled: this.settled, notFound: this.#notFound, unsettled: this.#unsettled } = before);
      throw error;
    }
    await this.#lookAgain();
    return this.#verdict();
  }

  /** What was found must still be what is on the card: reading and waiting may have taken hours. */
  async #lookAgain() {
    const changed = await this.#ports.hasher.changedSince(this.#found.map(({ file }) => file), { firstByteAlone: true });
    for (const { path, file } of this.#found) {
      const error = changed.get(file);
      if (error) this.#notFound.push({ path, code: error.code, message: "" });
    }
    if (changed.size) this.#found = this.#found.filter(({ file }) => !changed.has(file));
  }

  #verdict() {
    const waiting = this.#unsettled.map(({ entry: { path }, code, message, until = "" }) => ({ path, code, message, until }));
    const last = this.#unsettled.toSorted((a, b) => Number(b.waitMs) - Number(a.waitMs))[0];
    return {
      total: this.total.files,
      found: this.#found.length,
      damaged: this.#damaged,
      notFound: [...this.#notFound, ...waiting],
      unsettled: waiting.length,
      waits: waiting.map(({ code, until }) => ({ wait: { code, until } })),
      waitMs: last?.waitMs ?? 0,
    };
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
    if (Number(entry.size) <= MULTIPART_ABOVE_BYTES) entry.md5 ??= await hasher.md5(entry.file, signal);
    else if (!entry.multipartMd5) {
      // As the portal has larger files sent; their parts' checksum spares the store a second reading.
      const { md5, multipartMd5 } = await hasher.digest(entry.file, { partBytes: PART_SIZE_BYTES, signal });
      Object.assign(entry, { md5, multipartMd5 });
    }
    const { damage } = await hasher.said(entry.file);
    if (damage) this.#damaged.push({ path: entry.path, damage });
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
   * @param {import("../portal/api.js").FileAnswer} answer
   * @returns {Looked[]} what is to be asked next for this file
   */
  #answered({ entry, names, ...reason }, { status, code = "", message = "", until, waitMs }) {
    if (status === "stored") {
      this.#settle(entry, null);
      return [];
    }
    const isOwn = !reason.code;
    const isOpen = status === "unsettled";
    const told = { code: code || status, message, ...(isOpen && { until: until ?? new Date().toISOString(), waitMs }) };
    const own = isOwn || isOpen ? told : reason;
    const others = isOwn ? namesOf(entry.path, String(entry.md5)).filter((name) => name !== entry.name && !nameFault(name)) : names.slice(1);
    if (others.length) return [{ entry, names: others, ...own }];
    this.#settle(entry, own);
    return [];
  }

  /**
   * @param {Entry} entry
   * @param {Why|null} reason null when it is safe
   */
  #settle(entry, reason) {
    this.settled += 1;
    if (reason?.until) this.#unsettled.push({ entry, names: [], ...reason });
    else if (reason) this.#notFound.push({ path: entry.path, code: reason.code, message: reason.message });
    else this.#found.push(entry);
  }

  /**
   * @param {import("../portal/api-types.js").Claim[]} files
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

/**
 * @param {Entry} entry
 * @returns {Looked}
 */
function firstLook(entry) {
  return { entry, names: [entry.name], code: "", message: "" };
}
