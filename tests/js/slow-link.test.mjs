import assert from "node:assert/strict";
import { test } from "node:test";

import { TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const BYTES_PER_MS = 256 / 8; // 256 kbit/s
const URL_LIFE_MS = 5 * 60_000;

/** A link that its transfers share evenly, in steps of a tenth of a second. */
function fakeWire(clock, bytesPerMs) {
  const transfers = new Set();
  let isRunning = false;
  async function run() {
    isRunning = true;
    while (transfers.size) {
      await clock.sleep(100);
      const share = (100 * bytesPerMs) / transfers.size;
      for (const transfer of [...transfers]) {
        transfer.left -= share;
        if (transfer.left > 0) continue;
        transfers.delete(transfer);
        transfer.done();
      }
    }
    isRunning = false;
  }
  return (bytes) =>
    new Promise((done) => {
      transfers.add({ left: bytes, done });
      if (!isRunning) void run();
    });
}

for (const [what, sizeOf, mostAsked] of [
  ["of 60 kB", () => 60_000, 500],
  // The pace of the small ones does not foretell the large ones: some URLs are renewed instead of tried.
  ["of 5 kB and then of 400 kB", (n) => (n < 250 ? 5_000 : 400_000), 700],
]) {
  test(`500 files ${what} over 256 kbit/s with URLs that live 5 minutes: none expires`, async () => {
    const clock = fakeClock();
    const wire = fakeWire(clock, BYTES_PER_MS);
    const store = fakeStore();
    const granted = new Map();
    let expired = 0;
    const shortLived = (presign) => async (id, files) => {
      const answers = await presign(id, files);
      for (const answer of answers) {
        if (answer.status !== "granted") continue;
        granted.set(answer.url, clock.now() + URL_LIFE_MS);
        answer.goodForMs = URL_LIFE_MS;
      }
      return answers;
    };
    const transport = {
      async put(job) {
        if (granted.get(job.url) < clock.now()) {
          expired += 1;
          throw new TransferError({ code: "http_403", httpStatus: 403 });
        }
        await wire(job.file.size);
        return store.put(job);
      },
    };
    const items = makeItems(500, (n) => `${n} `.padEnd(sizeOf(n), "x"));
    const api = fakeApi(store, { presign: shortLived });
    const ports = { api, transport, hasher, clock, random: seeded(1) };
    const outcome = await new Uploader({ target, items, declaredFiles: 500, ports }).run(new AbortController().signal);
    assert.equal(outcome.safeToWipe, true);
    assert.equal(expired, 0);
    const bytes = items.reduce((sum, { size }) => sum + size, 0);
    const wireMs = bytes / BYTES_PER_MS;
    assert.ok(clock.now() < 1.1 * wireMs, `${clock.now()} ms, the wire alone ${wireMs} ms`);
    const asked = api.calls.presign.flat().length;
    console.log(`${items.length} files, ${Math.round(clock.now() / 60_000)} min, ${asked} URLs asked for, ${expired} expired`);
    assert.ok(asked <= mostAsked, `${asked} URLs for 500 files`);
  });
}

test("a fast link is granted many files at once: 5,000 in few calls", async () => {
  const clock = fakeClock();
  const wire = fakeWire(clock, 5_000);
  const store = fakeStore();
  const transport = {
    async put(job) {
      await wire(20_000);
      return store.put(job);
    },
  };
  const items = makeItems(5_000);
  const api = fakeApi(store);
  const ports = { api, transport, hasher, clock, random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 5_000, ports }).run(new AbortController().signal);
  assert.equal(outcome.safeToWipe, true);
  assert.ok(api.calls.presign.length <= 30, `${api.calls.presign.length} calls`);
});
