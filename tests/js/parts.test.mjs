import assert from "node:assert/strict";
import { test } from "node:test";

import { TransferError } from "../../uploads/static/uploads/js/lib/errors.js";
import { Uploader } from "../../uploads/static/uploads/js/engine/uploader.js";
import { away, fakeApi, fakeClock, fakeLink, fakeStore, hasher, makeItems, md5, refused, seeded } from "./fakes.mjs";

const PART = 10; // bytes; files above 25 bytes go in parts
const target = { deployment: "dep000119", data_type: "snapshot_images", uploader_name: "A", client: "test" };
const { signal } = new AbortController();
const inParts = (text) => text.match(new RegExp(`.{1,${PART}}`, "gs"));

const partHasher = {
  ...hasher,
  async digest(file, { partBytes }) {
    const whole = await hasher.digest(file);
    if (!partBytes) return whole;
    assert.equal(partBytes, PART);
    const partMd5s = inParts(file.text_).map(md5);
    return { ...whole, partMd5s, multipartMd5: `of ${partMd5s.join()}` };
  },
};

/** A portal and a store that know parts. `uploads`: upload id -> {name, parts: Map(number -> text)}. */
function largePlace({ fault = () => null, changes = {} } = {}) {
  const small = fakeStore();
  const uploads = new Map();
  const calls = { puts: [], signed: [], completed: [] };
  const api = fakeApi(small);
  const presign = api.presign;
  const place = {
    uploads, calls, objects: small.objects, nextId: 1,
    api: {
      ...api,
      openSession: async () => ({ id: 1, max_batch: 1_000, multipart_above_bytes: 25, part_size_bytes: PART }),
      async presign(id, files) {
        const answers = await presign(id, files);
        return answers.map((answer, index) => {
          const { name, multipart_md5: wanted } = files[index];
          if (answer.status !== "granted" || !wanted) return answer;
          const known = [...uploads].find(([, upload]) => upload.name === name && upload.wanted === wanted);
          const uploadId = known?.[0] ?? place.nextId++;
          if (!known) uploads.set(uploadId, { name, wanted, parts: new Map() });
          return { name, status: "granted", upload: { id: uploadId, part_size_bytes: PART, parts: wanted.split(",").length } };
        });
      },
      async parts(_id, upload) {
        return [...open(upload).parts].map(([number, text]) => ({ number, size: text.length, md5: md5(text) }));
      },
      async signParts(_id, upload, parts) {
        open(upload);
        calls.signed.push(...parts.map(({ number }) => number));
        return parts.map(({ number, md5: hex }) => ({ number, url: `${upload}/${number}/${hex}`, headers: {}, goodForMs: 3_600_000 }));
      },
      async complete(_id, upload) {
        const { name, wanted, parts } = open(upload);
        calls.completed.push(upload);
        const missing = wanted.split(",").flatMap((_, index) => (parts.has(index + 1) ? [] : [index + 1]));
        if (missing.length) return { status: "incomplete", missing, code: "parts_missing", message: "" };
        small.objects.set(name, [...parts].sort(([a], [b]) => a - b).map(([, text]) => text).join(""));
        uploads.delete(upload);
        return { status: "completed", missing: [], code: "", message: "" };
      },
    },
    transport: {
      async put(job) {
        const [upload, number, hex] = job.url.split("/");
        if (!hex) return small.put(job);
        job.signal.throwIfAborted();
        calls.puts.push(Number(number));
        const kind = fault(Number(number), calls.puts.length, place);
        if (kind?.before) throw kind.before;
        const text = await job.file.text();
        if (md5(text) !== hex) throw new TransferError({ code: "http_400", httpStatus: 400, storeCode: "BadDigest" });
        if (!uploads.has(Number(upload))) throw new TransferError({ code: "http_404", httpStatus: 404, storeCode: "NoSuchUpload" });
        uploads.get(Number(upload)).parts.set(Number(number), text);
        if (kind?.after) throw kind.after;
      },
    },
  };
  const open = (upload) => {
    if (!uploads.has(upload)) throw refused(404);
    return uploads.get(upload);
  };
  for (const [name, change] of Object.entries(changes)) place.api[name] = change(place.api[name]);
  return place;
}

const LARGE = "0123456789".repeat(4) + "end";
const large = () => makeItems(1, () => LARGE);

function go(items, { api, transport }, more = {}) {
  const ports = { api, transport, hasher: partHasher, clock: fakeClock(), random: seeded(1), ...more };
  const uploader = new Uploader({ target, items, declaredFiles: items.length, ports });
  return { uploader, outcome: uploader.run(signal) };
}

test("large files go in parts, small ones as a whole; all are verified", async () => {
  const place = largePlace();
  const items = makeItems(6, (n) => (n % 2 ? `small ${n}` : `${n}`.repeat(42)));
  const { uploader, outcome } = go(items, place);
  assert.equal((await outcome).safeToWipe, true);
  for (const { name, file } of items) assert.equal(place.objects.get(name), file.text_);
  assert.deepEqual([...place.calls.puts].sort(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]);
  assert.equal(uploader.tally.passedBytes, uploader.tally.total.bytes);
  assert.equal(uploader.tally.large.size, 0);
});

test("parts that the store has, from another day or computer, are not sent again", async () => {
  const place = largePlace();
  const wanted = `of ${inParts(LARGE).map(md5).join()}`;
  const parts = new Map([[1, "0123456789"], [2, "damaged..."], [4, "0123456789"]]);
  const items = large();
  place.uploads.set(7, { name: items[0].name, wanted, parts });
  const { uploader, outcome } = go(items, place);
  assert.equal((await outcome).safeToWipe, true);
  assert.deepEqual(place.calls.puts.sort(), [2, 3, 5]);
  assert.equal(uploader.tally.passedBytes, LARGE.length);
  assert.equal(uploader.tally.bytes.sent, LARGE.length - 20);
});

test("each part has tries of its own; an answer that is lost costs one PUT more", async () => {
  const tries = new Map();
  const fault = (number) => {
    tries.set(number, (tries.get(number) ?? 0) + 1);
    if (number === 2 && tries.get(2) < 10) return { before: away() };
    return number === 3 && tries.get(3) === 1 ? { after: away() } : null;
  };
  const items = large();
  const { outcome } = go(items, largePlace({ fault }));
  assert.equal((await outcome).safeToWipe, true);
  assert.deepEqual(Object.fromEntries(tries), { 1: 1, 2: 10, 3: 2, 4: 1, 5: 1 });
  assert.equal(items[0].tries, 10);
});

test("a part that will not go sets its file aside, and the rest goes on", async () => {
  const fault = (number) => (number === 2 ? { before: away() } : null);
  const items = [...large(), ...makeItems(4).slice(1)];
  const place = largePlace({ fault });
  const { outcome } = go(items, place);
  const { notStored, verified } = await outcome;
  assert.equal(verified, 3);
  assert.deepEqual(notStored.map(({ status, code, tries, step }) => [status, code, tries, step]), [["failed", "network", 10, "send"]]);
  assert.equal(place.objects.has(items[0].name), false);
});

test("an upload that the portal has given up is begun again", async () => {
  let hasGone = false;
  const fault = (number, _count, place) => {
    if (number === 3 && !hasGone) {
      hasGone = true;
      place.uploads.clear();
    }
    return null;
  };
  const place = largePlace({ fault });
  const { outcome } = go(large(), place);
  assert.equal((await outcome).safeToWipe, true);
  assert.equal(place.nextId, 3);
});

test("a store that lost a part after all is sent it again", async () => {
  let isFirst = true;
  const forgetful = (complete) => async (id, upload) => {
    if (isFirst) place.uploads.get(upload).parts.delete(4);
    isFirst = false;
    return complete(id, upload);
  };
  const place = largePlace({ changes: { complete: forgetful } });
  const { uploader, outcome } = go(large(), place);
  assert.equal((await outcome).safeToWipe, true);
  assert.equal(place.calls.puts.filter((number) => number === 4).length, 2);
  assert.equal(place.calls.completed.length, 2);
  assert.equal(uploader.tally.passedBytes, LARGE.length);
});

test("a store whose parts never come right ends the file, not the run", async () => {
  const differing = () => async () => ({ status: "mismatch", missing: [], code: "parts_differ", message: "" });
  const { outcome } = go(large(), largePlace({ changes: { complete: differing } }));
  const { notStored, end } = await outcome;
  assert.equal(end, "finished");
  assert.deepEqual(notStored.map(({ code }) => code), ["parts_incomplete"]);
});

test("the key taken at the last moment: the person's choice is asked, and the file goes under its other name", async () => {
  const items = large();
  const { name } = items[0];
  const taken = (complete) => async (id, upload) => {
    if (place.uploads.get(upload)?.name !== name) return complete(id, upload);
    place.objects.set(name, "somebody else's");
    return { status: "conflict", missing: [], code: "stored_differs", message: "" };
  };
  const place = largePlace({ changes: { complete: taken } });
  const { outcome } = go(items, place, { rename: (item) => ({ name: `100MEDIA_${item.name}` }) });
  assert.equal((await outcome).verified, 1);
  assert.equal(place.objects.get(name), "somebody else's");
  assert.equal(place.objects.get(`100MEDIA_${name}`), LARGE);
});

test("a pause in the middle of a large file loses no part that was sent", async () => {
  const link = fakeLink();
  const clock = fakeClock();
  let isCut = false;
  const fault = (number) => {
    if (number === 3 && !isCut) {
      isCut = true;
      link.set(false);
      void clock.sleep(86_400_000).then(() => link.set(true));
      return { before: away() };
    }
    return null;
  };
  const place = largePlace({ fault });
  const { outcome } = go(large(), place, { link, clock });
  assert.equal((await outcome).safeToWipe, true);
  assert.deepEqual(place.calls.puts.filter((number) => number !== 3).sort().slice(0, 2), [1, 2]);
  assert.ok(place.calls.puts.length <= 8, `${place.calls.puts}`);
});
