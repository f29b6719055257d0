/** The engine as the page sees it: one upload of one selection. It knows no DOM; what touches the world is injected. */

import { PauseGate, UnknownLink } from "./pause-gate.js";
import { ConcurrencyLimiter } from "./concurrency.js";
import { Naming } from "./naming.js";
import { Pipeline } from "./pipeline.js";
import { Sender } from "./sender.js";
import { SessionCalls } from "./session-calls.js";
import { Tally } from "./tally.js";
import { Throttle } from "./throttle.js";
import { Waiting } from "./waiting.js";

/**
 * @typedef {import("../lib/queue.js").Clock} Clock
 * @typedef {import("./tally.js").Item} Item
 * @typedef {import("./tally.js").Outcome} Outcome
 *
 * @typedef {object} Target
 * @property {string} deployment its id
 * @property {string} data_type
 * @property {string} uploader_name
 * @property {string} client program and version
 * @property {string} [season_reason] why files from outside the season go there
 *
 * @typedef {object} WakeLock keeps the computer awake
 * @property {() => void} hold
 * @property {() => void} release
 *
 * @typedef {object} Ports
 * @property {import("../portal/api.js").PortalApi} api
 * @property {import("./sender.js").Transport} transport
 * @property {{parallel: number, digest: (file: File, options: {partBytes: number, signal: AbortSignal}) =>
 *             Promise<import("./hasher.js").Digest>,
 *           pieces: (file: File, signal: AbortSignal) => Promise<string>,
 *           said: (file: File) => Promise<import("../selection/sorting.js").Said>,
 *             changedSince: (files: File[]) => Promise<Map<Blob, import("../lib/errors.js").FileError>>}} hasher reads the card
 * @property {Clock} clock
 * @property {() => number} [random]
 * @property {import("./pause-gate.js").Link} [link]
 * @property {WakeLock} [wakeLock]
 * @property {import("./naming.js").Rename} [rename] asked when a key holds other content
 * @property {(sessionId: number) => void} [onSession] told as soon as the session is known
 * @property {() => void} [onDifference] what an earlier run knew of the files is another card's
 *
 * @typedef {"running"|"paused"|"offline"|"away"|"waiting"} State `waiting`: nothing is left to do but what an older
 *   program could still undo
 */

const COMPARING_PAUSE_MS = 5_000;
const VERDICT_PATIENCE_MS = 3_600_000; // for the portal's comparing, once its time has come

export class Uploader {
  #ports;
  #stop = new AbortController();
  #pauseGate;
  #throttle;
  #sender;
  #session;
  #sessionId;
  #pipeline;
  #waiting;

  /**
   * @param {{target: Target, items: Item[], declaredFiles: number, ports: Ports, sessionId?: number}} job
   *   `declaredFiles` counts what the person chose as data: `items` and whatever of theirs had to be left out for its
   *   name. `sessionId`: an open session of the same place to go on with; where it is not to be had any more, a new
   *   one is opened.
   */
  constructor({ target, items, declaredFiles, ports, sessionId }) {
    const { clock, random = Math.random, link = new UnknownLink(), rename = () => null } = ports;
    const { signal } = this.#stop;
    this.target = target;
    this.declaredFiles = declaredFiles;
    this.tally = new Tally(items);
    this.#ports = ports;
    this.#sessionId = sessionId;
    this.#pauseGate = new PauseGate({ link, onChange: () => this.#keepAwake() });
    this.#throttle = new Throttle({ clock });
    const common = { clock, random, signal, pauseGate: this.#pauseGate, tally: this.tally };
    this.#session = new SessionCalls({ ...common, api: ports.api });
    this.#sender = new Sender({
      ...common,
      transport: ports.transport,
      slots: new ConcurrencyLimiter({ clock }),
      throttle: this.#throttle,
    });
    this.#waiting = new Waiting({ tally: this.tally, clock, random });
    this.#pipeline = new Pipeline({
      ...common,
      link,
      waiting: this.#waiting,
      onDifference: ports.onDifference ?? (() => {}),
      hasher: ports.hasher,
      dataType: target.data_type,
      session: this.#session,
      sender: this.#sender,
      naming: new Naming(items, rename),
      stop: (error) => this.#stop.abort(error),
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
    const unwatch = this.#pauseGate.watch();
    this.#keepAwake();
    try {
      const { total, unmeasured } = this.tally;
      const declared = { files: this.declaredFiles, bytes: unmeasured ? null : total.bytes };
      await this.#session.open(this.target, declared, this.#sessionId);
      this.#ports.onSession?.(this.#session.id);
      await this.#pipeline.run();
      this.#stop.signal.throwIfAborted();
      return this.#outcome({ end: "finished", receipt: await this.#finish() });
    } catch (error) {
      if (signal.aborted) {
        await this.#pipeline.confirmWhatWasSent();
        return this.#outcome({ end: "cancelled" });
      }
      const cause = this.#stop.signal.aborted ? this.#stop.signal.reason : error;
      return this.#outcome({ end: "stopped", error: cause });
    } finally {
      unwatch();
      this.#ports.wakeLock?.release();
      for (const { kept } of this.tally.items) kept?.drop();
    }
  }

  /** Nothing more is sent until `resume`; what was under way is sent again then, and no try is lost. */
  pause() {
    this.#pauseGate.pause(true);
  }

  resume() {
    this.#pauseGate.pause(false);
  }

  /** @returns {State} */
  get state() {
    if (this.#pauseGate.isPaused) return "paused";
    if (this.#pauseGate.isOffline) return "offline";
    if (this.away) return "away";
    return this.#waiting.until === null ? "running" : "waiting";
  }

  /** @returns {string|null} ISO; until when it waits, if it waits for older programs alone */
  get waitsUntil() {
    return this.#waiting.until;
  }

  /** Who does not answer at present, if anybody: a person who watches should be told. */
  get away() {
    if (this.tally.portalAwayUntil > this.#ports.clock.now()) return "portal";
    return this.#sender.gate.isClosed ? "store" : null;
  }

  /** @returns {number|null} null for no limit; may be changed while it runs */
  get limitBytesPerS() {
    return this.#throttle.bytesPerS;
  }

  set limitBytesPerS(limit) {
    this.#throttle.bytesPerS = limit;
  }

  /** What the person chose as data, now that it is known which files are none. */
  get #selected() {
    return { files: this.declaredFiles - this.tally.empty.length, bytes: this.tally.total.bytes };
  }

  /**
   * What was proven long ago the portal looks at once more, some at each call. And where nothing but an older program's
   * URL stands in the way, its verdict turns by itself: it is asked again.
   */
  async #finish() {
    const { clock } = this.#ports;
    const { signal } = this.#stop;
    /** @type {import("../portal/api-types.js").Verdict} */ let verdict = await this.#session.finish(this.#selected);
    for (let left = verdict.comparing ?? 0; left; left = verdict.comparing ?? 0) {
      verdict = await this.#session.finish(this.#selected);
      if ((verdict.comparing ?? 0) >= left) await clock.sleep(COMPARING_PAUSE_MS, signal);
    }
    for (let patientUntil = Infinity; verdict.unsettled && !this.tally.notStored.length && clock.now() < patientUntil; ) {
      const { waitMs = 0 } = verdict;
      if (waitMs <= 0 && patientUntil === Infinity) patientUntil = clock.now() + VERDICT_PATIENCE_MS;
      await this.#waiting.forVerdict(verdict, signal);
      verdict = await this.#session.again();
    }
    return verdict;
  }

  #keepAwake() {
    if (this.#pauseGate.isPaused) this.#ports.wakeLock?.release();
    else this.#ports.wakeLock?.hold();
  }

  /** @param {{end: Outcome["end"], error?: unknown, receipt?: import("../portal/api-types.js").Verdict}} how */
  #outcome(how) {
    return this.tally.outcome({ ...how, sessionId: this.#session.id, declaredFiles: this.#selected.files });
  }
}
