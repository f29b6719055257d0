// The pool of hashing workers, with workers that answer what a test wants.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FileError } from "../../uploads/static/uploads/js/lib/errors.js";

let answer = () => ({});
globalThis.Worker = class {
  postMessage(job) {
    queueMicrotask(() => this.onmessage({ data: { id: job.id, ...answer(job) } }));
  }
};
const { Hasher } = await import("../../uploads/static/uploads/js/engine/hasher.js");
const { signal } = new AbortController();
const file = (bytes) => new File(["x".repeat(bytes)], "1.jpg");

test("a checksum with as many bytes as the file has", async () => {
  answer = ({ file: { size } }) => ({ bytes: size, md5: "m", pieces: "p" });
  const { md5, pieces } = await new Hasher(2).digest(file(10), { partBytes: 0, signal });
  assert.deepEqual([md5, pieces], ["m", "p"]);
});

for (const bytes of [9, 11, 0]) {
  test(`${bytes} bytes read of a file of 10: it has changed, and its checksum is none`, async () => {
    answer = () => ({ bytes, md5: "m" });
    const hasher = new Hasher(2);
    await assert.rejects(hasher.digest(file(10), { partBytes: 0, signal }), { code: "file_changed" });
    await assert.rejects(hasher.md5(file(10), signal), { code: "file_changed" });
  });
}

test("a file that cannot be read", async () => {
  answer = () => ({ error: "NotFoundError" });
  await assert.rejects(new Hasher(2).pieces(file(10), signal), FileError);
  await assert.rejects(new Hasher(2).md5(file(10), signal), { code: "file_unreadable" });
});

test("a worker for each core but one, four at most; two cores where the browser does not tell", () => {
  const parallels = [1, 2, 3, 5, 64, 0, undefined].map((cores) => new Hasher(cores).parallel);
  assert.deepEqual(parallels, [2, 2, 4, 8, 8, 2, 2]);
});
