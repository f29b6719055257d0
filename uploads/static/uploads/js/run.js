/** One run of the engine on this page: what it is given, what is written down meanwhile, and what is shown at its end. */

import { nextName } from "./collisions.js";
import { receiptUrl } from "./config.js";
import { FileError } from "./errors.js";
import { SumsKeeper, sumsOf } from "./journal.js";
import { browserLink } from "./link.js";
import { systemClock } from "./queue.js";
import { whereOf } from "./review-view.js";
import { RunningView } from "./running-view.js";
import { noteEmpty, sendingOf } from "./selection.js";
import { newItem } from "./tally.js";
import { Uploader } from "./uploader.js";
import { showVerdict } from "./verdict-view.js";
import { browserWakeLock } from "./wake-lock.js";

/**
 * @typedef {import("./review-view.js").Place & {uploaderName: string}} Target
 * @typedef {import("./offers.js").Resumed} Resumed
 * @typedef {import("./tally.js").Item} Item
 *
 * @typedef {object} Job
 * @property {Target} target
 * @property {import("./selection.js").Plan} plan
 * @property {import("./selection.js").Sending} sending
 * @property {import("./selection.js").Choice|null} choice
 * @property {string} reason
 * @property {string} folder
 * @property {FileSystemDirectoryHandle|null} handle
 * @property {number} scanned files of any kind in the folder
 * @property {Resumed|null} resumed
 */

const KEEP_EVERY_MS = 2_000;

export class UploadRun {
  #api;
  #hasher;
  #journal;
  #config;
  #actions;

  /**
   * @param {{api: import("./api.js").Api, hasher: import("./hasher.js").Hasher, journal: import("./journal.js").Journal,
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
   * @returns {Promise<Resumed|null>} how to go on with it, null when nothing is left to do
   */
  async go(job) {
    const { target, plan, choice } = job;
    let { sending } = job;
    const journalId = await this.#begin(job);
    const items = sending.files.map(({ entry, name, formerName }) => newItem({ ...entry, name, formerName }));
    const cancel = new AbortController();
    const uploader = this.#uploader(job, items, journalId, cancel.signal);
    const where = whereOf(target);
    const view = new RunningView(uploader, { where, onCancel: () => cancel.abort() });
    const stopKeeping = this.#keep(journalId, uploader);
    addEventListener("beforeunload", warnBeforeLeaving);
    view.start();
    const outcome = await uploader.run(cancel.signal);
    view.stop();
    removeEventListener("beforeunload", warnBeforeLeaving);
    await stopKeeping();
    // Another run need not read them again.
    for (const [index, item] of items.entries()) {
      const { size, lastModified } = item;
      Object.assign(sending.files[index].entry, { size, lastModified }, sumsOf(item));
    }
    if (uploader.tally.empty.length) {
      noteEmpty(plan, new Set(uploader.tally.empty.map(({ path }) => path)));
      sending = sendingOf(plan, choice);
    }
    const receipt = receiptUrl(this.#config, outcome.sessionId);
    this.#show({ outcome, plan, sending, choice, tally: uploader.tally, where, receiptUrl: receipt });
    if (outcome.safeToWipe) {
      await this.#journal.forget(journalId);
      return null;
    }
    const sessionId = outcome.end === "finished" || !outcome.sessionId ? null : outcome.sessionId;
    await this.#journal.note(journalId, { sessionId });
    return { ...this.#record({ ...job, sending }), journalId, sessionId };
  }

  /** @param {import("./verdict-view.js").Run} run */
  #show(run) {
    const onChoice = (/** @type {import("./selection.js").Choice} */ choice) => {
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
   * @param {AbortSignal} signal
   */
  #uploader({ target, sending, choice, reason, resumed }, items, journalId, signal) {
    const names = new Set(items.map(({ name }) => name));
    const isTaken = (/** @type {string} */ name) => names.has(name);
    /** @type {import("./naming.js").Rename} */
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
   * @returns {() => Promise<void>} ends it, with a last entry
   */
  #keep(journalId, { tally }) {
    if (journalId === null) return async () => {};
    const sums = new SumsKeeper(this.#journal, journalId, tally.items);
    let writing = Promise.resolve();
    const write = async () => {
      await sums.sweep();
      await this.#journal.note(journalId, { safe: tally.counts.verified + tally.counts.stored });
    };
    const timer = setInterval(() => (writing = writing.then(write)), KEEP_EVERY_MS);
    return async () => {
      clearInterval(timer);
      await writing.then(write);
    };
  }
}

/** @param {BeforeUnloadEvent} event */
function warnBeforeLeaving(event) {
  event.preventDefault();
}
