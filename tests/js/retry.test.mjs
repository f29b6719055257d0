import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, FileError, TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import {
  MAX_TRIES, StoreGate, afterFailedPut, delayMs, isTransient, parseRetryAfter, withRetries,
} from "../../uploads/static/uploads/js/portal/retry.js";
import { fakeClock, refused, seeded } from "./fakes.mjs";

const { signal } = new AbortController();
const put = (httpStatus, storeCode = "") => new TransferError({ code: "x", httpStatus, storeCode });
const fresh = { tries: 1, url: "good" };

test("full jitter: between nothing and a ceiling that doubles up to a minute", () => {
  assert.equal(delayMs(1, { random: () => 0 }), 0);
  assert.equal(delayMs(1, { random: () => 1 }), 1_000);
  assert.equal(delayMs(4, { random: () => 1 }), 8_000);
  assert.equal(delayMs(50, { random: () => 1 }), 60_000);
});

test("Retry-After is a floor", () => {
  assert.equal(delayMs(1, { random: () => 0, retryAfterMs: 5_000 }), 5_000);
  assert.equal(parseRetryAfter("7", 0), 7_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:00:09 GMT", 4_000), 5_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 1970 00:00:09 GMT", 60_000), 0);
  for (const nothing of [null, "", "soon"]) assert.equal(parseRetryAfter(nothing, 0), null);
});

for (const [name, error, past, expected] of [
  ["the ninth try", put(503), { tries: MAX_TRIES - 1, url: "good" }, "again"],
  ["the tenth try", put(503), { tries: MAX_TRIES, url: "good" }, "final"],
  ["the tenth URL that ran out", put(403), { tries: MAX_TRIES, url: "over" }, "renew"],
  ["a changed file", new FileError("file_changed"), fresh, "final"],
]) {
  test(`after a PUT: ${name} -> ${expected}`, () => assert.equal(afterFailedPut(error, past), expected));
}

test("an error of our own is not taken for the store's", () => {
  assert.throws(() => afterFailedPut(new TypeError("bug"), fresh), TypeError);
  assert.equal(isTransient(new TypeError("bug")), false);
});

test("calls of the portal: repeated while it makes sense, ten times at most", async () => {
  const clock = fakeClock();
  const ports = { clock, random: seeded(1), signal };
  let calls = 0;
  assert.equal(await withRetries(async () => ((calls += 1) < 4 ? Promise.reject(refused(503)) : calls), ports), 4);
  calls = 0;
  await assert.rejects(withRetries(async () => Promise.reject(refused((calls += 1) && 500)), ports), ApiError);
  assert.equal(calls, 10);
  calls = 0;
  await assert.rejects(withRetries(async () => Promise.reject(refused((calls += 1) && 404)), ports), ApiError);
  assert.equal(calls, 1);
});

test("a portal that is away is asked for an hour, one that is at fault ten times", async () => {
  const clock = fakeClock();
  const ports = { clock, random: seeded(1), signal };
  for (const [httpStatus, fromMs, toMs] of [[503, 3_600_000, 3_720_000], [0, 3_600_000, 3_720_000], [500, 0, 300_000]]) {
    const began = clock.now();
    await assert.rejects(withRetries(async () => Promise.reject(refused(httpStatus)), ports), ApiError);
    const askedMs = clock.now() - began;
    assert.ok(askedMs >= fromMs && askedMs <= toMs, `${httpStatus}: ${askedMs} ms`);
  }
});

test("a cancel ends the waiting between two tries", async () => {
  const cancel = new AbortController();
  const ports = { clock: { now: () => 0, sleep: (_, s) => new Promise((_r, reject) => s.addEventListener("abort", () => reject(s.reason))) }, random: () => 1 };
  const call = withRetries(async () => Promise.reject(refused(503)), { ...ports, signal: cancel.signal });
  setImmediate(() => cancel.abort(new Error("cancelled")));
  await assert.rejects(call, /cancelled/);
});

test("the gate closes after three failures in a row and lets one at a time probe, in turn", async () => {
  const clock = fakeClock();
  const gate = new StoreGate({ clock, random: () => 1 });
  for (let n = 0; n < 2; n += 1) gate.failed(await gate.pass(signal), null);
  assert.equal(gate.isClosed, false);
  gate.failed(false, null);
  assert.equal(gate.isClosed, true);
  const order = [];
  const waiters = ["a", "b", "c"].map(async (name) => {
    const isProbe = await gate.pass(signal);
    order.push([name, isProbe, clock.now()]);
    if (name === "b") gate.answered();
    else if (isProbe) gate.failed(true, null);
  });
  await Promise.all(waiters);
  assert.deepEqual(order.map(([name, isProbe]) => [name, isProbe]), [["a", true], ["b", true], ["c", false]]);
  assert.deepEqual(order.slice(0, 2).map(([, , at]) => at), [1_000, 3_000]);
  assert.equal(gate.isClosed, false);
});
