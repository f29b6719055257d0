import assert from "node:assert/strict";
import { test } from "node:test";

import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { away, fakeApi, fakeClock, fakeStore, hasher, makeItems, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };

function run({ items, store, ports }) {
  const all = { api: fakeApi(store), transport: store, hasher, random: seeded(1), ...ports };
  return new Uploader({ target, items, declaredFiles: items.length, ports: all }).run(new AbortController().signal);
}

test("a store away for a minute costs no file, and at most two calls a second", async () => {
  let calls = 0;
  const clock = fakeClock();
  const store = fakeStore(() => {
    if (clock.now() >= 60_000) return null;
    calls += 1;
    return { before: away() };
  });
  const outcome = await run({ items: makeItems(300), store, ports: { clock } });
  assert.equal(outcome.verified, 300);
  assert.ok(calls <= 120, `${calls} calls in 60 s`);
});

test("a store away for an hour costs no file either: they take turns at asking", async () => {
  const clock = fakeClock();
  const store = fakeStore(() => (clock.now() < 3_600_000 ? { before: away() } : null));
  const items = makeItems(100);
  const outcome = await run({ items, store, ports: { clock } });
  assert.equal(outcome.verified, 100);
  assert.ok(Math.max(...items.map(({ tries }) => tries)) <= 9);
});

test("every answer lost once: the store is not taken to be away for long", async () => {
  const clock = fakeClock();
  const store = fakeStore((_name, tries) => (tries === 1 ? { after: away() } : null));
  const outcome = await run({ items: makeItems(300), store, ports: { clock } });
  assert.equal(outcome.verified, 300);
  assert.ok(clock.now() < 300_000, `${clock.now()} ms`);
});
