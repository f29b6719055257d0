import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../../uploads/static/uploads/js/lists.js";
import { messages, t } from "../../uploads/static/uploads/js/messages.js";
import { fromDrop, fromPicker } from "../../uploads/static/uploads/js/scan.js";
import { declaredFiles, planOf, reasonToLeaveOut } from "../../uploads/static/uploads/js/selection.js";
import { md5 } from "./fakes.mjs";

const JPEG = new Set(["jpg", "jpeg"]);

for (const [path, size, expected] of [
  ["card/100MEDIA/IMG_0001.JPG", 5, null],
  ["card/a.jpeg", 5, null],
  ["a.jpg", 0, "empty"],
  ["card/.hidden/a.jpg", 5, "hidden"],
  ["card/._a.jpg", 5, "hidden"],
  [".DS_Store", 5, "hidden"],
  ["card/Thumbs.db", 5, "system"],
  ["card/desktop.ini", 5, "system"],
  ["$RECYCLE.BIN/x/a.jpg", 5, "system"],
  ["System Volume Information/a.jpg", 5, "system"],
  ["__MACOSX/a.jpg", 5, "system"],
  ["card/a.wav", 5, "extension"],
  ["card/jpg", 5, "extension"],
  ["card/a.jpg.part", 5, "extension"],
]) {
  test(`${path} (${size} bytes): ${expected ?? "sent"}`, () => assert.equal(reasonToLeaveOut(path, size, JPEG), expected));
}

const entry = (path, text) => ({
  path, name: path.split("/").pop(), size: text.length, file: Object.assign(new File([text], "x"), { text_: text }),
});

function plan(entries, unreadable = []) {
  const read = [];
  const ports = {
    extensions: JPEG,
    pause: async () => {},
    md5: async (file) => (read.push(file.text_), md5(file.text_)),
  };
  return planOf({ entries, unreadable }, ports).then((made) => ({ made, read }));
}

test("equal names: equal content is sent once, other content not at all; only namesakes are read", async () => {
  const { made, read } = await plan([
    entry("A/1.jpg", "one"), entry("A/2.jpg", "two"), entry("B/2.jpg", "two"),
    entry("A/3.jpg", "abc"), entry("B/3.jpg", "abd"), entry("A/4.jpg", "x"), entry("B/4.jpg", "longer"),
  ]);
  assert.deepEqual(made.send.map(({ path }) => path), ["A/1.jpg", "A/2.jpg"]);
  assert.deepEqual(made.duplicates, [{ path: "B/2.jpg", sentAs: "A/2.jpg" }]);
  assert.deepEqual(made.collisions, [
    { name: "3.jpg", paths: ["A/3.jpg", "B/3.jpg"] },
    { name: "4.jpg", paths: ["A/4.jpg", "B/4.jpg"] },
  ]);
  assert.deepEqual(read, ["two", "two", "abc", "abd"]);
  assert.equal(declaredFiles(made), 6);
  assert.equal(made.sendBytes, 6);
});

test("of three namesakes two alike are no agreement", async () => {
  const { made } = await plan([entry("A/1.jpg", "a"), entry("B/1.jpg", "a"), entry("C/1.jpg", "b")]);
  assert.equal(made.send.length, 0);
  assert.equal(made.collisions[0].paths.length, 3);
});

test("nothing disappears: every entry is sent, left out, a copy or a collision", async () => {
  const entries = Array.from({ length: 5_000 }, (_, n) => entry(`${n % 7}/${n % 900}.${["jpg", "wav", "JPG"][n % 3]}`, `${n % 4}`));
  const { made } = await plan(entries, ["locked"]);
  const collided = made.collisions.reduce((sum, { paths }) => sum + paths.length, 0);
  assert.equal(made.send.length + made.leftOut.length + made.duplicates.length + collided, 5_001);
  assert.deepEqual(made.leftOut[0], { path: "locked", reason: "unreadable" });
});

const progress = { signal: new AbortController().signal, onCount: () => {}, pause: async () => {} };

test("a picker's files keep their paths", async () => {
  const folder = Object.assign(new File(["x"], "a.jpg"), { webkitRelativePath: "card/100/a.jpg" });
  const { entries } = await fromPicker([folder, new File(["yy"], "b.jpg")], progress);
  assert.deepEqual(entries.map(({ path, name, size }) => [path, name, size]), [["card/100/a.jpg", "a.jpg", 1], ["b.jpg", "b.jpg", 2]]);
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
  const scan = await fromDrop({ roots: [card], files: [] }, { ...progress, onCount: (n) => counts.push(n) });
  assert.equal(scan.entries.length, 250);
  assert.ok(scan.entries.every(({ path }) => path.startsWith("card/A/")));
  assert.deepEqual(scan.unreadable.sort(), ["card/l.jpg", "card/locked"]);
  assert.deepEqual(counts.at(-1), 250);
});

test("a saved list holds no live formula and survives commas, quotes and line ends", () => {
  const text = csv([["=1+1", "a,b"], ["@x", 'say "no"'], ["+1", "two\nlines"], ["-1", "plain"]]);
  assert.equal(text, `\ufeff'=1+1,"a,b"\r\n'@x,"say ""no"""\r\n'+1,"two\nlines"\r\n'-1,plain\r\n`);
});

test("messages: singular and plural, numbers written out, a missing value is an error", () => {
  assert.equal(t("review.send", { count: 1, bytes: "2 MB" }), "1 file, 2 MB");
  assert.equal(t("review.send", { count: 3500, bytes: "7 GB" }), "3,500 files, 7 GB");
  assert.throws(() => t("review.send", { count: 2 }), /lacks bytes/);
  assert.throws(() => t("no.such"), /no message/);
  assert.ok(Object.values(messages).every((entry) => typeof entry === "string" || (entry.one && entry.other)));
});
