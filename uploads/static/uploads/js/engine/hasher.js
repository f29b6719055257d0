/** The pool of workers that read, hash and send small files, seen from the page. */

import { changedSince } from "../lib/card-look.js";
import { FileError, WorkerError, putError } from "../lib/errors.js";
import { lookInto } from "../selection/facts/look.js";
import { saidBy } from "../selection/sorting.js";
import { parseRetryAfter } from "../portal/retry.js";
import { putByXhr } from "./transport.js";

const MOST_WORKERS = 4;
const CORES_WHERE_UNTOLD = 2;
const FILES_PER_WORKER = 2; // one is read from the card while the other is hashed
const KEPT_FILE_BYTES = 256 * 1024; // larger files show progress while they are sent, which needs another way
const KEPT_BYTES = 64 * 1024 * 1024; // of all workers; what finds no room is read once more for its PUT
// Without progress only the whole can be too slow: the largest kept file, sent in six slots over 128 kbit/s, takes 100 s.
const KEPT_PUT_TIMEOUT_MS = 180_000;

/**
 * @typedef {object} Digest
 * @property {string} md5 32 hex digits
 * @property {string} [multipartMd5] as the ETag of an upload in parts
 * @property {string[]} [partMd5s]
 * @property {string} [pieces] checksum of some pieces of it, from the same reading
 * @property {import("../selection/sorting.js").Said} said by its content
 * @property {Kept|null} kept the file's bytes, where they are held for its PUT
 *
 * @typedef {object} Kept
 * @property {(job: {url: string, headers: Record<string, string>, signal: AbortSignal}) => Promise<void>} put rejects
 *   with TransferError
 * @property {() => void} drop
 *
 * @typedef {import("./hasher-messages.js").Answers} Answers
 * @typedef {import("./hasher-messages.js").Told} Told
 * @typedef {{resolve: (answer: any) => void, reject: (error: unknown) => void}} Asked
 */

export class Hasher {
  /** @type {Map<number, Asked>} */ #jobs = new Map();
  /** @type {Worker[]} */ #workers = [];
  #nextId = 0;
  #keptBytes = 0;

  /** @param {number|undefined} cores of the computer, where the browser tells */
  constructor(cores) {
    const workers = Math.min(MOST_WORKERS, Math.max(1, (cores || CORES_WHERE_UNTOLD) - 1)); // the page needs a core too
    this.parallel = workers * FILES_PER_WORKER;
    for (let n = 0; n < workers; n += 1) {
      const worker = new Worker(new URL("./hasher-worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => this.#answered(data);
      worker.onerror = (event) => this.#broke(event.message || "The hashing worker did not start.");
      this.#workers.push(worker);
    }
  }

  /**
   * @param {File} file
   * @param {AbortSignal} signal
   * @returns {Promise<string>} 32 hex digits; rejects with FileError when the file changed or cannot be read
   */
  async md5(file, signal) {
    return (await this.#digest(file, { signal, partBytes: 0, keep: false })).md5;
  }

  /**
   * All that is to be known of a file before it is sent, from one reading. Small ones are kept for their PUT.
   * @param {File} file
   * @param {{partBytes: number, signal: AbortSignal}} options `partBytes` 0 for a file that goes as a whole
   * @returns {Promise<Digest>} rejects as `md5` does
   */
  async digest(file, { partBytes, signal }) {
    const keep = !partBytes && file.size <= KEPT_FILE_BYTES && this.#keptBytes + file.size <= KEPT_BYTES;
    return this.#digest(file, { signal, partBytes, keep });
  }

  /**
   * @param {File} file
   * @param {AbortSignal} signal
   * @returns {Promise<string>} checksum of some pieces of it, read now; rejects as `md5` does
   */
  async pieces(file, signal) {
    const id = (this.#nextId += 1);
    return (await this.#ask(this.#workers[id % this.#workers.length], { id, do: "pieces", file }, signal)).pieces;
  }

  /**
   * What a file says that was read before; `digest` tells it by itself.
   * @param {File} file
   * @returns {Promise<import("../selection/sorting.js").Said>} rejects with FileError where it cannot be read
   */
  async said(file) {
    try {
      return saidBy(await lookInto(file));
    } catch (error) {
      throw error instanceof DOMException ? FileError.fromRead(error.name) : error;
    }
  }

  changedSince = changedSince;

  /** @type {import("./sender.js").Transport} */
  transport = {
    put: ({ kept, ...job }) => (kept ? kept.put(job) : putByXhr(job)),
  };

  /**
   * @param {File} file
   * @param {{signal: AbortSignal, partBytes: number, keep: boolean}} options
   * @returns {Promise<Digest>}
   */
  async #digest(file, { signal, partBytes, keep }) {
    const id = (this.#nextId += 1);
    const worker = this.#workers[id % this.#workers.length];
    const kept = keep ? this.#keep(id, worker, file.size) : null;
    try {
      const answer = await this.#ask(worker, { id, do: "digest", file, partBytes, keep }, signal);
      if (answer.bytes !== file.size) throw new FileError("file_changed");
      const { md5, multipartMd5, partMd5s, pieces, said } = answer;
      return { md5, multipartMd5, partMd5s, pieces, said, kept };
    } catch (error) {
      kept?.drop();
      throw error;
    }
  }

  /**
   * @param {number} id
   * @param {Worker} worker
   * @param {number} bytes
   * @returns {Kept}
   */
  #keep(id, worker, bytes) {
    let isKept = true;
    this.#keptBytes += bytes;
    return {
      put: async ({ url, headers, signal }) => {
        const putId = (this.#nextId += 1);
        /** @type {import("./hasher-messages.js").PutJob} */
        const job = { id: putId, do: "put", kept: id, url, headers, timeoutMs: KEPT_PUT_TIMEOUT_MS };
        const abort = () => worker.postMessage({ id: putId, do: "abort" });
        const { retryAfter, ...answer } = await this.#ask(worker, job, signal, abort);
        const error = putError({ ...answer, retryAfterMs: parseRetryAfter(retryAfter, Date.now()) });
        if (error) throw error;
      },
      drop: () => {
        if (!isKept) return;
        isKept = false;
        this.#keptBytes -= bytes;
        worker.postMessage({ id, do: "drop" });
      },
    };
  }

  /**
   * @template {import("./hasher-messages.js").Job} J
   * @param {Worker} worker
   * @param {J} job
   * @param {AbortSignal} signal
   * @param {() => void} [onAbort]
   * @returns {Promise<Answers[J["do"]]>} rejects with FileError when the file changed or cannot be read
   */
  #ask(worker, job, signal, onAbort = () => {}) {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#jobs.delete(job.id);
        onAbort();
        reject(signal.reason);
      };
      const settled = () => signal.removeEventListener("abort", abort);
      signal.addEventListener("abort", abort, { once: true });
      this.#jobs.set(job.id, {
        resolve: (answer) => (settled(), resolve(answer)),
        reject: (error) => (settled(), reject(error)),
      });
      worker.postMessage(job);
    });
  }

  /** @param {Told} answer */
  #answered(answer) {
    const job = this.#jobs.get(answer.id);
    if (!job) return; // cancelled meanwhile
    this.#jobs.delete(answer.id);
    if (answer.error) job.reject(FileError.fromRead(answer.error));
    else job.resolve(answer);
  }

  /** @param {string} message */
  #broke(message) {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.reject(new WorkerError(message));
  }
}
