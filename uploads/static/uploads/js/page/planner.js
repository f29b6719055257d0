/** Sorts the chosen files whenever they, the place or the data type change. Used by the upload and by the check of a card. */

import { pause } from "./dom.js";
import { FileError } from "../lib/errors.js";
import { measureAll, whyNoBytes } from "../selection/measure.js";
import { t } from "../text/messages.js";
import { timesOf } from "../selection/season.js";
import { measurePlan, planOf, sendingOf } from "../selection/selection.js";

/** @typedef {import("../selection/scan.js").Scan} Scan */

// Some thousands of picked files; who chose more need not wait for it.
const MEASURED_AT_ONCE_MS = 2_000;

export class Planner {
  /** @type {import("../selection/selection.js").Plan|null} */ plan = null;
  /** @type {import("../selection/season.js").Times|null} */ times = null;
  /** @type {Scan|null} */ #scan = null;
  /** @type {readonly string[]|null} */ #extensions = null;
  #planning = new AbortController();
  #hasher;
  #say;
  #onChange;
  #onMeasured;

  /**
   * @param {{hasher: import("../engine/hasher.js").Hasher, say: (text: string|null) => void, onChange: () => void,
   *          onMeasured?: () => void}} parts `onChange`: there is a plan, or none any more. With `onMeasured` a plan may
   *   come before all its sizes are known; once they are, it is told so.
   */
  constructor({ hasher, say, onChange, onMeasured }) {
    this.#hasher = hasher;
    this.#say = say;
    this.#onChange = onChange;
    this.#onMeasured = onMeasured;
  }

  /** The chosen folder's name, for people. */
  get folder() {
    return this.#scan ? rootOf(this.#scan) : "";
  }

  /** Files of any kind in what was chosen. */
  get scanned() {
    return this.#scan?.entries.length ?? 0;
  }

  /** @param {Scan} scan */
  async take(scan) {
    this.#scan = scan;
    await this.#sort();
  }

  /** @param {readonly string[]|null} extensions wanted ones; null while place or data type are not chosen */
  async sortFor(extensions) {
    this.#extensions = extensions;
    await this.#sort();
  }

  clear() {
    this.#planning.abort();
    this.#scan = this.plan = this.times = null;
    this.#onChange();
  }

  /** The plan stays as it is: whoever works on it measures what he needs. */
  stopMeasuring() {
    this.#planning.abort();
  }

  /** @param {import("../selection/selection.js").Choice|null} choice */
  sending(choice) {
    if (!this.plan) throw new Error("asked before it was sorted");
    return sendingOf(this.plan, choice);
  }

  async #sort() {
    this.#planning.abort();
    const { signal } = (this.#planning = new AbortController());
    this.plan = this.times = null;
    this.#onChange();
    if (!this.#scan || !this.#extensions) return;
    this.#say(t("files.planning"));
    const rest = async () => {
      await pause();
      signal.throwIfAborted();
    };
    let measured = 0;
    /** @type {Pick<import("../selection/selection.js").PlanPorts, "measure"|"whyNoBytes">} */
    const measuring = {
      whyNoBytes,
      measure: (entries, { mayGiveUp }) =>
        measureAll(entries, {
          pause: rest,
          onSlice: ({ length }) => {
            measured += length;
            if (!this.plan) this.#say(t("files.measuring", { count: measured }));
          },
          untilMs: mayGiveUp && this.#onMeasured ? performance.now() + MEASURED_AT_ONCE_MS : Infinity,
        }),
    };
    try {
      const plan = await planOf(this.#scan, {
        ...measuring,
        extensions: new Set(this.#extensions),
        parallel: this.#hasher.parallel,
        md5: ({ file }) => this.#hasher.md5(file, signal),
        isOfFile: (error) => error instanceof FileError,
        onRead: (done, total) => this.#say(t("files.comparing", { done, count: total })),
        pause: rest,
      });
      const times = await timesOf([...plan.single, ...plan.groups.flatMap(({ files }) => files)], rest);
      signal.throwIfAborted();
      this.plan = plan;
      this.times = times;
      this.#say(t("files.chosen", { what: this.folder || t("files.single"), count: this.#scan.entries.length }));
      this.#onChange();
      if (plan.isMeasured) return;
      await measurePlan(plan, measuring);
      signal.throwIfAborted();
      this.#onMeasured?.();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** @param {Scan} scan */
function rootOf({ entries }) {
  const roots = new Set(entries.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  return [...roots].filter(Boolean).slice(0, 3).join(", ");
}
