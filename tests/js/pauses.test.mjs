import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { away, fakeApi, fakeClock, fakeLink, fakeStore, hasher, makeItems, refused, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const { signal } = new AbortController();

function make(items, store, more = {}) {
  const ports = { api: fakeApi(store), transport: store, hasher, clock: fakeClock(), random: seeded(1), ...more };
  const uploader = new Uploader({ target, items, declaredFiles: items.length, ports });
  return { uploader, ports };
}

test("pause: nothing is sent until resume, what was under way is sent again, and no try is lost", async () => {
  const clock = fakeClock();
  const states = [];
  let pausedAt = null;
  let puts = 0;
  const store = fakeStore();
  const slow = {
    async put(job) {
      puts += 1;
      if (puts === 20) {
        uploader.pause();
        states.push(uploader.state);
        pausedAt = clock.now();
        void clock.sleep(3_600_000).then(() => uploader.resume());
      }
      await clock.sleep(50, job.signal);
      if (pausedAt !== null && !resumed()) assert.fail("sent in the pause");
      return store.put(job);
    },
  };
  const resumed = () => clock.now() >= pausedAt + 3_600_000;
  const items = makeItems(100);
  const { uploader } = make(items, store, { clock, transport: slow });
  const outcome = await uploader.run(signal);
  assert.deepEqual(states, ["paused"]);
  assert.equal(outcome.safeToWipe, true);
  assert.equal(uploader.tally.retries, 0);
  assert.ok(items.every(({ tries }) => tries <= 2));
  assert.equal(uploader.state, "running");
});

test("offline: neither a PUT nor a call is tried, however long; online it goes on by itself with all its tries", async () => {
  const clock = fakeClock();
  const link = fakeLink();
  let asked = 0;
  let isCut = false;
  const noteOffline = () => {
    if (!link.isOnline()) asked += 1;
  };
  const store = fakeStore(() => {
    if (store.objects.size === 30 && !isCut) {
      isCut = true;
      link.set(false);
      void clock.sleep(12 * 3_600_000).then(() => link.set(true));
    }
    noteOffline();
    return link.isOnline() ? null : { before: away() };
  });
  const cut = (call) => async (...args) => {
    noteOffline();
    if (!link.isOnline()) throw refused(0);
    return call(...args);
  };
  const api = fakeApi(store, { check: cut, presign: cut, confirm: cut, finish: cut });
  const items = makeItems(200);
  const { uploader } = make(items, store, { clock, link, api });
  const outcome = await uploader.run(signal);
  assert.equal(outcome.safeToWipe, true);
  assert.ok(asked <= 3, `${asked} tries while offline`);
  assert.ok(items.every(({ tries }) => tries <= 2));
  assert.equal(link.listeners.size, 0);
});

test("state tells who is waited for", async () => {
  const link = fakeLink();
  const store = fakeStore();
  const { uploader } = make(makeItems(1), store, { link });
  assert.equal(uploader.state, "running");
  link.set(false);
  assert.equal(uploader.state, "offline");
  uploader.pause();
  assert.equal(uploader.state, "paused");
  link.set(true);
  uploader.resume();
  uploader.tally.portalAwayUntil = 1;
  assert.equal(uploader.state, "away");
});

test("pauses without end use up no try of a file", async () => {
  const store = fakeStore();
  let pauses = 0;
  const interrupted = {
    async put(job) {
      if ((pauses += 1) === 16) throw away(); // for which it has all its tries
      if (pauses > 16) return store.put(job);
      uploader.pause();
      uploader.resume();
      return job.signal.throwIfAborted();
    },
  };
  const { uploader } = make(makeItems(1), store, { transport: interrupted });
  const outcome = await uploader.run(signal);
  assert.equal(pauses, 17);
  assert.equal(outcome.safeToWipe, true);
});

test("cancel ends a pause", async () => {
  const cancel = new AbortController();
  const store = fakeStore();
  const { uploader } = make(makeItems(10), store);
  uploader.pause();
  setImmediate(() => cancel.abort(new DOMException("", "AbortError")));
  const outcome = await uploader.run(cancel.signal);
  assert.equal(outcome.end, "cancelled");
  assert.equal(store.objects.size, 0);
});

test("the screen stays awake while it works, and not in a pause nor afterwards", async () => {
  const calls = [];
  const store = fakeStore(() => {
    if (store.objects.size === 3 && !calls.includes("release")) {
      uploader.pause();
      uploader.resume();
    }
    return null;
  });
  const wakeLock = { hold: () => calls.push("hold"), release: () => calls.push("release") };
  const { uploader } = make(makeItems(5), store, { wakeLock });
  await uploader.run(signal);
  assert.deepEqual(calls, ["hold", "release", "hold", "release"]);
});

test("a limit holds the PUTs to its pace", async () => {
  const clock = fakeClock();
  const store = fakeStore();
  const items = makeItems(100, (n) => `${n}`.padEnd(10_000, "x"));
  const { uploader } = make(items, store, { clock });
  uploader.limitBytesPerS = 50_000;
  assert.equal(uploader.limitBytesPerS, 50_000);
  const outcome = await uploader.run(signal);
  assert.equal(outcome.safeToWipe, true);
  assert.ok(clock.now() >= 19_500, `${clock.now()} ms for 1 MB at 50 kB/s`);
});

test("one file that the store will not have holds up no other while it waits for its next try", async () => {
  const items = makeItems(120);
  const bad = new Set(items.filter((_, n) => n % 10 === 0).map(({ name }) => name));
  const clock = fakeClock();
  let lastGood = 0;
  const store = fakeStore((name) => {
    if (bad.has(name)) return { before: away() };
    lastGood = clock.now();
    return null;
  });
  const { uploader } = make(items, store, { clock });
  const outcome = await uploader.run(signal);
  assert.equal(outcome.verified, 108);
  assert.ok(lastGood < clock.now() / 2, `the last good one at ${lastGood} of ${clock.now()} ms`);
});
