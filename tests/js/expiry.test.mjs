// URLs that run out on a slow link, while a computer sleeps, or in a queue: no file is lost by it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import { goodForMs } from "../../uploads/static/uploads/js/portal/signed-url.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { fakeApi, fakeClock, fakeStore, hasher, makeItems, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const denied = () => new TransferError({ code: "http_403", httpStatus: 403, storeCode: "AccessDenied" });
const stamp = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");

/** A portal that signs for `lifeS` by a clock of its own, and a store that refuses what has run out when it has all of it. */
function world({ lifeS, putMs, aheadMs = 0 }) {
  const clock = fakeClock();
  const portalNow = () => clock.now() + 1_700_000_000_000;
  const store = fakeStore();
  const ends = new Map();
  let grants = 0;
  const signing = (presign) => async (id, files) => {
    const answers = await presign(id, files);
    for (const answer of answers) {
      if (answer.status !== "granted") continue;
      const signedAt = Math.floor(portalNow() / 1000) * 1000;
      answer.url = `${answer.name}?X-Amz-Date=${stamp(signedAt)}&X-Amz-Expires=${lifeS}&n=${(grants += 1)}`;
      ends.set(answer.url, signedAt + lifeS * 1000);
      answer.goodForMs = goodForMs(answer.url, { dateMs: portalNow() + aheadMs });
    }
    return answers;
  };
  const refusals = [];
  const transport = {
    async put(job) {
      await clock.sleep(putMs(job, refusals), job.signal);
      if (portalNow() >= ends.get(job.url)) {
        refusals.push(job.url);
        throw denied();
      }
      return store.put(job);
    },
  };
  const api = fakeApi(store, { presign: signing });
  const items = makeItems(20);
  const uploader = new Uploader({ target, items, declaredFiles: 20, ports: { api, transport, hasher, clock, random: seeded(1) } });
  return { clock, store, api, items, uploader, refusals, run: () => uploader.run(new AbortController().signal) };
}

test("a URL that runs out on its way is renewed as often as the link needs it", async () => {
  let puts = 0;
  const slow = () => ((puts += 1) % 4 ? 2_500 : 100); // three of four come too late
  const { run, refusals, items, store } = world({ lifeS: 2, putMs: slow });
  const outcome = await run();
  assert.ok(refusals.length > items.length, `${refusals.length} refusals`);
  assert.equal(outcome.verified, 20);
  assert.equal(outcome.safeToWipe, true);
  assert.ok(items.every(({ name, file }) => store.objects.get(name) === file.text_));
});

test("a computer that slept in mid-PUT: the URL had run out, though its own clock stood still", async () => {
  const { clock, store, api } = world({ lifeS: 3_600, putMs: () => 0 });
  let slept = 0;
  const transport = {
    async put(job) {
      if (slept === 3) return store.put(job);
      slept += 1;
      clock.skewBy(2 * 3_600_000);
      throw denied();
    },
  };
  const items = makeItems(5);
  const ports = { api, transport, hasher, clock, random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 5, ports }).run(new AbortController().signal);
  assert.equal(outcome.safeToWipe, true);
});

test("a proxy's Date hours ahead of the signing clock: URLs are used anyway", async () => {
  const { run, api, refusals } = world({ lifeS: 3_600, putMs: () => 50, aheadMs: 5 * 3_600_000 });
  const outcome = await run();
  assert.equal(outcome.safeToWipe, true);
  assert.equal(refusals.length, 0);
  assert.equal(api.calls.presign.flat().length, 20);
});

test("a refusal on a URL that is good ends the file after one that is fresh, however slow the answers", async () => {
  const { store, clock, api } = world({ lifeS: 3_600, putMs: () => 0 });
  let tries = 0;
  const transport = {
    async put(job) {
      if (!job.url.startsWith("20240918000002")) return store.put(job);
      tries += 1;
      await clock.sleep(600_000, job.signal);
      throw denied();
    },
  };
  const items = makeItems(6);
  const ports = { api, transport, hasher, clock, random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 6, ports }).run(new AbortController().signal);
  assert.equal(tries, 2);
  assert.deepEqual(outcome.notStored.map(({ code }) => code), ["http_403"]);
  assert.equal(outcome.verified, 5);
});

test("refused on a good URL and then a dozen times on ones that had run out: none of these is meant", async () => {
  const { store, clock, api } = world({ lifeS: 60, putMs: () => 0 });
  let tries = 0;
  const transport = {
    async put(job) {
      tries += 1;
      if (tries > 13) return store.put(job);
      if (tries > 1) await clock.sleep(61_000, job.signal);
      throw denied();
    },
  };
  const items = makeItems(1);
  const ports = { api, transport, hasher, clock, random: seeded(1) };
  const outcome = await new Uploader({ target, items, declaredFiles: 1, ports }).run(new AbortController().signal);
  assert.deepEqual([tries, outcome.safeToWipe], [14, true]);
});
