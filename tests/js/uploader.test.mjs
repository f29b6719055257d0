import assert from "node:assert/strict";
import { test } from "node:test";

import { FileError, TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { away, fakeApi, fakeClock, fakeStore, hasher, makeItems, md5, refused, seeded } from "./fakes.mjs";

const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };

function makeUploader({ items, store, api = fakeApi(store), ports = {}, declaredFiles = items.length, seed = 1, dataType = target.data_type }) {
  const clock = fakeClock();
  const all = { api, transport: store, hasher, clock, random: seeded(seed), ...ports };
  return new Uploader({ target: { ...target, data_type: dataType }, items, declaredFiles, ports: all });
}
const run = (options) => makeUploader(options).run(new AbortController().signal);
const busy = (httpStatus, storeCode = "") => new TransferError({ code: `http_${httpStatus}`, httpStatus, storeCode });

test("every file lands once and the card is safe to wipe", async () => {
  const store = fakeStore();
  const api = fakeApi(store);
  const items = makeItems(1_234);
  const uploader = makeUploader({ items, store, api });
  const outcome = await uploader.run(new AbortController().signal);
  assert.equal(outcome.end, "finished");
  assert.equal(outcome.verified, 1_234);
  assert.equal(outcome.safeToWipe, true);
  assert.equal(store.objects.size, 1_234);
  assert.ok(items.every(({ name, file }) => store.objects.get(name) === file.text_));
  assert.deepEqual(api.calls.check.map((batch) => batch.length), [1_000, 234]);
  assert.ok(api.calls.presign.every((batch) => batch.length <= 500));
  assert.equal(api.calls.presign[0][0].path, "100MEDIA/20240918000000-snapshot.jpg");
  assert.equal(uploader.tally.passedBytes, uploader.tally.total.bytes);
});

for (const seed of [1, 2, 3]) {
  test(`mixed faults on a fifth of all calls, seed ${seed}: nothing lost, nothing wrong`, async () => {
    const dice = seeded(seed);
    const faults = [
      () => ({ before: busy(503) }),
      () => ({ before: busy(429) }),
      () => ({ before: away() }),
      () => ({ after: away() }),
      () => ({ content: "flipped" }),
      () => ({ before: busy(400, "RequestTimeout") }),
    ];
    const store = fakeStore(() => (dice() < 0.2 ? faults[Math.floor(dice() * faults.length)]() : null));
    const flaky = (call) => async (...args) => {
      if (dice() < 0.2) throw refused([0, 500, 503, 429][Math.floor(dice() * 4)]);
      return call(...args);
    };
    const api = fakeApi(store, { check: flaky, presign: flaky, confirm: flaky, finish: flaky });
    const items = makeItems(1_000);
    const outcome = await run({ items, store, api, seed });
    assert.equal(outcome.end, "finished");
    assert.equal(outcome.safeToWipe, true);
    assert.ok(items.every(({ name, file }) => store.objects.get(name) === file.text_));
  });
}

test("a lost answer is not a conflict: committed, dropped, 412, verified", async () => {
  const store = fakeStore((_name, tries) => (tries === 1 ? { after: away() } : null));
  const outcome = await run({ items: makeItems(100), store });
  assert.equal(outcome.verified, 100);
  assert.equal(outcome.safeToWipe, true);
});

test("the answer to the very last try lost: the portal is asked anyway", async () => {
  let puts = 0;
  const store = fakeStore(() => ((puts += 1) === 10 ? { after: away() } : { before: away() }));
  const outcome = await run({ items: makeItems(1), store });
  assert.equal(puts, 10);
  assert.equal(outcome.verified, 1);
});

test("412 with other content is told as a mismatch, never as stored", async () => {
  const store = fakeStore();
  const late = (call) => async (id, files) => {
    const answers = await call(id, files);
    for (const { name } of files) store.objects.set(name, "somebody else's");
    return answers;
  };
  const outcome = await run({ items: makeItems(3), store, api: fakeApi(store, { presign: late }) });
  assert.equal(outcome.safeToWipe, false);
  assert.deepEqual(outcome.notStored.map(({ status }) => status), ["mismatch", "mismatch", "mismatch"]);
});

test("an expired URL is signed again once", async () => {
  const store = fakeStore((_name, _tries, url) => (Number(url.split("=")[1]) <= 5 ? { before: busy(403) } : null));
  const api = fakeApi(store);
  const outcome = await run({ items: makeItems(5), store, api });
  assert.equal(outcome.verified, 5);
  assert.equal(api.calls.presign.flat().length, 10);
});

test("a URL that is refused twice ends that file alone, and the maintainers are told", async () => {
  const items = makeItems(10);
  const store = fakeStore((name) => (name === items[4].name ? { before: busy(403, "AccessDenied") } : null));
  const api = fakeApi(store);
  const outcome = await run({ items, store, api });
  assert.equal(outcome.verified, 9);
  assert.equal(outcome.safeToWipe, false);
  assert.deepEqual(api.calls.failures, [
    { name: items[4].name, code: "http_403", message: "", http_status: 403, attempts: 2, step: "send", link: "" },
  ]);
});

test("a URL that ran out while it waited is not tried", async () => {
  const store = fakeStore();
  const soon = (call) => async (id, files) => {
    const answers = await call(id, files);
    return answers.map((answer) => ({ ...answer, goodForMs: files.length > 1 ? 0 : 60_000 }));
  };
  const outcome = await run({ items: makeItems(4), store, api: fakeApi(store, { presign: soon }) });
  assert.equal(outcome.verified, 4);
  assert.equal(store.tries.size, 4);
});

test("other 4xx are never repeated", async () => {
  const store = fakeStore(() => ({ before: busy(400, "InvalidRequest") }));
  const outcome = await run({ items: makeItems(3), store });
  assert.equal(outcome.notStored.length, 3);
  assert.ok([...store.tries.values()].every((tries) => tries === 1));
});

test("ten tries, then the file is set aside and the rest goes on", async () => {
  const items = makeItems(50);
  const store = fakeStore((name) => (name === items[7].name ? { before: busy(503) } : null));
  const outcome = await run({ items, store });
  assert.equal(outcome.verified, 49);
  assert.equal(items[7].tries, 10);
  assert.equal(items[7].status, "failed");
});

test("a file that changed while it was read, before it was sent or since is not verified under the old content", async () => {
  const items = makeItems(6);
  const store = fakeStore((name) => (name === items[1].name ? { before: new FileError("file_changed") } : null));
  const changing = {
    parallel: 1,
    digest: async (file) => {
      if (file === items[0].file) throw new FileError("file_changed");
      return { md5: md5(file.text_), said: { dataType: "", damage: "" }, kept: null };
    },
    said: hasher.said,
    changedSince: async (files) =>
      new Map(files.includes(items[2].file) ? [[items[2].file, new FileError("file_changed")]] : []),
  };
  const outcome = await run({ items, store, ports: { hasher: changing } });
  assert.equal(outcome.verified, 3);
  assert.equal(outcome.safeToWipe, false);
  assert.deepEqual(outcome.notStored.map(({ code }) => code), ["file_changed", "file_changed", "file_changed"]);
});

test("a sound of another data type by its content is not filed under this one; a damaged file is sent and marked", async () => {
  const items = makeItems(4);
  const store = fakeStore();
  const said = (file) => ({ dataType: file === items[1].file ? "ultrasound_recordings" : "audible_recordings", damage: file === items[2].file ? "shorter" : "" });
  const sorting = { ...hasher, digest: async (file) => ({ ...(await hasher.digest(file)), said: said(file) }) };
  const outcome = await run({ items, store, dataType: "audible_recordings", ports: { hasher: sorting } });
  assert.deepEqual(outcome.notStored.map(({ path, code }) => [path, code]), [[items[1].path, "other_type"]]);
  assert.equal(outcome.verified, 3);
  assert.equal(outcome.safeToWipe, false);
  assert.deepEqual(items.map(({ said: { damage } }) => damage), ["", "", "shorter", ""]);
});

test("what was read before, to compare namesakes or by an earlier run, is looked at for type and damage all the same", async () => {
  const items = makeItems(3);
  const store = fakeStore();
  const saying = {
    ...hasher,
    digest: async () => assert.fail("it is read already"),
    said: async (file) => ({ dataType: file === items[0].file ? "ultrasound_recordings" : "", damage: file === items[1].file ? "zeros" : "" }),
  };
  for (const item of items) item.md5 = md5(item.file.text_);
  const outcome = await run({ items, store, dataType: "audible_recordings", ports: { hasher: saying } });
  assert.deepEqual(outcome.notStored.map(({ code }) => code), ["other_type"]);
  assert.deepEqual(items.map(({ said }) => said.damage), ["", "zeros", ""]);
});

test("the verdict is withheld when one confirmation is falsified, or the portal does not agree", async () => {
  const withhold = (call) => async (id, names) => {
    const answers = await call(id, names);
    answers[0].status = "missing";
    return answers;
  };
  let store = fakeStore();
  let outcome = await run({ items: makeItems(20), store, api: fakeApi(store, { confirm: withhold }) });
  assert.equal(outcome.verified, 19);
  assert.equal(outcome.safeToWipe, false);
  store = fakeStore();
  outcome = await run({ items: makeItems(20), store, api: fakeApi(store, { finish: () => async () => ({}) }) });
  assert.equal(outcome.verified, 20);
  assert.equal(outcome.safeToWipe, false);
});

test("files left out for their name keep the card from being called safe", async () => {
  const outcome = await run({ items: makeItems(5), store: fakeStore(), declaredFiles: 7 });
  assert.equal(outcome.verified, 5);
  assert.equal(outcome.safeToWipe, false);
});

test("an answer about other files proves nothing", async () => {
  const store = fakeStore();
  const swapped = (call) => async (id, names) => (await call(id, names)).reverse();
  const outcome = await run({ items: makeItems(5), store, api: fakeApi(store, { confirm: swapped }) });
  assert.equal(outcome.end, "stopped");
  assert.equal(outcome.error.code, "answer_mismatch");
  assert.equal(outcome.verified, 0);
});

test("conflicts and refusals are known by name before a byte is read", async () => {
  const items = makeItems(4);
  const store = fakeStore();
  const refusing = (call) => async (id, files) => {
    const answers = await call(id, files);
    answers[2] = { name: answers[2].name, status: "conflict", code: "stored_differs", message: "Other content." };
    return answers;
  };
  const api = fakeApi(store, { check: refusing });
  const outcome = await run({ items, store, api });
  assert.equal(items[2].md5, undefined);
  assert.deepEqual(outcome.notStored.map(({ code, message }) => [code, message]), [["stored_differs", "Other content."]]);
});

test("signed out on the way: the run stops and says so", async () => {
  const store = fakeStore();
  const outcome = await run({
    items: makeItems(5), store,
    api: fakeApi(store, { presign: () => async () => { throw refused(403); } }),
  });
  assert.equal(outcome.end, "stopped");
  assert.equal(outcome.error.httpStatus, 403);
});

test("cancel stops at once; what had been sent is confirmed and counted; nothing is finished", async () => {
  const cancel = new AbortController();
  let puts = 0;
  const store = fakeStore(() => {
    if ((puts += 1) === 40) cancel.abort(new DOMException("cancelled", "AbortError"));
    return null;
  });
  const api = fakeApi(store);
  const outcome = await makeUploader({ items: makeItems(500), store, api }).run(cancel.signal);
  assert.equal(outcome.end, "cancelled");
  assert.equal(outcome.safeToWipe, false);
  assert.ok(outcome.verified >= 30 && outcome.verified <= 45, `${outcome.verified}`);
  assert.deepEqual(api.calls.finish, []);
});

test("a second run after an interruption sends only what is not there", async () => {
  const store = fakeStore();
  await run({ items: makeItems(30), store });
  const outcome = await run({ items: makeItems(40), store });
  assert.equal(outcome.stored, 30);
  assert.equal(outcome.verified, 10);
  assert.equal(outcome.safeToWipe, true);
});
