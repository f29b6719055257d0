/** The portal's calls within one session, each with its retries, and paired with the files asked about. Knows no DOM. */

import { paired } from "../portal/api.js";
import { ApiError } from "../lib/errors.js";
import { MAX_BATCH_FILES } from "../lib/shared.js";
import { withRetries } from "../portal/retry.js";
import { momentOf, signedUrl } from "../portal/signed-url.js";

/**
 * @typedef {import("../portal/api.js").PortalApi} PortalApi
 * @typedef {import("../portal/api.js").FileAnswer} FileAnswer
 * @typedef {import("../portal/api-types.js").Session} Session
 * @typedef {import("./tally.js").Item} Item
 */

const WIND_DOWN_TRIES = 2; // after a cancel: one look at what had been sent, not a long wait

export class SessionCalls {
  id = 0;
  maxBatch = MAX_BATCH_FILES;
  /** Larger files go in parts. */ multipartAboveBytes = Infinity;
  partBytes = 0;
  #api;
  #clock;
  #random;
  #signal;
  #pauseGate;
  #tally;

  /**
   * @param {{api: PortalApi, clock: import("../lib/queue.js").Clock, random: () => number, signal: AbortSignal,
   *          pauseGate: import("./pause-gate.js").PauseGate, tally: import("./tally.js").Tally}} ports
   */
  constructor({ api, clock, random, signal, pauseGate, tally }) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.#pauseGate = pauseGate;
    this.#tally = tally;
  }

  /**
   * Goes on with the session `known`, or opens one where that is not to be had any more.
   * @param {import("./uploader.js").Target} target
   * @param {{files: number, bytes: number|null}} declared
   * @param {number} [known]
   */
  async open(target, declared, known) {
    const session = (known && (await this.#openOne(target, known))) || (await this.#newOne(target, declared));
    this.id = session.id;
    this.maxBatch = session.max_batch;
    this.multipartAboveBytes = session.multipart_above_bytes ?? Infinity;
    this.partBytes = session.part_size_bytes ?? 0;
  }

  /**
   * @param {import("./uploader.js").Target} target
   * @param {number} known
   * @returns {Promise<Session|null>}
   */
  async #openOne({ deployment, data_type: dataType }, known) {
    try {
      const session = await this.#call((s) => this.#api.sessionOf(known, s));
      const fits = session.deployment === deployment && session.data_type === dataType;
      return fits && session.finished_at === null ? session : null;
    } catch (error) {
      if (error instanceof ApiError && error.httpStatus === 404) return null;
      throw error;
    }
  }

  /**
   * @param {import("./uploader.js").Target} target
   * @param {{files: number, bytes: number|null}} declared
   */
  #newOne(target, declared) {
    return this.#call((s) => this.#api.openSession({ ...target, ...declared }, s));
  }

  /**
   * @template {{name: string, size: number}} Asked
   * @param {Asked[]} batch
   */
  async check(batch) {
    const asked = batch.map(({ name, size }) => ({ name, size }));
    return paired(batch, await this.#call((s) => this.#api.check(this.id, asked, s)));
  }

  /**
   * Notes the URL, or the upload in parts, on each item that is granted one.
   * @param {Item[]} batch
   */
  async presign(batch) {
    const asked = batch.map(({ name, size, md5, multipartMd5, path, said }) => {
      const file = said?.damage ? { name, size, md5, path, damage: said.damage } : { name, size, md5, path };
      return multipartMd5 && size > this.multipartAboveBytes ? { ...file, multipart_md5: multipartMd5 } : file;
    });
    const { answer: answers, grantOf } = await this.#signing((s) => this.#api.presign(this.id, asked, s));
    const pairs = paired(batch, answers);
    for (const [item, answer] of pairs) {
      if (answer.status !== "granted") continue;
      item.upload = answer.upload ?? null;
      item.grant = answer.upload ? null : grantOf(answer);
    }
    return pairs;
  }

  /** @param {Item[]} batch */
  async confirm(batch) {
    const names = batch.map(({ name }) => name);
    return paired(batch, await this.#call((s) => this.#api.confirm(this.id, names, s)));
  }

  /**
   * The same after a cancel.
   * @param {Item[]} batch
   */
  async confirmAtLast(batch) {
    const { signal } = new AbortController();
    const names = batch.map(({ name }) => name);
    const ports = { clock: this.#clock, random: this.#random, signal, maxTries: WIND_DOWN_TRIES, patienceMs: 0 };
    return paired(batch, await withRetries(() => this.#api.confirm(this.id, names, signal), ports));
  }

  /** @param {object[]} failures */
  reportFailures(failures) {
    return this.#call((s) => this.#api.reportFailures(this.id, failures, s));
  }

  /** @param {{files: number, bytes: number}} selected */
  finish(selected) {
    return this.#call((s) => this.#api.finish(this.id, selected, s));
  }

  /** Its verdict by now. */
  again() {
    return this.#call((s) => this.#api.sessionOf(this.id, s));
  }

  /** @type {import("./parts.js").PartCalls["parts"]} */
  parts(upload) {
    return this.#call((s) => this.#api.parts(this.id, upload, s));
  }

  /** @type {import("./parts.js").PartCalls["signPart"]} */
  async signPart(upload, part) {
    const { answer, grantOf } = await this.#signing((s) => this.#api.signParts(this.id, upload, [part], s));
    return grantOf(answer[0]);
  }

  /** @type {import("./parts.js").PartCalls["complete"]} */
  complete(upload) {
    return this.#call((s) => this.#api.complete(this.id, upload, s));
  }

  /**
   * What it answers, and what makes grants of that: their lives count from the try that was answered.
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} task
   */
  async #signing(task) {
    let asked = momentOf(this.#clock);
    const answer = await this.#call((s) => {
      asked = momentOf(this.#clock);
      return task(s);
    });
    const grantOf = (/** @type {Partial<import("../portal/api.js").Grant>} */ { url = "", headers = {}, goodForMs = null }) =>
      signedUrl({ url, headers, goodForMs }, asked, this.#clock);
    return { answer, grantOf };
  }

  /**
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} task
   * @returns {Promise<T>}
   */
  #call(task) {
    const signal = this.#signal;
    return withRetries(() => task(signal), {
      clock: this.#clock,
      random: this.#random,
      signal,
      ready: () => this.#pauseGate.online(signal),
      excuse: () => this.#pauseGate.isOffline,
      onRetry: (_error, waitMs) => {
        this.#tally.retries += 1;
        this.#tally.portalAwayUntil = this.#clock.now() + waitMs;
      },
    });
  }
}
