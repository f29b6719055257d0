import assert from "node:assert/strict";
import { test } from "node:test";

import { ConcurrencyRule, ConcurrencyLimiter, MOST_AT_ONCE } from "../../uploads/static/uploads/js/engine/concurrency.js";
import { Throttle } from "../../uploads/static/uploads/js/engine/throttle.js";
import { fakeClock } from "./fakes.mjs";

const { signal } = new AbortController();
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Transfers of 20 kB over a link that carries `bytesPerMs(slots)`; the limits that the rule went through. */
function followed(bytesPerMs, { transfers = 400, failAt = () => false } = {}) {
  let now = 0;
  const rule = new ConcurrencyRule({ clock: { now: () => now } });
  const limits = [rule.limit];
  for (let n = 0; n < transfers; n += 1) {
    now += 20_000 / bytesPerMs(rule.limit);
    if (failAt(n)) rule.failed();
    else rule.arrived(20_000, true);
    if (rule.limit !== limits.at(-1)) limits.push(rule.limit);
  }
  return limits;
}

test("few at first, then more while each carries more, and never more than a browser gives one host", () => {
  assert.deepEqual(followed((slots) => slots * 100), [2, 4, 6]);
  assert.equal(MOST_AT_ONCE, 6);
});

test("a link that is full with two gets twice as many for a first try, a third now and then, and no more", () => {
  const limits = followed(() => 30);
  assert.deepEqual(limits.slice(0, 5), [2, 4, 2, 3, 2]);
  assert.equal(Math.max(...limits.slice(2)), 3);
  assert.ok(limits.length >= 4, "it tries again, since links change");
});

test("failures halve the slots, once per event; afterwards they rise again", () => {
  const limits = followed((slots) => slots * 100, { transfers: 1_000, failAt: (n) => n >= 500 && n < 510 });
  const low = limits.indexOf(3, limits.indexOf(6));
  assert.ok(low > 0, `${limits}`);
  assert.ok(!limits.includes(1), "ten failures at once are one event");
  assert.equal(limits.at(-1), 6);
});

test("a link that waits for work says nothing about slots", () => {
  let now = 0;
  const rule = new ConcurrencyRule({ clock: { now: () => now } });
  for (let n = 0; n < 500; n += 1) {
    now += 50;
    rule.arrived(20_000, false);
  }
  assert.equal(rule.limit, 2);
});

test("who finds all slots taken waits in turn; a cancel takes one out of the line", async () => {
  const slots = new ConcurrencyLimiter({ clock: fakeClock() });
  const order = [];
  await slots.enter(signal);
  await slots.enter(signal);
  const cancel = new AbortController();
  const a = slots.enter(signal).then(() => order.push("a"));
  const b = slots.enter(cancel.signal);
  const c = slots.enter(signal).then(() => order.push("c"));
  cancel.abort(new Error("enough"));
  await assert.rejects(b, /enough/);
  await turn();
  assert.deepEqual(order, []);
  slots.leave();
  await a;
  slots.leave();
  await c;
  assert.deepEqual(order, ["a", "c"]);
});

test("a limit in bytes per second is kept, may be changed on the way, and taken away", async () => {
  const clock = fakeClock();
  const throttle = new Throttle({ clock });
  const send = async (count) => {
    const began = clock.now();
    for (let n = 0; n < count; n += 1) await throttle.take(100_000, signal);
    return clock.now() - began;
  };
  assert.equal(await send(50), 0);
  throttle.bytesPerS = 1_000_000;
  const seconds = (await send(51)) / 1_000;
  assert.ok(seconds >= 4.99 && seconds < 5.2, `${seconds} s for 5 MB at 1 MB/s`);
  const waiting = send(3);
  throttle.bytesPerS = null;
  await waiting;
  assert.equal(await send(10), 0);
  assert.throws(() => (throttle.bytesPerS = 0), RangeError);
});

test("two who wait for the limit do not both begin on one debt paid", async () => {
  const clock = fakeClock();
  const throttle = new Throttle({ clock });
  throttle.bytesPerS = 1_000;
  await throttle.take(1_000, signal);
  const began = [];
  await Promise.all([1, 2, 3].map(async () => (await throttle.take(1_000, signal), began.push(clock.now()))));
  for (const [index, at] of began.entries()) assert.ok(at >= 999 * (index + 1), `${began}`);
});
