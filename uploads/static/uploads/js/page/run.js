/** One run of the engine on this page: what it is given, what is written down meanwhile, and what is shown at its end. */

import { untilOf } from "../portal/answer-times.js";
import { nextName } from "../selection/collisions.js";
import { receiptUrl } from "./config.js";
import { FileError } from "../lib/errors.js";
import { SumsKeeper, sumsOf } from "../selection/journal.js";
import { browserLink } from "./link.js";
import { systemClock } from "../lib/queue.js";
import { whereOf } from "./review-view.js";
import { RunningView } from "./running-view.js";
import { noteEmpty, sendingOf } from "../selection/selection.js";
import { newItem } from "../engine/tally.js";
import { Uploader } from "../engine/uploader.js";
import { showVerdict } from "./verdict-view.js";
import { browserWakeLock } from "./wake-lock.js";

/**
 * @typedef {import("./review-view.js").Place & {uploaderName: string}} Target
 * @typedef {import("./offers.js").Resumed} Resumed
 * @typedef {import("../engine/tally.js").Item} Item
 *
 * @typedef {object} Job
 * @property {Target} target
 * @property {import("../selection/selection.js").Plan} plan
 * @property {import("../selection/selection.js").Sending} sending
 * @property {import("../selection/selection.js").Choice|null} choice
 * @property {string} reason
 * @property {string} folder
 * @property {FileSystemDirectoryHandle|null} handle
 * @property {number} scanned files of any kind in the folder
 * @property {Resumed|null} resumed
 * @property {() => Promise<Pick<import("./verdict-view.js").Run, "others"|"doneFiles">>} others asked at the end: what else the
 *   card holds
 */

const KEEP_EVERY_MS = 2_000;

export class UploadRun {
  #api;
  #hasher;
  #journal;
  #config;
  #actions;

  /**
   * @param {{api: import("../portal/api.js").Api, hasher: import("../engine/hasher.js").Hasher, journal: import("../selection/journal.js").Journal,
   *          config: import("./config.js").Config, actions: import("./verdict-view.js").Actions}} parts
   */
  constructor({ api, hasher, journal, config, actions }) {
    this.#api = api;
    this.#hasher = hasher;
    this.#journal = journal;
    this.#config = config;
    this.#actions = actions;
  }

  /**
   * @param {Job} job
   * @returns {Promise<{resumed: Resumed|null, stored: number}>} how to go on with it, null when nothing is left to do; files that
   *   are stored and proven
   */
  async go(job) {
    const { target, plan, choice } = job;
    let { sending } = job;
    const journalId = await this.#begin(job);
    const items = sending.files.map(({ entry, name, formerName }) => newItem({ ...entry, name, formerName }));
    const cancel = new AbortController();
    const uploader = this.#uploader(job, items, journalId, { signal: cancel.signal, onDifference: () => keeping.forget() });
    const keeping = this.#keep(journalId, uploader);
    const where = whereOf(target);
    const view = new RunningView(uploader, { where, onCancel: () => cancel.abort() });
    addEventListener("beforeunload", warnBeforeLeaving);
    view.start();
    const outcome = await uploader.run(cancel.signal);
    view.stop();
    removeEventListener("beforeunload", warnBeforeLeaving);
    await keeping.stop();
    // Another run may recall what was read in this one, and proves it; the checksums themselves end here.
    for (const [index, item] of items.entries()) {
      const { size, lastModified, isRecalled } = item;
      const recalled = item.md5 && !isRecalled ? sumsOf(item) : undefined;
      const forgotten = { md5: undefined, multipartMd5: undefined, partMd5s: undefined };
      Object.assign(sending.files[index].entry, { size, lastModified, recalled, ...forgotten });
    }
    if (uploader.tally.empty.length) {
      noteEmpty(plan, new Set(uploader.tally.empty.map(({ path }) => path)));
      sending = sendingOf(plan, choice);
    }
    const receipt = receiptUrl(this.#config, outcome.sessionId);
    const { others, doneFiles } = await job.others();
    const taken = target.deployment.bucket.data_types;
    this.#show({ outcome, plan, sending, choice, tally: uploader.tally, where, receiptUrl: receipt, others, taken, doneFiles });
    const stored = outcome.verified + outcome.stored;
    if (outcome.safeToWipe) {
      await this.#journal.forget(journalId);
      return { resumed: null, stored };
    }
    const isOver = outcome.end === "finished";
    if (isOver) await this.#journal.forgetSums(journalId);
    // A finished one whose verdict may still turn is asked about by its number.
    const mayTurn = isOver && Boolean(outcome.receipt?.unsettled);
    const sessionId = (isOver && !mayTurn) || !outcome.sessionId ? null : outcome.sessionId;
    await this.#journal.note(journalId, { sessionId });
    return { resumed: { ...this.#record({ ...job, sending }), journalId, sessionId }, stored };
  }

  /** @param {import("./verdict-view.js").Run} run */
  #show(run) {
    const onChoice = (/** @type {import("../selection/selection.js").Choice} */ choice) => {
      this.#actions.onChoice(choice);
      if (choice === "leave-out") this.#show({ ...run, choice });
    };
    showVerdict(run, { ...this.#actions, onChoice });
  }

  /** @param {Job} job */
  #record({ target: { deployment, dataType, uploaderName }, sending, choice, reason, folder, handle, scanned }) {
    return {
      account: this.#config.account,
      deployment: deployment.deployment_id,
      place: deployment.location_name,
      dataType, uploaderName, folder, handle, scanned, choice, reason,
      files: sending.declaredFiles,
    };
  }

  /**
   * Written before anything is sent.
   * @param {Job} job
   * @returns {Promise<number|null>}
   */
  async #begin(job) {
    const { resumed } = job;
    const record = this.#record(job);
    if (resumed?.journalId) {
      await this.#journal.note(resumed.journalId, record);
      return resumed.journalId;
    }
    return this.#journal.begin({ ...record, sessionId: resumed?.sessionId ?? null, safe: 0, startedAt: Date.now() });
  }

  /**
   * @param {Job} job
   * @param {Item[]} items
   * @param {number|null} journalId
   * @param {{signal: AbortSignal, onDifference: () => void}} more
   */
  #uploader({ target, sending, choice, reason, resumed }, items, journalId, { signal, onDifference }) {
    const names = new Set(items.map(({ name }) => name));
    const isTaken = (/** @type {string} */ name) => names.has(name);
    /** @type {import("../engine/naming.js").Rename} */
    const rename = async (item) => {
      if (choice !== "folder") return null;
      const next = nextName(item, isTaken) ?? ((await this.#isReadNow(item, signal)) ? nextName(item, isTaken) : null);
      if (next) names.add(next.name);
      return next;
    };
    return new Uploader({
      target: {
        deployment: target.deployment.deployment_id,
        data_type: target.dataType,
        uploader_name: target.uploaderName,
        client: this.#config.client,
        season_reason: reason,
      },
      items,
      declaredFiles: sending.declaredFiles,
      // A session keeps the reason that it was opened with.
      sessionId: resumed?.reason === reason ? (resumed.sessionId ?? undefined) : undefined,
      ports: {
        api: this.#api,
        transport: this.#hasher.transport,
        hasher: this.#hasher,
        clock: systemClock,
        link: browserLink,
        wakeLock: browserWakeLock(),
        rename,
        onDifference,
        onSession: (sessionId) => void this.#journal.note(journalId, { sessionId }),
      },
    });
  }

  /**
   * Reads the file for the name that is made of its content.
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  async #isReadNow(item, signal) {
    if (item.md5) return false;
    try {
      item.md5 = await this.#hasher.md5(item.file, signal);
    } catch (error) {
      if (!(error instanceof FileError)) throw error; // its turn to fail comes
      return false;
    }
    return true;
  }

  /**
   * Writes down, time and again, which checksums are known and how far it came.
   * @param {number|null} journalId
   * @param {Uploader} uploader
   * @returns {{stop: () => Promise<void>, forget: () => void}} `stop` ends it, with a last entry; `forget`: the checksums
   *   that an earlier run wrote down
   */
  #keep(journalId, { tally }) {
    if (journalId === null) return { stop: async () => {}, forget: () => {} };
    const sums = new SumsKeeper(this.#journal, journalId, tally.items);
    let writing = Promise.resolve();
    const write = async () => {
      await sums.sweep();
      const safe = tally.counts.verified + tally.counts.stored;
      await this.#journal.note(journalId, { safe, unsettled: tally.unsettled.size, unsettledUntil: untilOf(tally.unsettled) });
    };
    const forget = async () => {
      await this.#journal.forgetSums(journalId);
      sums.restart();
    };
    const timer = setInterval(() => (writing = writing.then(write)), KEEP_EVERY_MS);
    return {
      stop: async () => {
        clearInterval(timer);
        await writing.then(write);
      },
      forget: () => void (writing = writing.then(forget)),
    };
  }
}

/** @param {BeforeUnloadEvent} event */
function warnBeforeLeaving(event) {
  event.preventDefault();
}
