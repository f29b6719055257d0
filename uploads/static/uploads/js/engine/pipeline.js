/**
 * The stages check -> hash -> grant -> send -> confirm, all at work at once, with bounded queues between them; and the
 * same once more for what an older program could still overwrite, when it cannot any more.
 *
 * Grants are asked for just in time: a batch is as large as what the link has lately sent in GRANT_AHEAD_MS, so
 * no URL grows old in a queue, however slow the link. Knows no DOM.
 */

import { Confirmer } from "./confirmer.js";
import { FileError } from "../lib/errors.js";
import { reportFailures } from "./failure-reports.js";
import { MOST_AT_ONCE } from "./concurrency.js";
import { measureAll, whyNoBytes } from "../selection/measure.js";
import { PartsSender } from "./parts.js";
import { BoundedQueue, runStage } from "../lib/queue.js";
import { Recall } from "./recall.js";
import { contradicts } from "../selection/sorting.js";
import { FileSender } from "./sender.js";

/** @typedef {import("./tally.js").Item} Item */

const HASHED_AHEAD = 1_000; // files
const SENT_AHEAD = 4_000; // files that wait for their confirmation; only names are held
const MOST_UNDER_WAY = 60; // files in slots or between two tries
const GRANT_AHEAD_MS = 20_000;
const FIRST_GRANTS = 20;
const FEWEST_GRANTS = 2 * MOST_AT_ONCE;
const MOST_GRANTS = 500;
const MEASURE_AHEAD_PAUSE_MS = 180; // between slices of 60 ms: the files under way come first

export class Pipeline {
  #session;
  #hasher;
  #dataType;
  #naming;
  #tally;
  #clock;
  #pauseGate;
  #link;
  #slots;
  #signal;
  #stop;
  #files;
  #parts;
  #waiting;
  #confirmer;
  #recall;

  /**
   * @param {{session: import("./session-calls.js").SessionCalls, dataType: string, hasher: import("./uploader.js").Ports["hasher"],
   *          sender: import("./sender.js").Sender, naming: import("./naming.js").Naming,
   *          tally: import("./tally.js").Tally, clock: import("../lib/queue.js").Clock, pauseGate: import("./pause-gate.js").PauseGate,
   *          link: import("./pause-gate.js").Link, waiting: import("./waiting.js").Waiting, random: () => number,
   *          signal: AbortSignal, stop: (error: unknown) => void, onDifference: () => void}} ports
   */
  constructor({ session, dataType, hasher, sender, naming, tally, clock, pauseGate, link, waiting, random, signal, stop, onDifference }) {
    this.#session = session;
    this.#hasher = hasher;
    this.#dataType = dataType;
    this.#naming = naming;
    this.#tally = tally;
    this.#clock = clock;
    this.#pauseGate = pauseGate;
    this.#link = link;
    this.#slots = sender.slots;
    this.#signal = signal;
    this.#stop = stop;
    this.#waiting = waiting;
    this.#confirmer = new Confirmer({ session, hasher, tally, waiting });
    this.#recall = new Recall({
      random,
      nowMs: clock.wall(),
      pieces: (file, of) => hasher.pieces(file, of),
      onDifference: () => {
        this.#readAfterAll();
        onDifference();
      },
    });
    const renew = async (/** @type {Item} */ item) => (await this.#presign([item])).length === 1;
    this.#files = new FileSender({ sender, tally, clock, renew });
    this.#parts = new PartsSender({ sender, tally, clock, renew, calls: session });
  }

  /** Ends when every file has an end; errors that end the run go to `stop`. */
  async run() {
    await this.#round(this.#tally.items, { isFirst: true });
    while (!this.#signal.aborted) {
      const due = await this.#waiting.next(this.#signal);
      if (!due.length) return;
      await this.#round(due, { isFirst: false });
    }
  }

  /** After a cancel. */
  async confirmWhatWasSent() {
    await this.#confirmer.atLast();
  }

  /**
   * @param {Item[]} items
   * @param {{isFirst: boolean}} options
   */
  async #round(items, { isFirst }) {
    const queue = (/** @type {number} */ capacity) =>
      new BoundedQueue({ capacity, clock: this.#clock, signal: this.#signal });
    const toConfirm = isFirst ? [] : items.filter(({ wait }) => wait?.step === "confirm");
    /** @type {BoundedQueue<Item>} */ const checked = queue(2 * this.#session.maxBatch);
    /** @type {BoundedQueue<Item>} */ const hashed = queue(HASHED_AHEAD);
    /** @type {BoundedQueue<Item>} */ const granted = queue(2 * MOST_GRANTS);
    /** @type {BoundedQueue<Item>} */ const sent = queue(SENT_AHEAD + toConfirm.length);
    /** @type {BoundedQueue<Item>} */ const failed = queue(SENT_AHEAD);
    this.#tally.onFailure = (item) => failed.put(item);
    for (const item of toConfirm) await sent.put(item);
    const toGrant = async () => {
      for (const item of items) if (item.wait?.step !== "confirm") await checked.put(item);
    };
    const closing = (/** @type {BoundedQueue<Item>} */ next) => ({ done: () => next.close(), fail: this.#stop });
    await Promise.all([
      runStage(1, () => this.#measure(items, MEASURE_AHEAD_PAUSE_MS), { fail: this.#stop }),
      runStage(1, () => (isFirst ? this.#checkAll(checked) : toGrant()), closing(checked)),
      runStage(this.#hasher.parallel, () => this.#hash(checked, hashed), closing(hashed)),
      runStage(1, () => this.#grant(hashed, granted), closing(granted)),
      runStage(1, () => this.#send(granted, sent), closing(sent)),
      runStage(1, () => this.#confirmer.run(sent), closing(failed)),
      runStage(1, () => reportFailures(failed, { session: this.#session, tally: this.#tally, link: this.#link }), { fail: this.#stop }),
    ]);
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
      const { status } = answer;
      item.isAtStore = status !== "new" && status !== "unsettled";
      if (status === "unsettled") this.#waiting.postpone(item, answer, "check");
      if (status === "conflict" || status === "refused") this.#tally.settle(item, answer);
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
    if (item.md5 && (!isLarge || (item.multipartMd5 && item.partMd5s))) {
      // Read before, to compare namesakes; in another round it was looked at already.
      return item.said ? undefined : this.#judge(item, await this.#hasher.said(item.file));
    }
    const recalled = await this.#recall.sumsFor(item, this.#signal);
    if (recalled && (!isLarge || recalled.multipartMd5)) {
      Object.assign(item, recalled, { isRecalled: true });
      return this.#judge(item, await this.#hasher.said(item.file));
    }
    const partBytes = isLarge ? this.#session.partBytes : 0;
    const digest = await this.#hasher.digest(item.file, { partBytes, signal: this.#signal });
    Object.assign(item, digest);
    this.#recall.compare(item, digest.md5);
    this.#judge(item, digest.said);
  }

  /**
   * @param {Item} item
   * @param {import("../selection/sorting.js").Said} said by its content
   */
  #judge(item, said) {
    item.said = said;
    if (contradicts(said.dataType, this.#dataType)) throw new FileError("other_type");
  }

  /**
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #grant(from, next) {
    let size = FIRST_GRANTS;
    for (;;) {
      await next.drainedTo(Math.floor(size / 2));
      await this.#pauseGate.open(this.#signal); // or the URLs would grow old in the pause
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
      const { status } = answer;
      this.#tally.unsettled.delete(item);
      if (status === "unsettled") this.#waiting.postpone(item, answer, "grant");
      // What was recalled can at most say that a file was stored before.
      else if (item.isRecalled && !(status === "stored" && this.#recall.isTrusted)) this.#waiting.reopen(item);
      else if (status === "granted") granted.push(item);
      else if (status === "conflict" && (await this.#naming.another(item))) renamed.push(item);
      else this.#tally.settle(item, answer);
    }
    return renamed.length ? [...granted, ...(await this.#presign(renamed))] : granted;
  }

  /**
   * A file is taken when a slot is free for it, not before. Between two tries it waits outside the slots, so that one
   * which the store will not have holds up no other.
   * @param {BoundedQueue<Item>} from
   * @param {BoundedQueue<Item>} next
   */
  async #send(from, next) {
    /** @type {Set<Promise<void>>} */ const underWay = new Set();
    for (;;) {
      if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
      await this.#slots.enter(this.#signal);
      const item = await from.take();
      if (!item) break;
      if (item.upload) {
        this.#slots.leave();
        if (await this.#parts.send(item)) await next.put(item); // one large file at a time, in all the slots
        continue;
      }
      const task = this.#sendFile(item, next).catch(this.#stop);
      underWay.add(task);
      void task.then(() => underWay.delete(task));
    }
    this.#slots.leave();
    await Promise.all(underWay);
  }

  /**
   * @param {Item} item
   * @param {BoundedQueue<Item>} next
   */
  async #sendFile(item, next) {
    if (await this.#files.send(item)) await next.put(item);
  }

  /** One of the recalled checksums was another card's: the files of all that were taken for stored are read. */
  #readAfterAll() {
    for (const item of this.#tally.items) {
      if (item.isRecalled && (item.status === "stored" || this.#tally.unsettled.has(item))) this.#waiting.reopen(item);
    }
  }
}
