import assert from "node:assert/strict";
import { test } from "node:test";

import { BoundedQueue, runStage } from "../../uploads/static/uploads/js/lib/queue.js";
import { fakeClock } from "./fakes.mjs";

const clock = fakeClock();
const queue = (capacity, signal = new AbortController().signal) => new BoundedQueue({ capacity, clock, signal });
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("who puts into a full queue waits until one is taken", async () => {
  const q = queue(2);
  await q.put(1);
  await q.put(2);
  let isIn = false;
  const third = q.put(3).then(() => (isIn = true));
  await turn();
  assert.equal(isIn, false);
  assert.equal(await q.take(), 1);
  await third;
  assert.equal(isIn, true);
});

test("a closed queue gives what it has, then nothing", async () => {
  const q = queue(5);
  await q.put("last");
  q.close();
  assert.equal(await q.take(), "last");
  assert.equal(await q.take(), undefined);
  assert.deepEqual(await q.takeBatch({ max: 3 }), []);
});

test("a batch waits for its minimum, but only so long", async () => {
  const q = queue(10);
  await q.put(1);
  const before = clock.now();
  assert.deepEqual(await q.takeBatch({ max: 10, min: 5, lingerMs: 200 }), [1]);
  assert.equal(clock.now() - before, 200);
  const full = q.takeBatch({ max: 3, min: 3, lingerMs: 1e9 });
  for (const item of [2, 3, 4, 5]) await q.put(item);
  assert.deepEqual(await full, [2, 3, 4]);
  const closing = q.takeBatch({ max: 9, min: 9, lingerMs: 1e9 });
  q.close();
  assert.deepEqual(await closing, [5]);
});

test("drainedTo waits until few are left", async () => {
  const q = queue(5);
  for (const item of [1, 2, 3]) await q.put(item);
  let isDrained = false;
  const drained = q.drainedTo(1).then(() => (isDrained = true));
  await q.take();
  await turn();
  assert.equal(isDrained, false);
  await q.take();
  await drained;
});

test("an abort wakes everybody who waits, with its reason", async () => {
  const stop = new AbortController();
  const q = queue(1, stop.signal);
  const waiting = [q.take(), q.takeBatch({ max: 5, min: 5, lingerMs: 1e9 })];
  stop.abort(new Error("enough"));
  for (const wait of waiting) await assert.rejects(wait, /enough/);
  await assert.rejects(q.put(1), /enough/);
});

test("a stage closes the next one when all its workers are done, and tells of the first error", async () => {
  const errors = [];
  let isDone = false;
  let worker = 0;
  const work = async () => {
    if ((worker += 1) === 2) throw new Error("broken");
    await turn();
    assert.equal(isDone, false);
  };
  await runStage(3, work, { done: () => (isDone = true), fail: (error) => errors.push(error.message) });
  assert.deepEqual(errors, ["broken"]);
  assert.equal(isDone, true);
});
