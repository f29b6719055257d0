/** The last stage: what was sent is compared with the store, by the portal. Knows no DOM. */

import { ApiError } from "../lib/errors.js";

/** @typedef {import("./tally.js").Item} Item */

const CONFIRM_BATCH = 500;
const CONFIRM_LINGER_MS = 2_000;

export class Confirmer {
  #session;
  #hasher;
  #tally;
  #waiting;

  /**
   * @param {{session: import("./session-calls.js").SessionCalls, hasher: import("./uploader.js").Ports["hasher"],
   *          tally: import("./tally.js").Tally, waiting: import("./waiting.js").Waiting}} ports
   */
  constructor({ session, hasher, tally, waiting }) {
    this.#session = session;
    this.#hasher = hasher;
    this.#tally = tally;
    this.#waiting = waiting;
  }

  /** @param {import("../lib/queue.js").BoundedQueue<Item>} from */
  async run(from) {
    const options = { max: this.#session.maxBatch, min: CONFIRM_BATCH, lingerMs: CONFIRM_LINGER_MS };
    for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
      const unchanged = await this.#unchanged(batch);
      if (unchanged.length) await this.#settle(await this.#session.confirm(unchanged));
    }
  }

  /** After a cancel: what had been sent by then is in the store, and deserves to be counted as proven. */
  async atLast() {
    this.#tally.onFailure = async () => {};
    const sent = this.#tally.items.filter((item) => item.isSent && !item.status);
    const { maxBatch } = this.#session;
    try {
      for (let start = 0; start < sent.length; start += maxBatch) {
        const batch = await this.#unchanged(sent.slice(start, start + maxBatch));
        await this.#settle(await this.#session.confirmAtLast(batch));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // unconfirmed files simply stay uncounted
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

  /** @param {[Item, import("../portal/api.js").FileAnswer][]} pairs */
  async #settle(pairs) {
    for (const [item, answer] of pairs) {
      if (answer.status === "unsettled") this.#waiting.postpone(item, answer, "confirm");
      else if (answer.status === "missing" && item.doubt) await this.#tally.fail(item, item.doubt, "send");
      else this.#tally.settle(item, answer);
    }
  }
}
