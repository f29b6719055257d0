import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, md5, refused, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test", season_reason: "" };
const { signal } = new AbortController();

function go(items, store, { sessionId, ...more } = {}) {
  const ports = { api: fakeApi(store), transport: store, hasher, clock: fakeClock(), random: seeded(1), ...more };
  const uploader = new Uploader({ target, items, declaredFiles: items.length, ports, sessionId });
  return uploader.run(signal);
}

const sessionOf = (changes) => async (id) => ({
  id, deployment: "dep000119", data_type: "snapshot_images", max_batch: 1_000, finished_at: null, ...changes,
});

test("an open session is gone on with; what it verified before counts as stored", async () => {
  const store = fakeStore();
  const items = makeItems(20);
  for (const { name, file } of items.slice(0, 8)) store.objects.set(name, file.text_);
  const api = { ...fakeApi(store), sessionOf: sessionOf({}) };
  const known = [];
  const outcome = await go(items, store, { api, sessionId: 41, onSession: (id) => known.push(id) });
  assert.deepEqual(api.calls.sessions, []);
  assert.deepEqual(known, [41]);
  assert.deepEqual([outcome.sessionId, outcome.stored, outcome.verified, outcome.safeToWipe], [41, 8, 12, true]);
});

for (const [what, answer] of [
  ["finished", sessionOf({ finished_at: "2025-07-15T08:00:00Z" })],
  ["of another deployment", sessionOf({ deployment: "dep000041" })],
  ["of another data type", sessionOf({ data_type: "motion_images" })],
  ["unknown", async () => { throw refused(404); }],
]) {
  test(`a session that is ${what} is left alone, and a new one opened`, async () => {
    const store = fakeStore();
    const api = { ...fakeApi(store), sessionOf: answer };
    const outcome = await go(makeItems(3), store, { api, sessionId: 41 });
    assert.equal(api.calls.sessions.length, 1);
    assert.equal(api.calls.sessions[0].season_reason, "");
    assert.deepEqual([outcome.sessionId, outcome.safeToWipe], [1, true]);
  });
}

test("files whose checksum is known are not read again", async () => {
  const store = fakeStore();
  const items = makeItems(5);
  const read = [];
  for (const item of items.slice(0, 3)) item.md5 = md5(item.file.text_);
  const counting = { ...hasher, digest: async (file) => (read.push(file.name), hasher.digest(file)) };
  assert.equal((await go(items, store, { hasher: counting })).safeToWipe, true);
  assert.deepEqual(read, items.slice(3).map(({ name }) => name));
});

/** The rule of folders, one more at each conflict: n, A_n, B_A_n, then nothing. */
const byFolder = (item) => {
  const used = item.name.split("_").length;
  return used > 2 ? null : { name: `${"AB"[used - 1]}_${item.name}` };
};

test("a taken key: the next name is checked again, until it is new, stored before, or there is none", async () => {
  const store = fakeStore();
  const items = makeItems(4);
  const [a, b, c, d] = items.map(({ name }) => name);
  for (const name of [a, b, `A_${b}`, c, d, `A_${d}`, `B_A_${d}`]) store.objects.set(name, "somebody else's");
  store.objects.set(`A_${c}`, items[2].file.text_);
  const api = fakeApi(store);
  const before = new Map(store.objects);
  const outcome = await go(items, store, { api, rename: byFolder });
  assert.equal(store.objects.get(`A_${a}`), items[0].file.text_);
  assert.equal(store.objects.get(`B_A_${b}`), items[1].file.text_);
  assert.deepEqual([outcome.verified, outcome.stored, outcome.safeToWipe], [2, 1, false]);
  assert.deepEqual(outcome.notStored.map(({ path, status }) => [path, status]), [[items[3].path, "conflict"]]);
  assert.deepEqual(api.calls.finish, [[4, items.reduce((sum, { size }) => sum + size, 0)]]);
  for (const [name, content] of before) assert.equal(store.objects.get(name), content);
  assert.ok(api.calls.presign.flat().every(({ path }) => !path.includes("A_")), "the path stays that on the card");
});

test("conflicts found by the check are renamed before a byte is read", async () => {
  const store = fakeStore();
  const items = makeItems(3);
  store.objects.set(items[1].name, "other content");
  const conflicting = (call) => async (id, files) =>
    (await call(id, files)).map((answer) => (answer.status === "exists" ? { ...answer, status: "conflict" } : answer));
  const api = fakeApi(store, { check: conflicting });
  const outcome = await go(items, store, { api, rename: byFolder });
  assert.equal(outcome.safeToWipe, false, "the portal's own verdict counts one more object than files");
  assert.equal(outcome.verified, 3);
  assert.deepEqual(api.calls.check.map((batch) => batch.length), [3, 1]);
  assert.equal(api.calls.presign.flat().length, 3);
});

test("without a choice a conflict stays one", async () => {
  const store = fakeStore();
  const items = makeItems(2);
  store.objects.set(items[0].name, "other content");
  const outcome = await go(items, store);
  assert.deepEqual([outcome.verified, outcome.notStored[0].status, outcome.safeToWipe], [1, "conflict", false]);
});

test("no file takes a name that another has: either would be proven by the other", async () => {
  const store = fakeStore();
  const items = makeItems(2);
  store.objects.set(items[0].name, "other content");
  const outcome = await go(items, store, { rename: () => ({ name: items[1].name }) });
  assert.deepEqual([outcome.verified, outcome.notStored[0].status], [1, "conflict"]);
  const twins = makeItems(2);
  twins[1].name = twins[0].name;
  assert.throws(() => new Uploader({ target, items: twins, declaredFiles: 2, ports: { clock: fakeClock() } }), /share a name/);
});
