/** Sorts the chosen files whenever they, the place or the data type change. Used by the upload and by the check of a card. */

import { pause } from "./dom.js";
import { othersThan, typesOf } from "../selection/card.js";
import { FileError } from "../lib/errors.js";
import { EXTENSIONS } from "../lib/shared.js";
import { lookInto } from "../selection/facts/look.js";
import { kindWords } from "./others-view.js";
import { measureAll, whyNoBytes } from "../selection/measure.js";
import { t } from "../text/messages.js";
import { timesOf } from "../selection/season.js";
import { measurePlan, planOf, sendingOf } from "../selection/selection.js";
import { typeByContent } from "../selection/sorting.js";

/**
 * @typedef {import("../selection/scan.js").Scan} Scan
 * @typedef {import("../selection/scan.js").Entry} Entry
 */

// Some thousands of picked files; who chose more need not wait for it.
const MEASURED_AT_ONCE_MS = 2_000;

export class Planner {
  /** @type {import("../selection/selection.js").Plan|null} */ plan = null;
  /** @type {import("../selection/season.js").Times|null} */ times = null;
  /** @type {Scan|null} */ #scan = null;
  /** @type {import("../selection/card.js").Types|null} */ #types = null;
  /** @type {string|null} */ #dataType = null;
  /** @type {readonly string[]} */ #extensions = [];
  #planning = new AbortController();
  #hasher;
  #say;
  #onChange;
  #onMeasured;
  #onSorted;

  /**
   * @param {{hasher: import("../engine/hasher.js").Hasher, say: (text: string|null) => void, onChange: () => void,
   *          onSorted: () => void, onMeasured?: () => void}} parts `onChange`: there is a plan, or none any more. `onSorted`: it is known of
   *   which data types the files are. With `onMeasured` a plan may come before all its sizes are known; once they are, it
   *   is told so.
   */
  constructor({ hasher, say, onChange, onSorted, onMeasured }) {
    this.#hasher = hasher;
    this.#say = say;
    this.#onChange = onChange;
    this.#onMeasured = onMeasured;
    this.#onSorted = onSorted;
  }

  /** The chosen folder's name, for people. */
  get folder() {
    return this.#scan ? rootOf(this.#scan) : "";
  }

  /** Files of any kind in what was chosen. */
  get scanned() {
    return this.#scan?.entries.length ?? 0;
  }

  /** @returns {Map<string, number>} files of the card by data type, "" where nothing tells it */
  get found() {
    return this.#counted(() => true);
  }

  /** @returns {Entry[]} data of the card that the plan is about */
  get planned() {
    const isOther = this.#isOther;
    return [...(this.#types?.keys() ?? [])].filter((entry) => !isOther(entry));
  }

  /**
   * @param {ReadonlySet<Entry>} done those that are stored already
   * @returns {Map<string, number>} data of the card that the plan is not about, by data type
   */
  others(done) {
    const isOther = this.#isOther;
    return this.#counted((entry) => isOther(entry) && !done.has(entry));
  }

  /** @returns {(entry: Entry) => boolean} */
  get #isOther() {
    return this.#types && this.#dataType ? othersThan(this.#types, this.#dataType) : () => false;
  }

  /** @param {(entry: Entry) => boolean} isWanted */
  #counted(isWanted) {
    /** @type {Map<string, number>} */ const counted = new Map();
    for (const [entry, dataType] of this.#types ?? []) {
      if (isWanted(entry)) counted.set(dataType, (counted.get(dataType) ?? 0) + 1);
    }
    const inOrder = [...Object.keys(EXTENSIONS), ""].filter((dataType) => counted.has(dataType));
    return new Map(inOrder.map((dataType) => [dataType, Number(counted.get(dataType))]));
  }

  /** @param {Scan} scan */
  async take(scan) {
    this.#scan = scan;
    this.#types = null;
    await this.#sort();
  }

  /**
   * @param {string|null} dataType null while place or data type are not chosen
   * @param {readonly string[]} extensions that it takes
   */
  async sortFor(dataType, extensions) {
    this.#dataType = dataType;
    this.#extensions = extensions;
    await this.#sort();
  }

  clear() {
    this.#planning.abort();
    this.#scan = this.#types = this.plan = this.times = null;
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

  /** What was chosen, and what is on it. */
  #sayChosen() {
    const chosen = t("files.chosen", { what: this.folder || t("files.single"), count: this.scanned });
    const words = kindWords(this.found);
    this.#say([chosen, words.length && t("card.found", { what: words.join(", ") })].filter(Boolean).join(" "));
  }

  /**
   * @param {Scan} scan
   * @param {() => Promise<void>} rest
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} false where another choice has come meanwhile
   */
  async #sortCard(scan, rest, signal) {
    this.#say(t("files.sorting"));
    try {
      const types = await typesOf(scan.entries, { typeInside, pause: rest });
      signal.throwIfAborted();
      this.#types = types;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
    this.#sayChosen();
    this.#onSorted();
    return !signal.aborted;
  }

  async #sort() {
    this.#planning.abort();
    const { signal } = (this.#planning = new AbortController());
    this.plan = this.times = null;
    this.#onChange();
    if (!this.#scan) return;
    const rest = async () => {
      await pause();
      signal.throwIfAborted();
    };
    if (!this.#types && !(await this.#sortCard(this.#scan, rest, signal))) return;
    if (!this.#dataType) return;
    const [dataType, types] = [this.#dataType, /** @type {import("../selection/card.js").Types} */ (this.#types)];
    this.#say(t("files.planning"));
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
        isOther: othersThan(types, dataType),
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
      this.#sayChosen();
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

/** @param {import("../selection/scan.js").Entry} entry */
async function typeInside({ file }) {
  try {
    return typeByContent(await lookInto(file));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return ""; // its turn to fail comes
  }
}

/** @param {Scan} scan */
function rootOf({ entries }) {
  const roots = new Set(entries.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  return [...roots].filter(Boolean).slice(0, 3).join(", ");
}
