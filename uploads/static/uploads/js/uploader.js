/**
 * The engine: check -> hash -> grant -> send -> confirm, all at once, with bounded queues between them. It knows
 * no DOM; what touches the world is injected.
 *
 * Grants are asked for just in time: a batch is as large as what the link has lately sent in GRANT_AHEAD_MS, so
 * no URL grows old in a queue, however slow the link.
 */

import { ApiError, FileError, TransferError } from "./errors.js";
import { Ledger } from "./ledger.js";
import { BoundedQueue, runStage } from "./queue.js";
import { StoreGate, afterFailedPut, delayMs, isTransient, withRetries } from "./retry.js";

/**
 * @typedef {import("./queue.js").Clock} Clock
 * @typedef {import("./ledger.js").Item} Item
 * @typedef {import("./ledger.js").Outcome} Outcome
 *
 * @typedef {object} Grant
 * @property {string} url
 * @property {Record<string, string>} headers sent exactly as given: they are signed
 * @property {number|null} expiresInMs counted from the portal's own clock at the time of its answer
 *
 * @typedef {object} FileAnswer one file's part of a batch answer
 * @property {string} name
 * @property {string} status
 * @property {string} [code]
 * @property {string} [message]
 * @property {{code: string, message: string}[]} [warnings]
 *
 * @typedef {object} Target
 * @property {string} deployment
 * @property {string} data_type
 * @property {string} uploader_name
 * @property {string} client
 *
 * @typedef {object} PortalApi
 * @property {(body: object, signal: AbortSignal) => Promise<{id: number, max_batch: number}>} openSession
 * @property {(id: number, files: object[], signal: AbortSignal) => Promise<FileAnswer[]>} check
 * @property {(id: number, files: object[], signal: AbortSignal) => Promise<(FileAnswer & Partial<Grant>)[]>} presign
 * @property {(id: number, names: string[], signal: AbortSignal) => Promise<FileAnswer[]>} confirm
 * @property {(id: number, failures: object[], signal: AbortSignal) => Promise<void>} reportFailures
 * @property {(id: number, files: number, signal: AbortSignal) => Promise<{safe_to_wipe: boolean}>} finish
 *
 * @typedef {object} Ports
 * @property {PortalApi} api
 * @property {{put: (job: {url: string, headers: Record<string, string>, file: Blob, signal: AbortSignal,
 *             onProgress: (sentBytes: number) => void}) => Promise<void>}} transport
 * @property {{parallel: number, md5: (file: Blob, signal: AbortSignal) => Promise<string>}} hasher
 * @property {Clock} clock
 * @property {() => number} [random]
 */

const CONCURRENT_PUTS = 5; // browsers give one HTTP/1.1 host six connections; one stays free for whatever else
const HASHED_AHEAD = 400; // files
const SENT_AHEAD = 4_000; // files that wait for their confirmation; only names are held
const GRANT_AHEAD_MS = 20_000;
const FIRST_GRANTS = 20;
const FEWEST_GRANTS = 2 * CONCURRENT_PUTS;
const MOST_GRANTS = 200;
const GRANT_MARGIN_MS = 5_000; // a URL this close to its end is renewed rather than tried
const CONFIRM_BATCH = 250;
const CONFIRM_LINGER_MS = 1_000;
const FAILURE_LINGER_MS = 3_000;
const WIND_DOWN_TRIES = 2; // after a cancel: one look at what had been sent, not a long wait

export class Uploader {
  #api;
  #transport;
  #hasher;
  #clock;
  #random;
  /** @type {AbortController} */ #stop;
  #id = 0;
  #maxBatch = 1_000;

  /**
   * @param {{target: Target, items: Item[], declaredFiles: number, ports: Ports}} job `declaredFiles` counts what
   *   the person chose as data: `items` and whatever of theirs had to be left out for its name.
   */
  constructor({ target, items, declaredFiles, ports }) {
    this.target = target;
    this.declaredFiles = declaredFiles;
    this.#api = ports.api;
    this.#transport = ports.transport;
    this.#hasher = ports.hasher;
    this.#clock = ports.clock;
    this.#random = ports.random ?? Math.random;
    this.#stop = new AbortController();
    this.ledger = new Ledger(items);
    this.gate = new StoreGate({ clock: this.#clock, random: this.#random });
  }

  /**
   * Never rejects for what can go wrong on the way: the outcome says how it ended and what became of each file.
   * @param {AbortSignal} signal the person's "cancel"
   * @returns {Promise<Outcome>}
   */
  async run(signal) {
    signal.addEventListener("abort", () => this.#stop.abort(signal.reason), { once: true });
    if (signal.aborted) this.#stop.abort(signal.reason);
    try {
      await this.#open();
      await this.#pipeline();
      this.#stop.signal.throwIfAborted();
      const receipt = await this.#call((s) => this.#api.finish(this.#id, this.declaredFiles, s));
      return this.ledger.outcome({ end: "finished", sessionId: this.#id, receipt });
    } catch (error) {
      if (signal.aborted) {
        await this.#confirmWhatWasSent();
        return this.ledger.outcome({ end: "cancelled", sessionId: this.#id });
      }
      const cause = this.#stop.signal.aborted ? this.#stop.signal.reason : error;
      return this.ledger.outcome({ end: "stopped", sessionId: this.#id, error: cause });
    }
  }

  async #open() {
    const { files, bytes } = this.ledger.total;
    const body = { ...this.target, files: this.declaredFiles || files, bytes };
    const session = await this.#call((s) => this.#api.openSession(body, s));
    this.#id = session.id;
    this.#maxBatch = session.max_batch;
  }

  async #pipeline() {
    const queue = (/** @type {number} */ capacity) =>
      new BoundedQueue({ capacity, clock: this.#clock, signal: this.#stop.signal });
    /** @type {BoundedQueue<Item>} */ const checked = queue(2 * this.#maxBatch);
    /** @type {BoundedQueue<Item>} */ const hashed = queue(HASHED_AHEAD);
    /** @type {BoundedQueue<Item>} */ const granted = queue(2 * MOST_GRANTS);
    /** @type {BoundedQueue<Item>} */ const sent = queue(SENT_AHEAD);
    /** @type {BoundedQueue<Item>} */ const failed = queue(SENT_AHEAD);
    this.ledger.onFailure = (item) => failed.put(item);
    const fail = (/** @type {unknown} */ error) => this.#stop.abort(error);
    const closing = (/** @type {BoundedQueue<Item>} */ next) => ({ done: () => next.close(), fail });
    await Promise.all([
      runStage(1, () => this.#check(checked), closing(checked)),
      runStage(this.#hasher.parallel, () => this.#hash(checked, hashed), closing(hashed)),
      runStage(1, () => this.#grant(hashed, granted), closing(granted)),
      runStage(CONCURRENT_PUTS, () => this.#send(granted, sent), closing(sent)),
      runStage(1, () => this.#confirm(sent), closing(failed)),
      runStage(1, () => this.#report(failed), { fail }),
    ]);
  }

  /**
   * Names and sizes first: what the portal refuses need not be read from the card.
   * @param {BoundedQueue<Item>} next
   */
  async #check(next) {
    const { items } = this.ledger;
    for (let start = 0; start < items.length; start += this.#maxBatch) {
      const batch = items.slice(start, start + this.#maxBatch);
      const asked = batch.map(({ name, size }) => ({ name, size }));
      const answers = await this.#call((s) => this.#api.check(this.#id, asked, s));
      for (const [item, answer] of paired(batch, answers)) {
        this.ledger.checked(item, answer.warnings ?? []);
        if (answer.status === "conflict" || answer.status === "refused") await this.ledger.settle(item, answer);
        else await next.put(item);
      }
    }
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #hash(from, next) {
    for (let item = await from.take(); item; item = await from.take()) {
      try {
        item.md5 ??= await this.#hasher.md5(item.file, this.#stop.signal);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        await this.ledger.fail(item, error);
        continue;
      }
      this.ledger.hashed(item);
      await next.put(item);
    }
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #grant(from, next) {
    let size = FIRST_GRANTS;
    for (;;) {
      await next.drainedTo(Math.floor(size / 2));
      const perMs = this.ledger.sentFilesPerMs(this.#clock.now());
      if (perMs !== null) size = Math.round(Math.min(MOST_GRANTS, Math.max(FEWEST_GRANTS, perMs * GRANT_AHEAD_MS)));
      const batch = await from.takeBatch({ max: size, min: FIRST_GRANTS, lingerMs: 100 });
      if (!batch.length) return;
      for (const item of await this.#presign(batch)) await next.put(item);
    }
  }

  /**
   * @param {Item[]} batch
   * @returns {Promise<Item[]>} those that may be sent; the others are settled
   */
  async #presign(batch) {
    const asked = batch.map(({ name, size, md5, path }) => ({ name, size, md5, path }));
    const answers = await this.#call((s) => this.#api.presign(this.#id, asked, s));
    const granted = [];
    for (const [item, answer] of paired(batch, answers)) {
      if (answer.status === "granted") {
        const { url = "", headers = {}, expiresInMs = null } = answer;
        item.grant = { url, headers, staleAt: this.#clock.now() + (expiresInMs ?? Infinity) - GRANT_MARGIN_MS };
        granted.push(item);
      } else {
        await this.ledger.settle(item, answer);
      }
    }
    return granted;
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #send(from, next) {
    for (let item = await from.take(); item; item = await from.take()) {
      if (await this.#sendOne(item)) await next.put(item);
    }
  }

  /**
   * @param {Item} item
   * @returns {Promise<boolean>} whether the portal should be asked what the store holds
   */
  async #sendOne(item) {
    const { signal } = this.#stop;
    let resigned = false;
    for (let tries = 1; ; tries += 1) {
      await this.gate.pass(signal);
      const isStale = item.grant && item.grant.staleAt < this.#clock.now();
      if ((isStale || !item.grant) && !(await this.#presign([item])).length) {
        this.gate.released();
        return false;
      }
      item.tries += 1;
      try {
        await this.#put(item);
        return true;
      } catch (error) {
        signal.throwIfAborted();
        const next = afterFailedPut(error, { tries, resigned });
        if (next === "confirm") return true;
        if (next === "resign") {
          resigned = true;
          item.grant = null;
          continue;
        }
        if (next === "fail") {
          // Even the last try may have arrived with only its answer lost, so the portal is asked all the same.
          if (isTransient(error)) item.doubt = error;
          else await this.ledger.fail(item, error);
          return isTransient(error);
        }
        const { retryAfterMs } = /** @type {TransferError} */ (error);
        this.ledger.retries += 1;
        await this.#clock.sleep(delayMs(tries, { random: this.#random, retryAfterMs }), signal);
      }
    }
  }

  /** @param {Item} item */
  async #put(item) {
    const { url, headers } = /** @type {NonNullable<Item["grant"]>} */ (item.grant);
    const onProgress = (/** @type {number} */ sentBytes) => this.ledger.sending(item, sentBytes);
    try {
      await this.#transport.put({ url, headers, file: item.file, signal: this.#stop.signal, onProgress });
      this.gate.answered();
      this.ledger.sent(item, this.#clock.now());
    } catch (error) {
      this.ledger.sending(item, 0);
      if (error instanceof TransferError && isTransient(error)) this.gate.failed(error.retryAfterMs);
      else if (error instanceof TransferError) this.gate.answered();
      else this.gate.released();
      throw error;
    }
  }

  /** @param {BoundedQueue<Item>} from */
  async #confirm(from) {
    const options = { max: this.#maxBatch, min: CONFIRM_BATCH, lingerMs: CONFIRM_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      await this.#confirmBatch(batch, (task) => this.#call(task));
    }
  }

  /**
   * @param {Item[]} batch
   * @param {(task: (signal: AbortSignal) => Promise<FileAnswer[]>) => Promise<FileAnswer[]>} call
   */
  async #confirmBatch(batch, call) {
    const names = batch.map(({ name }) => name);
    const answers = await call((s) => this.#api.confirm(this.#id, names, s));
    for (const [item, answer] of paired(batch, answers)) {
      if (answer.status === "missing" && item.doubt) await this.ledger.fail(item, item.doubt);
      else await this.ledger.settle(item, answer);
    }
  }

  /**
   * Tells the maintainers what could not be done. That this report fails must not fail the upload.
   * @param {BoundedQueue<Item>} from
   */
  async #report(from) {
    const options = { max: this.#maxBatch, min: this.#maxBatch, lingerMs: FAILURE_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      const failures = batch.map((item) => this.ledger.failureReport(item));
      try {
        await this.#call((s) => this.#api.reportFailures(this.#id, failures, s));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.ledger.unreported += failures.length;
      }
    }
  }

  /** After a cancel: what had been sent by then is in the store, and deserves to be counted as proven. */
  async #confirmWhatWasSent() {
    const signal = new AbortController().signal;
    const sent = this.ledger.items.filter((item) => item.isSent && !item.status);
    const ports = { clock: this.#clock, random: this.#random, signal, maxTries: WIND_DOWN_TRIES };
    try {
      for (let start = 0; start < sent.length; start += this.#maxBatch) {
        const batch = sent.slice(start, start + this.#maxBatch);
        await this.#confirmBatch(batch, (task) => withRetries(() => task(signal), ports));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // unconfirmed files simply stay uncounted
    }
  }

  /**
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} task
   * @returns {Promise<T>}
   */
  #call(task) {
    const { signal } = this.#stop;
    const onRetry = (/** @type {unknown} */ error, /** @type {number} */ waitMs) => {
      this.ledger.retries += 1;
      this.ledger.portalAwayUntil = this.#clock.now() + waitMs;
    };
    return withRetries(() => task(signal), { clock: this.#clock, random: this.#random, signal, onRetry });
  }
}

/**
 * The portal answers in the order asked. An answer that does not is no proof of anything.
 * @template {FileAnswer} A
 * @param {Item[]} batch
 * @param {A[]} answers
 * @returns {[Item, A][]}
 */
function paired(batch, answers) {
  if (answers.length !== batch.length || batch.some((item, index) => item.name !== answers[index].name)) {
    throw new ApiError({ code: "answer_mismatch", message: "The portal answered for other files.", httpStatus: 200 });
  }
  return batch.map((item, index) => [item, answers[index]]);
}
