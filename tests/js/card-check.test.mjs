import assert from "node:assert/strict";
import { test } from "node:test";

import { CardCheck } from "../../uploads/static/uploads/js/engine/card-check.js";
import { ApiError, FileError } from "../../uploads/static/uploads/js/lib/errors.js";
import { nameByContent } from "../../uploads/static/uploads/js/selection/folder-names.js";
import { nameFault } from "../../uploads/static/uploads/js/selection/names.js";
import { fakeClock, md5 } from "./fakes.mjs";

const MIB = 1024 * 1024;
const entry = (path, text, size = text.length) => ({ path, name: path.split("/").pop(), size, lastModified: 0, file: { text } });

const settled = { unsettled: 0, damaged: [], waits: [], waitMs: 0 };
const UNTIL = "2026-11-26T07:31:00Z";

function check(entries, objects, { faults = [], unreadable = [], unsettled = [], changed = [], damaged = [] } = {}) {
  const asked = [];
  const api = {
    async verify({ deployment, data_type: dataType, files }) {
      if (faults.length) throw faults.shift();
      assert.deepEqual([deployment, dataType], ["dep000119", "snapshot_images"]);
      asked.push(files);
      return files.map(({ name, md5: hex }) => {
        if (unsettled.includes(name)) return { name, status: "unsettled", code: "unsettled", message: "", until: UNTIL, waitMs: 600_000 };
        if (!(name in objects)) return { name, status: "missing", code: "missing", message: "Absent." };
        const isSame = md5(objects[name]) === hex;
        return { name, status: isSame ? "stored" : "mismatch", code: isSame ? "" : "stored_differs", message: "" };
      });
    },
  };
  const sum = async ({ text }) => {
    if (unreadable.includes(text)) throw new FileError("file_unreadable");
    return md5(text);
  };
  const hasher = { parallel: 2, md5: sum, digest: async (file) => ({ md5: await sum(file), multipartMd5: "f-5", kept: null }) };
  hasher.said = async (file) => ({ dataType: "", damage: damaged.some((entry) => entry.file === file) ? "zeros" : "" });
  hasher.changedSince = async (files) =>
    new Map(changed.filter(({ file }) => files.includes(file)).map(({ file }) => [file, new FileError("file_changed")]));
  const place = { deployment: "dep000119", data_type: "snapshot_images" };
  const made = new CardCheck({ place, entries, ports: { api, hasher, clock: fakeClock(), random: () => 0.5 } });
  return { made, asked, done: made.run(new AbortController().signal) };
}

test("found under their own names, by content", async () => {
  const { made, done } = check([entry("c/1.jpg", "a"), entry("c/2.jpg", "b")], { "1.jpg": "a", "2.jpg": "b" });
  assert.deepEqual(await done, { total: 2, found: 2, notFound: [], ...settled });
  assert.equal(made.settled, 2);
  assert.equal(made.readBytes, made.total.bytes);
});

test("found under the names that hold a folder, also the former ones; what is not found is told as it stands under its own", async () => {
  const objects = { "1.jpg": "a", "1-101.jpg": "b", "1-card-102.jpg": "c", "104_1.jpg": "f", [nameByContent("card/105/1.jpg", md5("g"))]: "g" };
  const texts = { "card/100/1.jpg": "a", "card/101/1.jpg": "b", "card/102/1.jpg": "c", "card/103/1.jpg": "d", "card/9.jpg": "e", "card/104/1.jpg": "f", "card/105/1.jpg": "g" };
  const entries = Object.entries(texts).map(([path, text]) => entry(path, text));
  const { asked, done } = check(entries, objects);
  const verdict = await done;
  assert.equal(verdict.found, 5);
  assert.deepEqual(verdict.notFound.map(({ path, code }) => [path, code]).sort(), [["card/103/1.jpg", "stored_differs"], ["card/9.jpg", "missing"]]);
  assert.deepEqual(asked[0].map(({ name }) => name), ["1.jpg", "1.jpg", "1.jpg", "1.jpg", "9.jpg", "1.jpg", "1.jpg"]);
});

test("no name is asked for that the portal would refuse", async () => {
  const { asked, done } = check([entry(`${"x".repeat(252)}/1.jpg`, "a"), entry("$a/2.jpg", "b")], {});
  assert.deepEqual((await done).notFound.map(({ code }) => code), ["missing", "missing"]);
  assert.deepEqual(asked.flat().filter(({ name }) => nameFault(name)), []);
});

test("a file that cannot be read is not safe, and the others are looked at anyway", async () => {
  const { done } = check([entry("c/1.jpg", "a"), entry("c/2.jpg", "b")], { "1.jpg": "a", "2.jpg": "b" }, { unreadable: ["b"] });
  assert.deepEqual(await done, { total: 2, found: 1, notFound: [{ path: "c/2.jpg", code: "file_unreadable", message: "" }], ...settled });
});

test("large files bring the checksum of their parts", async () => {
  const { asked, done } = check([entry("c/1.jpg", "a", 65 * MIB), entry("c/2.jpg", "b", 64 * MIB)], { "1.jpg": "a", "2.jpg": "b" });
  assert.equal((await done).found, 2);
  assert.deepEqual(asked[0].map(({ multipart_md5: sum }) => sum), ["f-5", undefined]);
});

test("a portal that is away is asked again; one that refuses ends the check without a verdict", async () => {
  const away = () => new ApiError({ code: "http_503", message: "", httpStatus: 503 });
  const { done } = check([entry("c/1.jpg", "a")], { "1.jpg": "a" }, { faults: [away(), away()] });
  assert.equal((await done).found, 1);
  const refused = new ApiError({ code: "not_found", message: "", httpStatus: 404 });
  await assert.rejects(check([entry("c/1.jpg", "a")], {}, { faults: [refused] }).done, refused);
});

test("what an older program may still overwrite is not safe, and is asked about again without reading the card", async () => {
  const entries = [entry("c/1.jpg", "a"), entry("c/2.jpg", "b"), entry("c/3.jpg", "c")];
  const unsettled = ["2.jpg", "3-c.jpg"];
  const objects = { "1.jpg": "a", "2.jpg": "b", "3.jpg": "other" };
  const { made, asked, done } = check(entries, objects, { unsettled });
  const verdict = await done;
  assert.deepEqual([verdict.found, verdict.unsettled, verdict.waitMs], [1, 2, 600_000]);
  assert.deepEqual(verdict.waits, [{ wait: { code: "unsettled", until: UNTIL } }, { wait: { code: "unsettled", until: UNTIL } }]);
  assert.deepEqual(verdict.notFound.map(({ path, code, until }) => [path, code, until]).sort(), [
    ["c/2.jpg", "unsettled", UNTIL],
    ["c/3.jpg", "unsettled", UNTIL],
  ]);
  unsettled.length = 0;
  const readBytes = made.readBytes;
  const again = await made.askAgain(new AbortController().signal);
  assert.deepEqual([again.found, again.unsettled, again.notFound.map(({ path, code }) => [path, code])], [2, 0, [["c/3.jpg", "stored_differs"]]]);
  assert.equal(made.settled, 3);
  assert.equal(made.readBytes, readBytes);
  assert.ok(asked.some((files) => files.map(({ name }) => name).join() === "2.jpg,3.jpg"));
});

test("asked about again: what has changed on the card since it was read is not safe", async () => {
  const entries = [entry("c/1.jpg", "a"), entry("c/2.jpg", "b")];
  const unsettled = ["1.jpg", "2.jpg"];
  const { made, done } = check(entries, { "1.jpg": "a", "2.jpg": "b" }, { unsettled, changed: [entries[1]] });
  await done;
  unsettled.length = 0;
  const again = await made.askAgain(new AbortController().signal);
  assert.deepEqual([again.found, again.notFound.map(({ path, code }) => [path, code])], [1, [["c/2.jpg", "file_changed"]]]);
});

test("what was found stored and has changed since on the card is not safe, also what was found before it was waited", async () => {
  const entries = [entry("c/1.jpg", "a"), entry("c/2.jpg", "b"), entry("c/3.jpg", "c")];
  const unsettled = ["3.jpg"];
  const changed = [entries[0]];
  const { made, done } = check(entries, { "1.jpg": "a", "2.jpg": "b", "3.jpg": "c" }, { unsettled, changed });
  const before = await done;
  assert.deepEqual([before.found, before.notFound.map(({ path, code }) => [path, code])], [1, [["c/1.jpg", "file_changed"], ["c/3.jpg", "unsettled"]]]);
  unsettled.length = 0;
  changed.push(entries[1]);
  const again = await made.askAgain(new AbortController().signal);
  assert.deepEqual([again.found, again.notFound.map(({ path, code }) => [path, code])], [1, [["c/1.jpg", "file_changed"], ["c/2.jpg", "file_changed"]]]);
});

test("what looks damaged is told of, whether the store has it or not", async () => {
  const entries = [entry("c/1.jpg", "a"), entry("c/2.jpg", "b"), entry("c/3.jpg", "c")];
  const { done } = check(entries, { "1.jpg": "a", "2.jpg": "b" }, { damaged: [entries[1], entries[2]] });
  const verdict = await done;
  assert.deepEqual(verdict.damaged, [{ path: "c/2.jpg", damage: "zeros" }, { path: "c/3.jpg", damage: "zeros" }]);
  assert.equal(verdict.found, 2);
});

test("asked about again while the portal refuses: all is as it was, and can be asked once more", async () => {
  const unsettled = ["1.jpg"];
  const faults = [];
  const { made, done } = check([entry("1.jpg", "a")], { "1.jpg": "a" }, { unsettled, faults });
  const before = await done;
  const refused = new ApiError({ code: "forbidden", message: "", httpStatus: 403 });
  faults.push(refused);
  await assert.rejects(made.askAgain(new AbortController().signal), refused);
  assert.equal(made.settled, 1);
  unsettled.length = 0;
  assert.equal(before.unsettled, 1);
  assert.equal((await made.askAgain(new AbortController().signal)).found, 1);
});
