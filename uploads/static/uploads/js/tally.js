/** What has become of each file of a run, and the sums that the page shows. Knows no DOM. */

import { FileError, TransferError } from "./errors.js";

/**
 * @typedef {"verified"|"stored"|"conflict"|"refused"|"missing"|"mismatch"|"failed"} Status
 *   `verified`: sent, and the store reported this size and MD5. `stored`: it was there before, with both equal.
 *
 * @typedef {object} Item one file on its way; made by `newItem`
 * @property {string} name the last part of its object key
 * @property {string} path on the card, with "/" between folders
 * @property {number} size bytes
 * @property {File} file
 * @property {string} [md5] 32 hex digits, once read
 * @property {{url: string, headers: Record<string, string>, staleAt: number}|null} grant
 * @property {number} tries PUTs so far
 * @property {number} sentBytes of the current PUT
 * @property {boolean} isSent the store answered a PUT with success
 * @property {unknown} doubt why the last try failed, where it may have arrived all the same
 * @property {Status} [status] how it ended; none while it is under way
 * @property {string} code
 * @property {string} message the portal's, "" where the code says it all
 * @property {number} httpStatus of the last answer of the store, 0 for none
 *
 * @typedef {object} Outcome
 * @property {"finished"|"cancelled"|"stopped"} end `stopped`: something made going on pointless, see `error`
 * @property {number} sessionId 0 when none was opened
 * @property {unknown} [error]
 * @property {number} verified files
 * @property {number} stored files
 * @property {Item[]} notStored those with an end that is not one of these two, or with none
 * @property {number} unreported failures that the portal could not be told of
 * @property {boolean} safeToWipe every file proven here, and the portal says so too
 */

/**
 * @param {{name: string, path: string, size: number, file: File, md5?: string}} entry
 * @returns {Item}
 */
export function newItem({ name, path, size, file, md5 }) {
  return {
    name, path, size, file, md5,
    grant: null, tries: 0, sentBytes: 0, isSent: false, doubt: null, code: "", message: "", httpStatus: 0,
  };
}

const RECENT_PUTS = 60; // enough to be steady, few enough to follow a link that changes

export class Tally {
  counts = { checked: 0, hashed: 0, sent: 0, verified: 0, stored: 0 };
  bytes = { sent: 0, settledUnsent: 0 };
  /** @type {Item[]} those with a bad end, in the order in which they came to it */ notStored = [];
  retries = 0;
  unreported = 0;
  /** Milliseconds on the engine's clock; in the past when the portal answers. */
  portalAwayUntil = 0;
  /** @type {{item: Item, code: string, message: string}[]} */ warnings = [];
  /** @type {(item: Item) => Promise<void>} */ onFailure = async () => {};
  /** @type {number[]} */ #recentPuts = [];

  /** @param {Item[]} items */
  constructor(items) {
    this.items = items;
    this.total = { files: items.length, bytes: items.reduce((sum, { size }) => sum + size, 0) };
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
   * @param {Item} item
   * @param {number} sentBytes of the current PUT; 0 when it has failed
   */
  sending(item, sentBytes) {
    this.bytes.sent += sentBytes - item.sentBytes;
    item.sentBytes = sentBytes;
  }

  /**
   * @param {Item} item
   * @param {number} nowMs
   */
  sent(item, nowMs) {
    this.sending(item, item.size);
    item.isSent = true;
    item.grant = null;
    this.counts.sent += 1;
    this.#recentPuts.push(nowMs);
    if (this.#recentPuts.length > RECENT_PUTS) this.#recentPuts.shift();
  }

  /** The link's pace of late, null while too few files have gone to tell. */
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
    item.grant = null;
    if (!item.isSent) this.bytes.settledUnsent += item.size;
    if (status === "verified" || status === "stored") this.counts[status] += 1;
    else this.notStored.push(item);
  }

  /**
   * The page itself could not go on with this file; the portal is told.
   * @param {Item} item
   * @param {unknown} error
   */
  async fail(item, error) {
    if (!(error instanceof FileError || error instanceof TransferError)) throw error;
    item.httpStatus = error instanceof TransferError ? error.httpStatus : 0;
    this.settle(item, { status: "failed", code: error.code });
    await this.onFailure(item);
  }

  /**
   * @param {Item} item
   * @returns {object} as the portal takes it
   */
  failureReport({ name, code, message, httpStatus, tries }) {
    return { name, code, message, http_status: httpStatus || null, attempts: tries };
  }

  /** @param {Omit<Outcome, "verified"|"stored"|"notStored"|"unreported"|"safeToWipe"> &
   *            {receipt?: {safe_to_wipe: boolean}, declaredFiles: number}} how
   *  @returns {Outcome} */
  outcome({ end, sessionId, error, receipt, declaredFiles }) {
    const notStored = this.items.filter(({ status }) => status !== "verified" && status !== "stored");
    const isWhole = notStored.length === 0 && declaredFiles === this.items.length && this.items.length > 0;
    return {
      end, sessionId, error, notStored,
      verified: this.counts.verified,
      stored: this.counts.stored,
      unreported: this.unreported,
      safeToWipe: end === "finished" && isWhole && receipt?.safe_to_wipe === true,
    };
  }
}
