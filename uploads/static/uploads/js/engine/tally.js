/** What has become of each file of a run, and the sums that the page shows. Knows no DOM. */

import { FileError, TransferError } from "../lib/errors.js";

/**
 * @typedef {"verified"|"stored"|"conflict"|"refused"|"missing"|"mismatch"|"failed"|"empty"|"unsettled"} Status
 *   `unsettled`: an older program could still overwrite it when it was asked about last. `verified`: sent, and the store reported this size and MD5. `stored`: it was there before, with both equal.
 *   `empty`: turned out to have no bytes, so no file of data.
 *
 * @typedef {object} Item one file on its way; made by `newItem`
 * @property {string} name the last part of its object key
 * @property {string} formerName under which it may have been stored before, "" when there is none to look for
 * @property {string} path on the card, with "/" between folders
 * @property {number} size bytes; null until it is measured, which is before anybody is asked about it
 * @property {number|null} lastModified milliseconds since 1970
 * @property {import("../selection/journal.js").Row} [known]
 * @property {import("../selection/journal.js").Sums} [recalled]
 * @property {boolean} isRecalled its checksums are not from a reading in this run
 * @property {boolean} isAtStore the store has something of its name
 * @property {File} file
 * @property {string} [md5] 32 hex digits, once read
 * @property {string} [multipartMd5] of a file that goes in parts
 * @property {string[]} [partMd5s] of the same
 * @property {string} [pieces] see hasher.js
 * @property {import("../selection/sorting.js").Said|null} said by its content, once that is read
 * @property {import("./hasher.js").Kept|null} kept its bytes, from the hashing to the PUT of a small file
 * @property {import("../portal/signed-url.js").SignedUrl|null} grant
 * @property {{id: string|number, part_size_bytes: number}|null} upload of a file that goes in parts
 * @property {number} tries PUTs so far; of a file in parts those of its worst part
 * @property {number} partBytes that need not be sent any more
 * @property {number} sentBytes of the current PUT
 * @property {boolean} isSent the store answered a PUT with success
 * @property {import("./waiting.js").Wait|null} wait while an older program may still overwrite it
 * @property {unknown} doubt why the last try failed, where it may have arrived all the same
 * @property {Status} [status] how it ended; none while it is under way
 * @property {string} code
 * @property {string} message the portal's, "" where the code says it all
 * @property {number} httpStatus of the last answer of the store, 0 for none
 * @property {string} step in which it failed
 *
 * @typedef {{item: Item, partsDone: number, parts: number}} LargeProgress
 *
 * @typedef {object} Outcome
 * @property {"finished"|"cancelled"|"stopped"} end `stopped`: something made going on pointless, see `error`
 * @property {number} sessionId 0 when none was opened
 * @property {unknown} [error]
 * @property {number} verified files
 * @property {number} stored files
 * @property {Item[]} notStored those with an end that is not one of these two, or with none
 * @property {number} unreported failures that the portal could not be told of
 * @property {import("../portal/api-types.js").Verdict} [receipt] the portal's word
 * @property {boolean} safeToWipe every file proven here, and the portal says so too, with nothing left open
 */

/**
 * @param {import("../selection/selection.js").Entry & {formerName?: string}} entry
 * @returns {Item}
 */
export function newItem({ name, formerName = "", path, size, lastModified, known, recalled, file, md5, multipartMd5, partMd5s }) {
  return {
    name, formerName, path, size: /** @type {number} */ (size), lastModified, known, recalled, file, md5, multipartMd5, partMd5s,
    isRecalled: false, isAtStore: false, wait: null,
    kept: null, grant: null, upload: null, tries: 0, sentBytes: 0, partBytes: 0,
    isSent: false, doubt: null, said: null, code: "", message: "", httpStatus: 0, step: "",
  };
}

const RECENT_PUTS = 60; // enough to be steady, few enough to follow a link that changes

export class Tally {
  counts = { checked: 0, hashed: 0, sent: 0, verified: 0, stored: 0 };
  bytes = { sent: 0, settledUnsent: 0 };
  /** @type {Item[]} those with a bad end, in the order in which they came to it */ notStored = [];
  /** @type {Item[]} */ empty = [];
  /** @type {Set<Item>} that an older program may still overwrite */ unsettled = new Set();
  retries = 0;
  unreported = 0;
  /** Milliseconds on the engine's clock; in the past when the portal answers. */
  portalAwayUntil = 0;
  /** @type {{item: Item, code: string, message: string}[]} */ warnings = [];
  /** @type {Set<LargeProgress>} large files under way */ large = new Set();
  /** @type {(item: Item) => Promise<void>} */ onFailure = async () => {};
  /** @type {number[]} */ #recentPuts = [];

  /** @param {Item[]} items */
  constructor(items) {
    this.items = items;
    /** `bytes` of those that are measured; an empty file counts no more once it is found. */
    this.total = { files: items.length, bytes: items.reduce((sum, { size }) => sum + (size ?? 0), 0) };
    this.unmeasured = items.reduce((count, { size }) => count + Number(size === null), 0);
  }

  /** Bytes of all, as far as those that are measured tell. */
  get expectedBytes() {
    const measured = this.items.length - this.unmeasured;
    return measured ? (this.total.bytes * this.items.length) / measured : 0;
  }

  /** @param {readonly {size: number|null}[]} items */
  measured(items) {
    this.unmeasured -= items.length;
    for (const { size } of items) this.total.bytes += Number(size);
  }

  /** @param {Item} item that has no bytes */
  leaveOut(item) {
    item.status = "empty";
    this.empty.push(item);
    this.total.files -= 1;
  }

  /** Files with an end, good or bad. */
  get settledFiles() {
    return this.counts.verified + this.counts.stored + this.notStored.length;
  }

  /** Bytes that need not be sent any more. */
  get passedBytes() {
    return this.bytes.sent + this.bytes.settledUnsent;
  }

  /**
   * @param {Item} item
   * @param {{code: string, message: string}[]} warnings
   */
  checked(item, warnings) {
    this.counts.checked += 1;
    for (const { code, message } of warnings) this.warnings.push({ item, code, message });
  }

  hashed() {
    this.counts.hashed += 1;
  }

  /**
   * @param {import("./sender.js").Load} load
   * @param {number} sentBytes of the current PUT; 0 when it has failed
   */
  sending(load, sentBytes) {
    this.bytes.sent += sentBytes - load.sentBytes;
    load.sentBytes = sentBytes;
  }

  /**
   * @param {Item} item
   * @param {number} bytes in parts that the store has
   */
  partsThere(item, bytes) {
    this.bytes.settledUnsent += bytes - item.partBytes;
    item.partBytes = bytes;
  }

  /**
   * @param {Item} item
   * @param {import("./sender.js").Load} part
   */
  partSent(item, part) {
    item.partBytes += part.size;
  }

  /**
   * @param {Item} item
   * @param {number} nowMs
   */
  sent(item, nowMs) {
    this.sending(item, item.size - item.partBytes); // all of it, also when it was another try's bytes that arrived
    item.isSent = true;
    item.grant = null;
    this.counts.sent += 1;
    this.#recentPuts.push(nowMs);
    if (this.#recentPuts.length > RECENT_PUTS) this.#recentPuts.shift();
  }

  /** The link's present pace, null while too few files were sent to tell. */
  sentFilesPerMs() {
    const first = this.#recentPuts[0];
    const last = this.#recentPuts[this.#recentPuts.length - 1];
    if (this.#recentPuts.length < 5 || last === first) return null;
    return (this.#recentPuts.length - 1) / (last - first);
  }

  /**
   * @param {Item} item
   * @param {{status: string, code?: string, message?: string}} answer the portal's, with an end
   */
  settle(item, { status, code = "", message = "" }) {
    item.status = /** @type {Status} */ (status);
    item.code = code || status;
    item.message = message;
    this.unsettled.delete(item);
    item.grant = null;
    item.kept?.drop();
    item.kept = null;
    if (!item.isSent) this.bytes.settledUnsent += item.size - item.partBytes - item.sentBytes;
    if (status === "verified" || status === "stored") this.counts[status] += 1;
    else this.notStored.push(item);
  }

  /**
   * It goes on later, or ends as it is.
   * @param {Item} item
   * @param {import("./waiting.js").Wait} wait
   */
  postpone(item, wait) {
    item.wait = wait;
    this.unsettled.add(item);
    item.grant = null;
    item.kept?.drop();
    item.kept = null;
  }

  /**
   * It has to be read after all: what it was stored by is not to be trusted.
   * @param {Item} item that was settled as `stored`, or not at all
   */
  reopen(item) {
    if (item.status) {
      this.counts.stored -= 1;
      this.bytes.settledUnsent -= item.size - item.partBytes - item.sentBytes;
      delete item.status;
    }
    this.unsettled.delete(item);
    item.isRecalled = false;
    item.md5 = item.multipartMd5 = item.partMd5s = item.pieces = undefined;
    item.recalled = undefined;
  }

  /**
   * The page itself could not go on with this file; the portal is told.
   * @param {Item} item
   * @param {unknown} error
   * @param {"hash"|"send"|"confirm"} step
   */
  async fail(item, error, step) {
    if (!(error instanceof FileError || error instanceof TransferError)) throw error;
    item.step = step;
    item.httpStatus = error instanceof TransferError ? error.httpStatus : 0;
    this.settle(item, { status: "failed", code: error.code });
    await this.onFailure(item);
  }

  /**
   * @param {Item} item
   * @param {string} link what is known of the connection
   * @returns {object} as the portal takes it
   */
  failureReport({ name, code, message, httpStatus, tries, step }, link) {
    return { name, code, message, http_status: httpStatus || null, attempts: tries, step, link };
  }

  /** @param {Omit<Outcome, "verified"|"stored"|"notStored"|"unreported"|"safeToWipe"> &
   *            {receipt?: import("../portal/api-types.js").Verdict, declaredFiles: number}} how
   *  @returns {Outcome} */
  outcome({ end, sessionId, error, receipt, declaredFiles }) {
    const notStored = this.items.filter(({ status }) => status !== "verified" && status !== "stored" && status !== "empty");
    const isWhole = notStored.length === 0 && declaredFiles === this.total.files && this.total.files > 0;
    const isMeant = receipt?.safe_to_wipe === true && !receipt.unsettled && !receipt.refused && !receipt.comparing;
    return {
      end, sessionId, error, notStored, receipt,
      verified: this.counts.verified,
      stored: this.counts.stored,
      unreported: this.unreported,
      safeToWipe: end === "finished" && isWhole && isMeant,
    };
  }
}
