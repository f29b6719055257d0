/** What of a card is stored and proven so far, data type by data type. Used by the upload and by the check of a card. */

import { changedSince } from "../lib/card-look.js";

/** @typedef {import("../selection/scan.js").Entry} Entry */

export class CardProgress {
  /** @type {Set<Entry>} */ #done = new Set();
  /** Files, copies counted once. */ files = 0;
  /** Whether the other data types follow by themselves. */ isQueue = false;
  /** @type {string|null} the data type that begins as soon as nothing has to be asked */ nextDue = null;

  /** Another card, or none. */
  reset() {
    this.#done = new Set();
    this.files = 0;
    this.isQueue = false;
    this.nextDue = null;
  }

  /** @returns {ReadonlySet<Entry>} */
  get done() {
    return this.#done;
  }

  /**
   * @param {readonly Entry[]} entries of a data type that is stored and proven
   * @param {number} files as which they are stored
   */
  note(entries, files) {
    for (const entry of entries) this.#done.add(entry);
    this.files += files;
  }

  /** What was proven hours ago must still be what is on the card; what is not is no longer done. */
  async lookAgain() {
    const changed = await changedSince([...this.#done].map(({ file }) => file), { firstByteAlone: true });
    for (const entry of this.#done) {
      if (!changed.has(entry.file)) continue;
      this.#done.delete(entry);
      this.files -= 1;
    }
  }
}
