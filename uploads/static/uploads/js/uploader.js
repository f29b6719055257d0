/**
 * The engine: check -> hash -> grant -> send -> confirm, all at once, with bounded queues between them. It knows
 * no DOM; what touches the world is injected.
 *
 * Grants are asked for just in time: a batch is as large as what the link has lately sent in GRANT_AHEAD_MS, so
 * no URL grows old in a queue, however slow the link.
 */

import { paired } from "./api.js";
import { ApiError, FileError } from "./errors.js";
import { BoundedQueue, runStage } from "./queue.js";
import { withRetries } from "./retry.js";
import { Sender } from "./sender.js";
import { Tally } from "./tally.js";

/**
 * @typedef {import("./queue.js").Clock} Clock
 * @typedef {import("./api.js").PortalApi} PortalApi
 * @typedef {import("./api.js").FileAnswer} FileAnswer
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("./tally.js").Outcome} Outcome
 *
 * @typedef {object} Target
 * @property {string} deployment its id
 * @property {string} data_type
 * @property {string} uploader_name
 * @property {string} client program and version
 *
 * @typedef {object} Ports
 * @property {PortalApi} api
 * @property {import("./sender.js").Transport} transport
 * @property {{parallel: number, md5: (file: File, signal: AbortSignal) => Promise<string>}} hasher
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
  #hasher;
  #clock;
  #random;
  #stop = new AbortController();
  #sender;
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
    this.#hasher = ports.hasher;
    this.#clock = ports.clock;
    this.#random = ports.random ?? Math.random;
    this.tally = new Tally(items);
    this.#sender = new Sender({
      transport: ports.transport,
      tally: this.tally,
      clock: this.#clock,
      random: this.#random,
      signal: this.#stop.signal,
      regrant: async (item) => (await this.#presign([item])).length === 1,
    });
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
      return this.#outcome({ end: "finished", receipt });
    } catch (error) {
      if (signal.aborted) {
        await this.#confirmWhatWasSent();
        return this.#outcome({ end: "cancelled" });
      }
      const cause = this.#stop.signal.aborted ? this.#stop.signal.reason : error;
      return this.#outcome({ end: "stopped", error: cause });
    }
  }

  /** Who does not answer at present, if anybody: a person who watches should be told. */
  get away() {
    if (this.tally.portalAwayUntil > this.#clock.now()) return "portal";
    return this.#sender.gate.isClosed ? "store" : null;
  }

  /** @param {{end: Outcome["end"], error?: unknown, receipt?: {safe_to_wipe: boolean}}} how */
  #outcome(how) {
    return this.tally.outcome({ ...how, sessionId: this.#id, declaredFiles: this.declaredFiles });
  }

  async #open() {
    const body = { ...this.target, files: this.declaredFiles, bytes: this.tally.total.bytes };
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
    this.tally.onFailure = (item) => failed.put(item);
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
    const { items } = this.tally;
    for (let start = 0; start < items.length; start += this.#maxBatch) {
      const batch = items.slice(start, start + this.#maxBatch);
      const asked = batch.map(({ name, size }) => ({ name, size }));
      const answers = await this.#call((s) => this.#api.check(this.#id, asked, s));
      for (const [item, answer] of paired(batch, answers)) {
        this.tally.checked(item, answer.warnings ?? []);
        if (answer.status === "conflict" || answer.status === "refused") this.tally.settle(item, answer);
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
        await this.tally.fail(item, error);
        continue;
      }
      this.tally.hashed();
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
      const perMs = this.tally.sentFilesPerMs();
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
        this.tally.settle(item, answer);
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
      if (await this.#sender.send(item)) await next.put(item);
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
      if (answer.status === "missing" && item.doubt) await this.tally.fail(item, item.doubt);
      else this.tally.settle(item, answer);
    }
  }

  /**
   * Tells the maintainers what could not be done. That this report fails must not fail the upload.
   * @param {BoundedQueue<Item>} from
   */
  async #report(from) {
    const options = { max: this.#maxBatch, min: this.#maxBatch, lingerMs: FAILURE_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      const failures = batch.map((item) => this.tally.failureReport(item));
      try {
        await this.#call((s) => this.#api.reportFailures(this.#id, failures, s));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.tally.unreported += failures.length;
      }
    }
  }

  /** After a cancel: what had been sent by then is in the store, and deserves to be counted as proven. */
  async #confirmWhatWasSent() {
    const { signal } = new AbortController();
    this.tally.onFailure = async () => {};
    const sent = this.tally.items.filter((item) => item.isSent && !item.status);
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
      this.tally.retries += 1;
      this.tally.portalAwayUntil = this.#clock.now() + waitMs;
    };
    return withRetries(() => task(signal), { clock: this.#clock, random: this.#random, signal, onRetry });
  }
}
