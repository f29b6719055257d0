// "Safe to wipe" needs both: the page's own count of every file, and the portal's word with nothing left open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };

function run({ count = 5, declaredFiles = count, store = fakeStore(), verdict = { safe_to_wipe: true } } = {}) {
  const items = makeItems(count);
  const api = fakeApi(store, { finish: () => async () => verdict });
  const ports = { api, transport: store, hasher, clock: fakeClock(), random: seeded(1) };
  return new Uploader({ target, items, declaredFiles, ports }).run(new AbortController().signal);
}

test("all proven, and the portal says so", async () => {
  assert.equal((await run()).safeToWipe, true);
  assert.equal((await run({ verdict: { safe_to_wipe: true, unsettled: 0, refused: 0, unsettled_until: null } })).safeToWipe, true);
});

for (const [what, verdict] of [
  ["no", { safe_to_wipe: false }],
  ["nothing", {}],
  ["a word that is none", { safe_to_wipe: "yes" }],
  ["yes, but a name was refused", { safe_to_wipe: true, refused: 1 }],
]) {
  test(`all proven, and the portal says ${what}: withheld`, async () => {
    const outcome = await run({ verdict });
    assert.deepEqual([outcome.verified, outcome.safeToWipe], [5, false]);
  });
}

test("the portal says yes, and the person chose more than was sent: withheld", async () => {
  assert.equal((await run({ declaredFiles: 6 })).safeToWipe, false);
  assert.equal((await run({ declaredFiles: 4 })).safeToWipe, false);
  assert.equal((await run({ count: 0 })).safeToWipe, false);
});

test("the portal says yes, and a name was answered with a conflict: withheld", async () => {
  const store = fakeStore();
  store.objects.set(makeItems(5)[2].name, "other content");
  const outcome = await run({ store });
  assert.deepEqual([outcome.verified, outcome.notStored.length, outcome.safeToWipe], [4, 1, false]);
});

test("what was proven long ago is looked at once more: the portal is called until all of it was", async () => {
  const left = [900, 400, 400, 0];
  let calls = 0;
  const items = makeItems(5);
  const finish = () => async () => ({ safe_to_wipe: true, comparing: left[calls++] });
  const store = fakeStore();
  const ports = { api: fakeApi(store, { finish }), transport: store, hasher, clock: fakeClock(), random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 5, ports }).run(new AbortController().signal);
  assert.equal(calls, 4);
  assert.equal(outcome.safeToWipe, true);
});

test("the portal says yes, and in the same breath that something is not settled: withheld", async () => {
  const store = fakeStore();
  const items = makeItems(5);
  const open = { safe_to_wipe: true, unsettled: 1, unsettled_until: "2026-11-26T07:31:00Z", waitMs: 0 };
  const api = { ...fakeApi(store, { finish: () => async () => open }), sessionOf: async () => open };
  const ports = { api, transport: store, hasher, clock: fakeClock(), random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 5, ports }).run(new AbortController().signal);
  assert.deepEqual([outcome.verified, outcome.safeToWipe], [5, false]);
});

test("asked again the portal says yes, and that it compares some once more: withheld", async () => {
  const store = fakeStore();
  const items = makeItems(5);
  const open = { safe_to_wipe: false, unsettled: 1, unsettled_until: "2026-11-26T07:31:00Z", waitMs: 0 };
  const api = { ...fakeApi(store, { finish: () => async () => open }), sessionOf: async () => ({ safe_to_wipe: true, comparing: 3 }) };
  const ports = { api, transport: store, hasher, clock: fakeClock(), random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 5, ports }).run(new AbortController().signal);
  assert.deepEqual([outcome.verified, outcome.safeToWipe], [5, false]);
});
