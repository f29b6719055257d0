// What an older program may still overwrite: shown, waited for, asked about again; all else goes on meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { untilOf } from "../../uploads/static/uploads/js/portal/answer-times.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, md5, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const HOUR = 3_600_000;
const isoOf = (ms) => new Date(ms).toISOString();

/**
 * A portal that calls some names unsettled until a time, in some of its calls.
 * `portal.until` may be moved on by a test.
 */
function world({ count = 30, names, calls, finish, ...more }) {
  const clock = fakeClock();
  const store = fakeStore();
  const items = makeItems(count);
  const told = new Set(names.map((n) => items[n].name));
  const portal = { untilMs: clock.wall() + HOUR, asked: [] };
  const unsettling = (step) => (call) => async (id, files) => {
    const isTold = (one) => calls.includes(step) && told.has(one.name ?? one) && clock.wall() < portal.untilMs;
    const answers = await call(id, files.filter((one) => !isTold(one)));
    for (const one of files) if (told.has(one.name ?? one)) portal.asked.push([step, clock.now()]);
    return files.map((one) => {
      if (!isTold(one)) return answers.shift();
      return { name: one.name ?? one, status: "unsettled", code: "unsettled", message: "", until: isoOf(portal.untilMs), waitMs: portal.untilMs - clock.wall() };
    });
  };
  const steps = Object.fromEntries(["check", "presign", "confirm"].map((step) => [step, unsettling(step)]));
  const api = fakeApi(store, { ...steps, ...(finish ? { finish } : {}) });
  const ports = { api, transport: store, hasher, clock, random: seeded(1), ...more };
  const uploader = new Uploader({ target, items, declaredFiles: count, ports });
  return { clock, store, items, portal, api, uploader, run: (signal = new AbortController().signal) => uploader.run(signal) };
}

test("told at the presigning: all others go on; then it is asked again, sent and proven, by itself", async () => {
  const { clock, store, items, portal, uploader, run } = world({ names: [3, 7], calls: ["presign"] });
  const seen = [];
  void clock.sleep(HOUR / 2).then(() => {
    seen.push(uploader.state, uploader.waitsUntil, uploader.tally.unsettled.size, store.objects.size, uploader.tally.settledFiles);
  });
  const outcome = await run();
  assert.deepEqual(seen, ["waiting", isoOf(portal.untilMs), 2, 28, 28]);
  assert.deepEqual([outcome.end, outcome.verified, outcome.safeToWipe], ["finished", 30, true]);
  assert.ok(items.every(({ name, file }) => store.objects.get(name) === file.text_));
  const again = portal.asked.filter(([step]) => step === "presign").map(([, at]) => at);
  assert.equal(again.length, 4);
  assert.ok(again[3] >= HOUR + 5_000 && again[3] <= HOUR + 45_000, `asked again after ${again[3]} ms`);
  assert.equal(uploader.tally.unsettled.size, 0);
  assert.equal(uploader.tally.passedBytes, uploader.tally.total.bytes);
});

test("told by the check too: it is shown at once, and still asked for, so that the portal knows of it", async () => {
  const { items, uploader, api, run } = world({ names: [0], calls: ["check", "presign"] });
  const outcome = await run();
  assert.equal(outcome.safeToWipe, true);
  assert.ok(api.calls.check.flat().length === 29 && api.calls.presign.flat().length === 30);
  assert.equal(items[0].wait.step, "grant");
  assert.equal(uploader.tally.unsettled.size, 0);
});

test("told by the check alone: nothing is waited for", async () => {
  const { clock, uploader, run } = world({ names: [0, 1], calls: ["check"] });
  assert.equal((await run()).safeToWipe, true);
  assert.ok(clock.now() < HOUR / 2);
  assert.equal(uploader.tally.unsettled.size, 0);
});

test("told at the confirming: it is not sent again, only asked about", async () => {
  const { store, items, portal, run } = world({ names: [5], calls: ["confirm"] });
  const outcome = await run();
  assert.deepEqual([outcome.verified, outcome.safeToWipe], [30, true]);
  assert.ok([...store.tries.values()].every((tries) => tries === 1));
  assert.equal(store.tries.size, 30);
  assert.equal(portal.asked.filter(([step]) => step === "confirm").length, 2);
  assert.equal(items[5].tries, 1);
});

test("overwritten meanwhile: a conflict by name, never stored", async () => {
  const { clock, store, items, run } = world({ names: [5], calls: ["confirm"] });
  void clock.sleep(HOUR / 2).then(() => store.objects.set(items[5].name, "the older program's"));
  const outcome = await run();
  assert.deepEqual([outcome.verified, outcome.safeToWipe], [29, false]);
  assert.deepEqual(outcome.notStored.map(({ name, status }) => [name, status]), [[items[5].name, "mismatch"]]);
});

test("told a later time when asked again: it waits on", async () => {
  const { clock, portal, run } = world({ names: [2], calls: ["presign"] });
  void clock.sleep(HOUR / 2).then(() => (portal.untilMs += 2 * HOUR));
  assert.equal((await run()).safeToWipe, true);
  assert.ok(clock.now() >= 3 * HOUR);
});

test("an older program that never ends: after half a day the run ends without that file, and without a verdict", async () => {
  const { clock, items, portal, run } = world({ names: [2], calls: ["presign"] });
  const forEver = () => void clock.sleep(HOUR / 2).then(() => ((portal.untilMs += HOUR), clock.now() < 20 * HOUR && forEver()));
  forEver();
  const outcome = await run();
  assert.ok(clock.now() >= 12 * HOUR && clock.now() < 16 * HOUR, `${clock.now() / HOUR} h`);
  assert.deepEqual([outcome.end, outcome.verified, outcome.safeToWipe], ["finished", 29, false]);
  assert.deepEqual(outcome.notStored.map(({ name, status, code }) => [name, status, code]), [[items[2].name, "unsettled", "unsettled"]]);
  assert.ok(untilOf(outcome.notStored));
});

test("a computer that slept wakes up late, and asks then", async () => {
  const { clock, run } = world({ names: [2], calls: ["presign"] });
  void clock.sleep(60_000).then(() => clock.skewBy(5 * HOUR));
  assert.equal((await run()).safeToWipe, true);
  assert.ok(clock.now() < 300_000, `${clock.now()} ms by the hand that stood still`);
});

test("cancelled while it waits: at once, and the file is told with its time", async () => {
  const cancel = new AbortController();
  const { clock, items, run } = world({ names: [2], calls: ["presign"] });
  void clock.sleep(HOUR / 2).then(() => cancel.abort(new DOMException("", "AbortError")));
  const outcome = await run(cancel.signal);
  assert.deepEqual([outcome.end, outcome.verified, outcome.safeToWipe], ["cancelled", 29, false]);
  assert.deepEqual(outcome.notStored.map(({ status, wait }) => [status, Boolean(wait.until)]), [[undefined, true]]);
  assert.ok(clock.now() < HOUR);
  assert.equal(items[2].isSent, false);
});

test("offline while it waits: asked again when the connection is back", async () => {
  const { uploader, clock, run } = world({ names: [2], calls: ["presign"] });
  void clock.sleep(HOUR / 2).then(() => uploader.pause());
  void clock.sleep(2 * HOUR).then(() => uploader.resume());
  assert.equal((await run()).safeToWipe, true);
  assert.ok(clock.now() >= 2 * HOUR);
});

test("the portal's own verdict waits: it is asked again until it turns, for files that an older program came to later", async () => {
  let isCompared = false;
  const finish = () => async () => ({ safe_to_wipe: false, unsettled: 2, unsettled_until: isoOf(0), waitMs: HOUR });
  const { clock, api, uploader, run } = world({ names: [], calls: [], finish });
  let asked = 0;
  api.sessionOf = async () => {
    asked += 1;
    isCompared = clock.now() > HOUR + 200_000;
    return isCompared ? { safe_to_wipe: true, unsettled: 0, unsettled_until: null } : { safe_to_wipe: false, unsettled: 2, unsettled_until: isoOf(0), waitMs: HOUR - clock.now() };
  };
  const states = [];
  void clock.sleep(HOUR / 2).then(() => states.push(uploader.state));
  const outcome = await run();
  assert.deepEqual([outcome.verified, outcome.safeToWipe, states], [30, true, ["waiting"]]);
  assert.ok(asked > 1 && asked < 20, `${asked}`);
});

test("a portal that never compares: an hour after its time the run ends, unsafe", async () => {
  const open = { safe_to_wipe: false, unsettled: 1, unsettled_until: isoOf(0), waitMs: 0 };
  const { clock, api, run } = world({ names: [], calls: [], finish: () => async () => open });
  api.sessionOf = async () => open;
  const outcome = await run();
  assert.equal(outcome.safeToWipe, false);
  assert.equal(outcome.receipt.unsettled, 1);
  assert.ok(clock.now() >= HOUR && clock.now() < 1.2 * HOUR);
});

test("recalled checksums of a file that waits are proven like any other's", async () => {
  const { store, items, run } = world({ names: [20], calls: ["presign"] });
  for (const item of items) {
    item.lastModified = Date.parse("2024-09-18T00:00:00Z");
    item.recalled = { md5: md5(item.file.text_), pieces: md5(item.file.text_.slice(0, 4)) };
    store.objects.set(item.name, item.file.text_);
  }
  const outcome = await run();
  assert.deepEqual([outcome.stored, outcome.safeToWipe], [30, true]);
});
