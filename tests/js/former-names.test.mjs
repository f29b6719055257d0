// Files that are stored with the folder in front of their names, as it used to be, are not sent again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test", season_reason: "" };

/** Files that go under a name with the folder behind, and had one with the folder in front. */
function renamedItems(count) {
  const items = makeItems(count);
  for (const item of items) {
    item.formerName = `100MEDIA_${item.name}`;
    item.name = item.name.replace(".jpg", "-100MEDIA.jpg");
  }
  return items;
}

function go(items, store, { api = fakeApi(store), ...more } = {}) {
  const ports = { api, transport: store, hasher, clock: fakeClock(), random: seeded(1), ...more };
  return new Uploader({ target, items, declaredFiles: items.length, ports }).run(new AbortController().signal);
}

test("what is stored with the folder in front keeps that name; the others go under the new one", async () => {
  const store = fakeStore();
  const items = renamedItems(6);
  const names = items.map(({ name }) => name);
  for (const { formerName, file } of items.slice(0, 4)) store.objects.set(formerName, file.text_);
  const outcome = await go(items, store);
  assert.deepEqual([outcome.stored, outcome.verified, outcome.safeToWipe], [4, 2, true]);
  assert.deepEqual([...store.objects.keys()].filter((name) => !name.startsWith("100MEDIA_")), names.slice(4));
});

test("of the same name from then only the same content counts", async () => {
  const store = fakeStore();
  const items = renamedItems(2);
  for (const { formerName } of items) store.objects.set(formerName, "other content");
  const rename = ({ path }) => ({ name: path.slice("100MEDIA/".length).replace(".jpg", "-100MEDIA-DCIM.jpg") });
  const outcome = await go(items, store, { rename });
  assert.deepEqual([outcome.verified, outcome.stored], [2, 0]);
  assert.equal(store.objects.size, 4);
});

test("a former name that no file is stored under is never asked to be granted", async () => {
  const store = fakeStore();
  const items = renamedItems(3);
  const api = fakeApi(store);
  const outcome = await go(items, store, { api });
  assert.equal(outcome.safeToWipe, true);
  assert.deepEqual(api.calls.presign.flat().filter(({ name }) => name.startsWith("100MEDIA_")), []);
  assert.deepEqual([...store.objects.keys()].filter((name) => name.startsWith("100MEDIA_")), []);
});

test("after a batch in which there was none they are not looked for any more", async () => {
  const store = fakeStore();
  const items = renamedItems(1_500);
  const api = fakeApi(store);
  await go(items, store, { api });
  assert.equal(api.calls.check.flat().filter(({ name }) => name.startsWith("100MEDIA_")).length, 1_000);
});
