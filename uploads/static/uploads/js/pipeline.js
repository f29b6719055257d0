/**
 * The stages check -> hash -> grant -> send -> confirm, all at work at once, with bounded queues between them.
 *
 * Grants are asked for just in time: a batch is as large as what the link has lately sent in GRANT_AHEAD_MS, so
 * no URL grows old in a queue, however slow the link. Knows no DOM.
 */

import { ApiError, FileError } from "./errors.js";
import { MOST_LANES } from "./lanes.js";
import { measureAll, whyNoBytes } from "./measure.js";
import { PartsSender } from "./parts.js";
import { BoundedQueue, runStage } from "./queue.js";
import { FileSender } from "./sender.js";

/** @typedef {import("./tally.js").Item} Item */

const HASHED_AHEAD = 1_000; // files
const SENT_AHEAD = 4_000; // files that wait for their confirmation; only names are held
const MOST_UNDER_WAY = 60; // files in lanes or between two tries
const GRANT_AHEAD_MS = 20_000;
const FIRST_GRANTS = 20;
const FEWEST_GRANTS = 2 * MOST_LANES;
const MOST_GRANTS = 500;
const CONFIRM_BATCH = 500;
const CONFIRM_LINGER_MS = 2_000;
const FAILURE_LINGER_MS = 3_000;
const MEASURE_AHEAD_PAUSE_MS = 180; // between slices of 60 ms: the files under way come first

export class Pipeline {
  #session;
  #hasher;
  #naming;
  #tally;
  #clock;
  #hold;
  #link;
  #lanes;
  #signal;
  #stop;
  #files;
  #parts;

  /**
   * @param {{session: import("./session-calls.js").SessionCalls, hasher: import("./uploader.js").Ports["hasher"],
   *          sender: import("./sender.js").Sender, naming: import("./naming.js").Naming,
   *          tally: import("./tally.js").Tally, clock: import("./queue.js").Clock, hold: import("./hold.js").Hold,
   *          link: import("./hold.js").Link, signal: AbortSignal, stop: (error: unknown) => void}} ports
   */
  constructor({ session, hasher, sender, naming, tally, clock, hold, link, signal, stop }) {
    this.#session = session;
    this.#hasher = hasher;
    this.#naming = naming;
    this.#tally = tally;
    this.#clock = clock;
    this.#hold = hold;
    this.#link = link;
    this.#lanes = sender.lanes;
    this.#signal = signal;
    this.#stop = stop;
    const renew = async (/** @type {Item} */ item) => (await this.#presign([item])).length === 1;
    this.#files = new FileSender({ sender, tally, clock, renew });
    this.#parts = new PartsSender({ sender, tally, clock, renew, calls: session });
  }

  /** Ends when every file has an end; errors that end the run go to `stop`. */
  async run() {
    const queue = (/** @type {number} */ capacity) =>
      new BoundedQueue({ capacity, clock: this.#clock, signal: this.#signal });
    /** @type {BoundedQueue<Item>} */ const checked = queue(2 * this.#session.maxBatch);
    /** @type {BoundedQueue<Item>} */ const hashed = queue(HASHED_AHEAD);
    /** @type {BoundedQueue<Item>} */ const granted = queue(2 * MOST_GRANTS);
    /** @type {BoundedQueue<Item>} */ const sent = queue(SENT_AHEAD);
    /** @type {BoundedQueue<Item>} */ const failed = queue(SENT_AHEAD);
    this.#tally.onFailure = (item) => failed.put(item);
    const closing = (/** @type {BoundedQueue<Item>} */ next) => ({ done: () => next.close(), fail: this.#stop });
    await Promise.all([
      runStage(1, () => this.#measure(this.#tally.items, MEASURE_AHEAD_PAUSE_MS), { fail: this.#stop }),
      runStage(1, () => this.#checkAll(checked), closing(checked)),
      runStage(this.#hasher.parallel, () => this.#hash(checked, hashed), closing(hashed)),
      runStage(1, () => this.#grant(hashed, granted), closing(granted)),
      runStage(1, () => this.#send(granted, sent), closing(sent)),
      runStage(1, () => this.#confirm(sent), closing(failed)),
      runStage(1, () => this.#report(failed), { fail: this.#stop }),
    ]);
  }

  /** After a cancel: what had been sent by then is in the store, and deserves to be counted as proven. */
  async confirmWhatWasSent() {
    this.#tally.onFailure = async () => {};
    const sent = this.#tally.items.filter((item) => item.isSent && !item.status);
    const { maxBatch } = this.#session;
    try {
      for (let start = 0; start < sent.length; start += maxBatch) {
        const batch = await this.#unchanged(sent.slice(start, start + maxBatch));
        await this.#settleConfirmed(await this.#session.confirmAtLast(batch));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // unconfirmed files simply stay uncounted
    }
  }

  /**
   * Names and sizes first: what the portal refuses need not be read from the card.
   * @param {BoundedQueue<Item>} next
   */
  async #checkAll(next) {
    const { items } = this.#tally;
    const { maxBatch } = this.#session;
    for (let start = 0; start < items.length; start += maxBatch) {
      const batch = items.slice(start, start + maxBatch);
      await this.#measure(batch, 0);
      for (const item of await this.#check(await this.#withBytes(batch))) await next.put(item);
    }
  }

  /**
   * @param {Item[]} items
   * @param {number} pauseMs between slices
   */
  async #measure(items, pauseMs) {
    await measureAll(items, {
      pause: () => this.#clock.sleep(pauseMs, this.#signal),
      onSlice: (measured) => this.#tally.measured(measured),
    });
  }

  /**
   * @param {Item[]} batch
   * @returns {Promise<Item[]>} those that are not empty; the others are settled
   */
  async #withBytes(batch) {
    for (const item of batch) {
      if (item.size > 0) continue;
      if ((await whyNoBytes(item)) === "empty") this.#tally.leaveOut(item);
      else await this.#tally.fail(item, new FileError("file_unreadable"), "hash");
    }
    return batch.filter(({ status }) => !status);
  }

  /**
   * @param {Item[]} batch
   * @returns {Promise<Item[]>} those to go on with; the others are settled
   */
  async #check(batch) {
    if (!batch.length) return [];
    await this.#naming.keepFormerNames(batch, (asked) => this.#session.check(asked));
    const passed = [];
    const renamed = [];
    for (const [item, answer] of await this.#session.check(batch)) {
      if (answer.status === "conflict" && (await this.#naming.another(item))) {
        renamed.push(item);
        continue;
      }
      this.#tally.checked(item, answer.warnings ?? []);
      if (answer.status === "conflict" || answer.status === "refused") this.#tally.settle(item, answer);
      else passed.push(item);
    }
    return renamed.length ? [...passed, ...(await this.#check(renamed))] : passed;
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #hash(from, next) {
    for (let item = await from.take(); item; item = await from.take()) {
      try {
        await this.#read(item);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        await this.#tally.fail(item, error, "hash");
        continue;
      }
      this.#tally.hashed();
      await next.put(item);
    }
  }

  /** @param {Item} item */
  async #read(item) {
    const isLarge = item.size > this.#session.multipartAboveBytes;
    if (item.md5 && (!isLarge || (item.multipartMd5 && item.partMd5s))) return;
    const partBytes = isLarge ? this.#session.partBytes : 0;
    const { md5, multipartMd5, partMd5s, kept } = await this.#hasher.digest(item.file, { partBytes, signal: this.#signal });
    Object.assign(item, { md5, multipartMd5, partMd5s, kept });
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #grant(from, next) {
    let size = FIRST_GRANTS;
    for (;;) {
      await next.drainedTo(Math.floor(size / 2));
      await this.#hold.open(this.#signal); // or the URLs would grow old in the pause
      const perMs = this.#tally.sentFilesPerMs();
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
    const granted = [];
    const renamed = [];
    await this.#naming.keepFormerNames(batch, (asked) => this.#session.check(asked));
    for (const [item, answer] of await this.#session.presign(batch)) {
      if (answer.status === "granted") granted.push(item);
      else if (answer.status === "conflict" && (await this.#naming.another(item))) renamed.push(item);
      else this.#tally.settle(item, answer);
    }
    return renamed.length ? [...granted, ...(await this.#presign(renamed))] : granted;
  }

  /**
   * A file is taken when a lane is free for it, not before. Between two tries it waits outside the lanes, so that one
   * which the store will not have holds up no other.
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #send(from, next) {
    /** @type {Set<Promise<void>>} */ const underWay = new Set();
    for (;;) {
      if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
      await this.#lanes.enter(this.#signal);
      const item = await from.take();
      if (!item) break;
      if (item.upload) {
        this.#lanes.leave();
        if (await this.#parts.send(item)) await next.put(item); // one large file at a time, in all the lanes
        continue;
      }
      const task = this.#sendFile(item, next).catch(this.#stop);
      underWay.add(task);
      void task.then(() => underWay.delete(task));
    }
    this.#lanes.leave();
    await Promise.all(underWay);
  }

  /**
   * @param {Item} item
   * @param {BoundedQueue<Item>} next
   */
  async #sendFile(item, next) {
    if (await this.#files.send(item)) await next.put(item);
  }

  /** @param {BoundedQueue<Item>} from */
  async #confirm(from) {
    const options = { max: this.#session.maxBatch, min: CONFIRM_BATCH, lingerMs: CONFIRM_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      const unchanged = await this.#unchanged(batch);
      if (unchanged.length) await this.#settleConfirmed(await this.#session.confirm(unchanged));
    }
  }

  /**
   * What changed on the card while it was sent must not be proven in its name: the others.
   * @param {Item[]} batch
   */
  async #unchanged(batch) {
    const changed = await this.#hasher.changedSince(batch.map(({ file }) => file));
    for (const item of batch) {
      const error = changed.get(item.file);
      if (error) await this.#tally.fail(item, error, "confirm");
    }
    return batch.filter(({ file }) => !changed.has(file));
  }

  /** @param {[Item, import("./api.js").FileAnswer][]} pairs */
  async #settleConfirmed(pairs) {
    for (const [item, answer] of pairs) {
      if (answer.status === "missing" && item.doubt) await this.#tally.fail(item, item.doubt, "send");
      else this.#tally.settle(item, answer);
    }
  }

  /**
   * Tells the maintainers what could not be done. That this report fails must not fail the upload.
   * @param {BoundedQueue<Item>} from
   */
  async #report(from) {
    const options = { max: this.#session.maxBatch, min: this.#session.maxBatch, lingerMs: FAILURE_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      const link = this.#link.facts();
      const failures = batch.map((item) => this.#tally.failureReport(item, link));
      try {
        await this.#session.reportFailures(failures);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.#tally.unreported += failures.length;
      }
    }
  }
}
