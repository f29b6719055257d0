/** The pool of hashing workers, seen from the page. */

import { FileError, WorkerError } from "./errors.js";

const WORKERS = Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)); // the page needs a core too
const FILES_PER_WORKER = 2; // one is read from the card while the other is hashed

/** @typedef {{file: File, resolve: (md5: string) => void, reject: (error: unknown) => void}} Job */

export class Hasher {
  parallel = WORKERS * FILES_PER_WORKER;
  /** @type {Map<number, Job>} */ #jobs = new Map();
  /** @type {Worker[]} */ #workers = [];
  #nextId = 0;

  constructor() {
    for (let n = 0; n < WORKERS; n += 1) {
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
  md5(file, signal) {
    signal.throwIfAborted();
    const id = (this.#nextId += 1);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#jobs.delete(id);
        reject(signal.reason);
      };
      const settled = () => signal.removeEventListener("abort", onAbort);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#jobs.set(id, {
        file,
        resolve: (md5) => (settled(), resolve(md5)),
        reject: (error) => (settled(), reject(error)),
      });
      this.#workers[id % this.#workers.length].postMessage({ id, file });
    });
  }

  /** @param {{id: number, md5?: string, bytes?: number, error?: string}} answer */
  #answered({ id, md5, bytes, error }) {
    const job = this.#jobs.get(id);
    if (!job) return; // cancelled meanwhile
    this.#jobs.delete(id);
    if (error) job.reject(FileError.fromRead(error));
    else if (bytes !== job.file.size) job.reject(new FileError("file_changed"));
    else job.resolve(/** @type {string} */ (md5));
  }

  /** @param {string} message */
  #broke(message) {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.reject(new WorkerError(message));
  }
}
