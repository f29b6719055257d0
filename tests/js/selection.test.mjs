import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../../uploads/static/uploads/js/page/lists.js";
import { fromDrop, fromPicker } from "../../uploads/static/uploads/js/selection/scan.js";
import { planOf, sendingOf } from "../../uploads/static/uploads/js/selection/selection.js";
import { md5 } from "./fakes.mjs";

const JPEG = new Set(["jpg", "jpeg"]);

const entry = (path, text) => ({
  path, name: path.split("/").pop(), size: text.length, lastModified: 0, file: Object.assign(new File([text], "x"), { text_: text }),
});

async function plan(entries, unreadable = [], broken = () => false) {
  const read = [];
  const made = await planOf({ entries, unreadable }, {
    extensions: JPEG,
    parallel: 1,
    pause: async () => {},
    measure: async () => true,
    whyNoBytes: async ({ path }) => (broken(path) ? "unreadable" : "empty"),
    isOfFile: (error) => error instanceof RangeError,
    onRead: () => {},
    md5: async ({ file, path }) => {
      if (broken(path)) throw new RangeError("unreadable");
      read.push(file.text_);
      return md5(file.text_);
    },
  });
  return { made, read: read.sort() };
}
const sent = (made, choice) => sendingOf(made, choice).files.map(({ entry, name }) => [entry.path, name]);

test("equal names: equal content is sent once, other content waits for a choice; only namesakes of one size are read", async () => {
  const { made, read } = await plan([
    entry("A/1.jpg", "one"), entry("A/2.jpg", "two"), entry("B/2.jpg", "two"),
    entry("A/3.jpg", "abc"), entry("B/3.jpg", "abd"), entry("A/4.jpg", "x"), entry("B/4.jpg", "longer"),
  ]);
  assert.deepEqual(sent(made, null), [["A/1.jpg", "1.jpg"], ["A/2.jpg", "2.jpg"]]);
  assert.deepEqual(made.duplicates, [{ path: "B/2.jpg", sentAs: "A/2.jpg" }]);
  assert.deepEqual(made.groups.map(({ name, files }) => [name, files.map(({ path }) => path)]), [
    ["3.jpg", ["A/3.jpg", "B/3.jpg"]],
    ["4.jpg", ["A/4.jpg", "B/4.jpg"]],
  ]);
  assert.deepEqual(read, ["abc", "abd", "two", "two"]);
});

test("with the folder in the name all are sent; left out they are declared anyway, so nothing is called safe", async () => {
  const { made } = await plan([entry("A/1.jpg", "a"), entry("B/1.jpg", "b"), entry("B/2.jpg", "c")]);
  assert.deepEqual(sent(made, "folder"), [["B/2.jpg", "2.jpg"], ["A/1.jpg", "1-A.jpg"], ["B/1.jpg", "1-B.jpg"]]);
  assert.equal(sendingOf(made, "folder").declaredFiles, 3);
  assert.equal(sendingOf(made, "folder").bytes, 3);
  const without = sendingOf(made, "leave-out");
  assert.equal(without.files.length, 1);
  assert.equal(without.declaredFiles, 3);
  assert.deepEqual(without.unsent, [{ path: "A/1.jpg", code: "left_out" }, { path: "B/1.jpg", code: "left_out" }]);
});

test("of three namesakes two alike: the copy is sent once, and two names are needed, whatever the order of the selection", async () => {
  const files = [entry("A/1.jpg", "a"), entry("B/1.jpg", "a"), entry("C/1.jpg", "b")];
  for (const order of [files, [...files].reverse()]) {
    const { made } = await plan(order);
    assert.deepEqual(made.duplicates, [{ path: "B/1.jpg", sentAs: "A/1.jpg" }]);
    assert.deepEqual(sent(made, "folder"), [["A/1.jpg", "1-A.jpg"], ["C/1.jpg", "1-C.jpg"]]);
  }
});

test("a namesake that cannot be read is no copy of anything, nor is another such", async () => {
  for (const isBroken of [(path) => path === "B/1.jpg", () => true]) {
    const { made } = await plan([entry("A/1.jpg", "a"), entry("B/1.jpg", "a")], [], isBroken);
    assert.deepEqual(made.duplicates, []);
    assert.equal(made.groups[0].files.length, 2);
  }
});

test("empty files are left out, also of namesakes; one that is gone from the card is declared anyway", async () => {
  const { made } = await plan(
    [entry("A/1.jpg", "a"), entry("B/1.jpg", ""), entry("A/2.jpg", ""), entry("A/3.jpg", "")], [], (path) => path === "A/3.jpg",
  );
  assert.deepEqual(sent(made, null), [["A/1.jpg", "1.jpg"]]);
  assert.deepEqual(made.leftOut, [
    { path: "B/1.jpg", reason: "empty" }, { path: "A/2.jpg", reason: "empty" }, { path: "A/3.jpg", reason: "unreadable" },
  ]);
  assert.equal(sendingOf(made, null).declaredFiles, 2);
});

test("nothing disappears: every entry is sent, left out, a copy or a namesake; what could not be read is declared", async () => {
  const entries = Array.from({ length: 5_000 }, (_, n) => entry(`${n % 7}/${n % 900}.${["jpg", "wav", "JPG"][n % 3]}`, `${n % 4}`));
  const { made } = await plan(entries, ["locked", "card/System Volume Information"]);
  const collided = made.groups.reduce((sum, { files }) => sum + files.length, 0);
  assert.equal(made.single.length + made.leftOut.length + made.duplicates.length + collided, 5_002);
  assert.deepEqual(made.leftOut.slice(0, 2), [
    { path: "locked", reason: "unreadable" },
    { path: "card/System Volume Information", reason: "system" },
  ]);
  assert.equal(sendingOf(made, null).declaredFiles, made.single.length + collided + 1);
});

const progress = { signal: new AbortController().signal, onCount: () => {}, pause: async () => {} };

test("a picker's files keep their paths", async () => {
  const folder = Object.assign(new File(["x"], "a.jpg"), { webkitRelativePath: "card/100/a.jpg" });
  const { entries } = await fromPicker([folder, new File(["yy"], "b.jpg")], progress);
  assert.deepEqual(entries.map(({ path, name, size }) => [path, name, size]), [["card/100/a.jpg", "a.jpg", null], ["b.jpg", "b.jpg", null]]);
});

test("a decomposed name is put together, the path stays as it is on the card", async () => {
  const progress = { signal: new AbortController().signal, onCount: () => {}, pause: async () => {} };
  const { entries } = await fromPicker([new File(["x"], "Panama\u0301.jpg")], progress);
  assert.deepEqual(entries.map(({ path, name }) => [path, name]), [["Panama\u0301.jpg", "Panam\u00e1.jpg"]]);
});

test("a drop is walked to its end, by the hundred, and what cannot be read is told", async () => {
  const fileAt = (path, isLocked = false) => ({
    isFile: true, isDirectory: false, fullPath: path,
    file: (resolve, reject) => (isLocked ? reject(new DOMException("", "NotReadableError")) : resolve(new File(["x"], "n"))),
  });
  const folderAt = (path, children) => {
    const batches = [];
    for (let n = 0; n < children.length; n += 100) batches.push(children.slice(n, n + 100));
    const readEntries = (resolve, reject) =>
      path === "/card/locked" ? reject(new DOMException("", "NotReadableError")) : resolve(batches.shift() ?? []);
    return { isFile: false, isDirectory: true, fullPath: path, createReader: () => ({ readEntries }) };
  };
  const many = Array.from({ length: 250 }, (_, n) => fileAt(`/card/A/${n}.jpg`));
  const card = folderAt("/card", [folderAt("/card/A", many), folderAt("/card/locked", []), fileAt("/card/l.jpg", true)]);
  const counts = [];
  const scan = await fromDrop({ handles: [], roots: [card], files: [] }, { ...progress, onCount: (n) => counts.push(n) });
  assert.equal(scan.entries.length, 250);
  assert.ok(scan.entries.every(({ path }) => path.startsWith("card/A/")));
  assert.deepEqual(scan.unreadable.sort(), ["card/l.jpg", "card/locked"]);
  assert.deepEqual(counts.at(-1), 250);
});

test("a saved list holds no live formula and survives commas, quotes and line ends", () => {
  const text = csv([["=1+1", "a,b"], ["@x", 'say "no"'], ["+1", "two\nlines"], ["-1", "plain"]]);
  assert.equal(text, `\ufeff'=1+1,"a,b"\r\n'@x,"say ""no"""\r\n'+1,"two\nlines"\r\n'-1,plain\r\n`);
});
