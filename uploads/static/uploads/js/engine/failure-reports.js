/** Tells the maintainers what could not be done. That a report fails must not fail the upload. Knows no DOM. */

import { ApiError } from "../lib/errors.js";

const LINGER_MS = 3_000;

/**
 * @param {import("../lib/queue.js").BoundedQueue<import("./tally.js").Item>} from
 * @param {{session: import("./session-calls.js").SessionCalls, tally: import("./tally.js").Tally,
 *          link: import("./pause-gate.js").Link}} ports
 */
export async function reportFailures(from, { session, tally, link }) {
  const options = { max: session.maxBatch, min: session.maxBatch, lingerMs: LINGER_MS };
  for (let batch = await from.takeBatch(options); batch.length; batch = await from.takeBatch(options)) {
    const facts = link.facts();
    const failures = batch.map((item) => tally.failureReport(item, facts));
    try {
      await session.reportFailures(failures);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      tally.unreported += failures.length;
    }
  }
}
