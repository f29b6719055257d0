// Checksums of an earlier reading never stand for another card's bytes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hasTellingClock } from "../../uploads/static/uploads/js/engine/recall.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, md5, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const { signal } = new AbortController();
const NOW = Date.parse("2026-11-26T08:00:00Z");
const HEAD = "same";
const bytes = (n) => `${HEAD} but then file ${n}`;
const sums = (text) => ({ md5: md5(text), pieces: md5(text.slice(0, 4)) });

/** Items as an earlier run left them: all of `stored` in the store, and of all the checksums that it read. */
function resumed({ count = 400, stored = count, onCard = (n) => bytes(n), wasOnCard = bytes, more = {} } = {}) {
  const store = fakeStore();
  const items = makeItems(count, onCard);
  const read = [];
  for (const [n, item] of items.entries()) {
    item.lastModified = Date.parse("2024-09-18T00:00:00Z") + 2_000 * n;
    item.recalled = sums(wasOnCard(n));
    if (n < stored) store.objects.set(item.name, wasOnCard(n));
  }
  const checking = (check) => async (id, files) =>
    (await check(id, files)).map((answer) => ({ ...answer, status: answer.status === "exists" ? "stored" : answer.status }));
  const differences = [];
  const counting = { ...hasher, digest: async (file) => (read.push(file.name), hasher.digest(file)) };
  const ports = {
    api: fakeApi(store, { check: checking }), transport: store, hasher: counting, clock: fakeClock(), random: seeded(1),
    onDifference: () => differences.push(1), ...more,
  };
  const uploader = new Uploader({ target, items, declaredFiles: count, ports });
  return { store, items, read, differences, uploader, done: uploader.run(signal) };
}

test("the same card goes on: little of it is read again, what is to be sent is read for that", async () => {
  const { items, read, differences, uploader, store, done } = resumed({ stored: 380 });
  const outcome = await done;
  assert.deepEqual([outcome.stored, outcome.verified, outcome.safeToWipe], [380, 20, true]);
  assert.ok(items.slice(380).every(({ name }) => read.includes(name)));
  assert.ok(read.length >= 28 && read.length <= 50, `${read.length} read`);
  assert.equal(differences.length, 0);
  assert.equal(store.objects.size, 400);
  assert.equal(uploader.tally.passedBytes, uploader.tally.total.bytes);
});

test("what an earlier run had read is looked at for damage all the same", async () => {
  const { items, done } = resumed({ more: { hasher: { ...hasher, said: async () => ({ dataType: "", damage: "zeros" }) } } });
  await done;
  const recalled = items.filter(({ isRecalled }) => isRecalled);
  assert.ok(recalled.length > 300);
  assert.ok(recalled.every(({ said }) => said.damage === "zeros"));
});

test("another card with the same names, sizes and times: every file is read, and none is called stored", async () => {
  const { items, read, differences, done } = resumed({ onCard: (n) => bytes(n).replace("file", "life") });
  const outcome = await done;
  assert.equal(outcome.safeToWipe, false);
  assert.equal(outcome.stored, 0);
  assert.deepEqual([...new Set(items.map(({ status }) => status))], ["conflict"]);
  assert.equal(new Set(read).size, 400);
  assert.equal(differences.length, 1);
});

test("one file of hundreds differs where pieces tell it: all that was taken for stored is read after all", async () => {
  const { items, read, differences, uploader, done } = resumed({ onCard: (n) => (n === 300 ? bytes(n).toUpperCase() : bytes(n)) });
  const outcome = await done;
  assert.equal(outcome.safeToWipe, false);
  assert.deepEqual(outcome.notStored.map(({ name, status }) => [name, status]), [[items[300].name, "conflict"]]);
  assert.equal(outcome.stored, 399);
  assert.equal(new Set(read).size, 400);
  assert.equal(differences.length, 1);
  assert.equal(uploader.tally.passedBytes, uploader.tally.total.bytes);
});

test("the first are always read: a difference that no piece tells is found at the first", async () => {
  const { read, differences, done } = resumed({ onCard: (n) => bytes(n).replace("then", "than"), more: { random: () => 0.99 } });
  assert.equal((await done).stored, 0);
  assert.equal(new Set(read).size, 400);
  assert.equal(differences.length, 1);
});

test("a share of the others is read again as well, another share each time: at a draw of 0 every file", async () => {
  const { read, done } = resumed({ count: 60, more: { random: () => 0 } });
  assert.equal((await done).stored, 60);
  assert.equal(new Set(read).size, 60);
});

test("what was recalled says at most that a file was stored: any other answer, and it is read", async () => {
  const { items, read, store, done } = resumed({ count: 40 });
  store.objects.set(items[30].name, "somebody else's"); // since the check
  store.objects.delete(items[31].name);
  const outcome = await done;
  assert.ok(read.includes(items[30].name) && read.includes(items[31].name));
  assert.deepEqual([items[30].status, items[31].status], ["conflict", "verified"]);
  assert.equal(outcome.safeToWipe, false);
});

for (const [what, name, lastModified, isTelling] of [
  ["a camera's image", "20240918032339-snapshot.jpg", "2024-09-18T03:23:39Z", true],
  ["no time in its name", "IMG_0001.JPG", "2024-09-18T03:23:39Z", true],
  ["a recorder's at the beginning of Unix", "19700101_000114.WAV", "2024-09-18T03:23:39Z", false],
  ["the same on the card's own clock", "IMG_0001.JPG", "1970-01-01T00:01:14Z", false],
  ["FAT's beginning", "IMG_0001.JPG", "1980-01-01T00:00:00Z", false],
  ["a camera's beginning", "20000101120000-snapshot.jpg", "2000-01-01T12:00:00Z", false],
  ["weeks after it", "20000214120000-snapshot.jpg", "2000-02-14T12:00:00Z", false],
  ["the first day of a newer firmware", "20190101000500-snapshot.jpg", "2019-01-01T00:05:00Z", false],
  ["the same seen from the west", "IMG_0001.JPG", "2019-01-02T03:05:00Z", false],
  ["in the future by its name", "20380119031407-snapshot.jpg", "2024-09-18T03:23:39Z", false],
  ["in the future by the card", "IMG_0001.JPG", "2027-11-26T08:00:00Z", false],
  ["a clock of a zone ahead", "20261126200000-snapshot.jpg", "2026-11-26T20:00:00Z", true],
]) {
  test(`clocks: ${what} -> ${isTelling ? "may be recalled" : "is always read"}`, () => {
    assert.equal(hasTellingClock({ name, lastModified: Date.parse(lastModified) }, NOW), isTelling);
  });
}

test("no time at all, or none that is one: always read", () => {
  for (const lastModified of [null, NaN, 1e17]) assert.equal(hasTellingClock({ name: "a.jpg", lastModified }, NOW), false);
});

test("files of reset clocks are read though nothing differs", async () => {
  const { items, read, done } = resumed({ count: 60, more: {} });
  for (const item of items.slice(20, 40)) item.lastModified = 74_000;
  const outcome = await done;
  assert.equal(outcome.safeToWipe, true);
  assert.ok(items.slice(20, 40).every(({ name }) => read.includes(name)));
});
