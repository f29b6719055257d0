// Picked files, whose sizes are not known when the work on them begins.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Journal } from "../../uploads/static/uploads/js/selection/journal.js";
import { measureAll } from "../../uploads/static/uploads/js/selection/measure.js";
import { measurePlan, noteEmpty, planOf, sendingOf } from "../../uploads/static/uploads/js/selection/selection.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, md5, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test", season_reason: "" };

/** A file as a picker gives it: asked for its size it takes its time, and of one that is gone it says 0. */
function picked(path, text, { isGone = false, takesMs = 0 } = {}) {
  const size = () => {
    file.asked_ += 1;
    for (const end = performance.now() + takesMs; performance.now() < end; );
    return isGone ? 0 : text.length;
  };
  const file = { text_: text, asked_: 0, get size() { return size(); }, lastModified: 7 };
  file.arrayBuffer = async () => {
    if (isGone) throw new DOMException("", "NotFoundError");
    return new ArrayBuffer(text.length);
  };
  return { path, name: path.split("/").pop(), size: null, lastModified: null, file };
}

/** @param {number} most how many files may be measured where giving up is allowed */
function measuring(most) {
  let left = most;
  return {
    whyNoBytes: async ({ file }) => file.arrayBuffer().then(() => "empty", () => "unreadable"),
    measure: async (entries, { mayGiveUp }) => {
      const some = mayGiveUp ? entries.slice(0, (left -= entries.length) < 0 ? most : undefined) : entries;
      await measureAll(some, { pause: async () => {} });
      return entries.every(({ size }) => size !== null);
    },
  };
}

const planned = (entries, ports) =>
  planOf({ entries, unreadable: [] }, {
    extensions: new Set(["jpg"]), parallel: 1, isOfFile: () => false, onRead: () => {}, pause: async () => {},
    md5: async ({ file }) => md5(file.text_), ...ports,
  });

test("a plan comes before the sizes: of files that share a name they are asked, of the others as far as one cares to go", async () => {
  const entries = [picked("A/1.jpg", "one"), picked("A/2.jpg", "two"), picked("B/2.jpg", "also two"), picked("A/3.jpg", "three")];
  const ports = measuring(1);
  const plan = await planned(entries, ports);
  assert.equal(plan.isMeasured, false);
  assert.deepEqual(entries.map(({ size }) => size), [3, 3, 8, null]);
  const early = sendingOf(plan, "folder");
  assert.deepEqual([early.files.length, early.bytes], [4, 14]);
  await measurePlan(plan, ports);
  assert.equal(plan.isMeasured, true);
  assert.equal(sendingOf(plan, "folder").bytes, 19);
  assert.deepEqual(entries.map(({ file }) => file.asked_), [1, 1, 1, 1]);
});

test("what turns out to be empty leaves the plan; what is gone is declared and not called empty", async () => {
  const entries = [picked("1.jpg", "one"), picked("2.jpg", ""), picked("3.jpg", "three", { isGone: true })];
  const ports = measuring(0);
  const plan = await planned(entries, ports);
  assert.equal(sendingOf(plan, null).declaredFiles, 3);
  await measurePlan(plan, ports);
  assert.deepEqual(plan.leftOut, [{ path: "2.jpg", reason: "empty" }, { path: "3.jpg", reason: "unreadable" }]);
  const { files, declaredFiles, unsent } = sendingOf(plan, null);
  assert.deepEqual([files.length, declaredFiles, unsent], [1, 2, [{ path: "3.jpg", code: "unreadable" }]]);
});

test("an empty file is told once, whoever finds it", async () => {
  const ports = measuring(0);
  const plan = await planned([picked("1.jpg", "one"), picked("2.jpg", ""), picked("3.jpg", "")], ports);
  noteEmpty(plan, new Set(["2.jpg"]));
  await measurePlan(plan, ports);
  noteEmpty(plan, new Set(["2.jpg", "3.jpg"]));
  assert.deepEqual(plan.leftOut.map(({ path }) => path), ["2.jpg", "3.jpg"]);
  assert.deepEqual(plan.single.map(({ path }) => path), ["1.jpg"]);
});

test("measuring goes by slices of time, and ends when its time is up", async () => {
  const files = Array.from({ length: 50 }, (_, n) => picked(`${n}.jpg`, "x", { takesMs: 5 }));
  const slices = [];
  let pauses = 0;
  const pause = async () => void (pauses += 1);
  const onSlice = (measured) => slices.push(measured.length);
  assert.equal(await measureAll(files, { pause, onSlice, untilMs: performance.now() + 100 }), false);
  const first = files.filter(({ size }) => size !== null).length;
  assert.ok(first > 0 && first < 50);
  assert.ok(pauses >= 1);
  assert.equal(await measureAll(files, { pause, onSlice }), true);
  assert.equal(slices.reduce((sum, count) => sum + count), 50);
  assert.ok(slices.every((count) => count <= 13), "12 files of 5 ms fill a slice of 60 ms");
});

test("checksums that were written down come back once size and time are known to be the same", async () => {
  const rows = [["1.jpg", 3, 7, { md5: "a" }], ["2.jpg", 4, 6, { md5: "b" }], ["3.jpg", 5, 8, { md5: "c" }]];
  const grown = { path: "3.jpg", size: 6, lastModified: 8 };
  const files = [picked("1.jpg", "one"), picked("2.jpg", "two"), picked("3.jpg", "three"), { ...picked("1.jpg", "one"), size: 3, lastModified: 7 }];
  await journalOf(rows).recall(1, [...files, grown]);
  assert.equal(grown.recalled, undefined);
  const recalled = () => files.map((file) => file.recalled?.md5);
  assert.deepEqual(recalled(), [undefined, undefined, undefined, "a"]);
  await measureAll(files, { pause: async () => {} });
  assert.deepEqual(recalled(), ["a", undefined, undefined, "a"]);
  assert.deepEqual(files.map(({ md5 }) => md5), [undefined, undefined, undefined, undefined], "not as if they had been read");
});

test("of files that share a time or a name none comes back: neither tells them apart", async () => {
  const rows = [
    ["a/1.jpg", 3, 7, { md5: "a" }], ["a/2.jpg", 3, 7, { md5: "b" }], ["a/3.jpg", 3, 8, { md5: "c" }],
    ["b/3.jpg", 3, 9, { md5: "d" }], ["b/4.jpg", 3, 10, { md5: "e" }],
  ];
  const files = rows.map(([path, size, lastModified]) => ({ path, size, lastModified }));
  await journalOf(rows).recall(1, files);
  assert.deepEqual(files.map(({ recalled }) => recalled?.md5), [undefined, undefined, undefined, undefined, "e"]);
});

function journalOf(rows) {
  const store = { getAll: () => fulfilled([rows]) };
  const database = { transaction: () => completing({ objectStore: () => store }) };
  globalThis.IDBKeyRange ??= { bound: () => null };
  return new Journal(database);
}

function fulfilled(result) {
  const request = { result };
  queueMicrotask(() => request.onsuccess());
  return request;
}

function completing(transaction) {
  setImmediate(() => transaction.oncomplete());
  return transaction;
}

async function upload(items, store, ports = {}) {
  const api = fakeApi(store);
  const all = { api, transport: store, hasher, clock: fakeClock(), random: seeded(1), ...ports };
  const uploader = new Uploader({ target, items, declaredFiles: items.length, ports: all });
  const outcome = await uploader.run(new AbortController().signal);
  return { api, tally: uploader.tally, outcome };
}

/** Items as a run has them whose person did not wait for the sizes. */
function unmeasured(count) {
  const items = makeItems(count);
  for (const item of items) Object.assign(item, { size: null, lastModified: null });
  return items;
}

test("an upload begins before the sizes are known; at its end all are, and the portal is told", async () => {
  const store = fakeStore();
  const items = unmeasured(2_500);
  const { api, tally, outcome } = await upload(items, store);
  assert.deepEqual([outcome.verified, outcome.safeToWipe, tally.unmeasured], [2_500, true, 0]);
  const bytes = items.reduce((sum, { file }) => sum + file.size, 0);
  assert.deepEqual([api.calls.sessions[0].files, api.calls.sessions[0].bytes], [2_500, null]);
  assert.deepEqual(api.calls.finish, [[2_500, bytes]]);
  assert.deepEqual([tally.passedBytes, tally.expectedBytes, tally.total.bytes], [bytes, bytes, bytes]);
  for (const { size, file } of items) assert.equal(size, file.size);
});

test("on a link that takes nothing the sizes become known anyway, so that the total need not be guessed", async () => {
  const store = fakeStore();
  const items = unmeasured(6_000);
  const clock = fakeClock();
  const whenMeasured = new Promise((resolve) => {
    const look = (left) => (left && uploader.tally.unmeasured ? void clock.sleep(1_000).then(() => look(left - 1)) : resolve());
    void clock.sleep(1_000).then(() => look(100));
  });
  let unmeasuredBefore = null;
  const put = async (job) => {
    await whenMeasured;
    unmeasuredBefore ??= uploader.tally.unmeasured;
    return store.put(job);
  };
  const ports = { api: fakeApi(store), transport: { put }, hasher, clock, random: seeded(1) };
  const uploader = new Uploader({ target, items, declaredFiles: items.length, ports });
  assert.equal((await uploader.run(new AbortController().signal)).verified, 6_000);
  assert.equal(unmeasuredBefore, 0);
});

test("files that turn out to be empty are not asked about, not sent, and count no more", async () => {
  const store = fakeStore();
  const items = unmeasured(1_200);
  const empty = [items[3], items[1_100]];
  for (const item of empty) item.file = Object.assign(new File([], item.name), { text_: "" });
  const { api, tally, outcome } = await upload(items, store);
  assert.deepEqual([outcome.verified, outcome.safeToWipe, outcome.notStored], [1_198, true, []]);
  assert.deepEqual(tally.empty, empty);
  assert.equal(api.calls.finish[0][0], 1_198);
  const asked = api.calls.check.flat().map(({ name }) => name);
  assert.ok(empty.every(({ name }) => !asked.includes(name) && !store.objects.has(name)));
  assert.ok(api.calls.check.flat().every(({ size }) => size > 0));
});

test("a file that is gone when it is measured is no empty file: nothing is called safe", async () => {
  const store = fakeStore();
  const items = unmeasured(5);
  items[2].file = picked(items[2].path, "gone", { isGone: true }).file;
  const { api, outcome } = await upload(items, store);
  assert.deepEqual(outcome.notStored.map(({ name, code }) => [name, code]), [[items[2].name, "file_unreadable"]]);
  assert.deepEqual([outcome.verified, outcome.safeToWipe, api.calls.finish[0][0]], [4, false, 5]);
  assert.deepEqual(api.calls.failures.map(({ code }) => code), ["file_unreadable"]);
});

test("a selection of nothing but empty files is never safe to wipe", async () => {
  const items = unmeasured(3);
  for (const item of items) item.file = Object.assign(new File([], item.name), { text_: "" });
  const { outcome } = await upload(items, fakeStore());
  assert.deepEqual([outcome.end, outcome.verified, outcome.safeToWipe], ["finished", 0, false]);
});
