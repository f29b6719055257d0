// The pool of hashing workers, with workers that answer what a test wants.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FileError } from "../../uploads/static/uploads/js/lib/errors.js";

globalThis.navigator ??= { hardwareConcurrency: 2 };
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
  const { md5, pieces } = await new Hasher().digest(file(10), { partBytes: 0, signal });
  assert.deepEqual([md5, pieces], ["m", "p"]);
});

for (const bytes of [9, 11, 0]) {
  test(`${bytes} bytes read of a file of 10: it has changed, and its checksum is none`, async () => {
    answer = () => ({ bytes, md5: "m" });
    const hasher = new Hasher();
    await assert.rejects(hasher.digest(file(10), { partBytes: 0, signal }), { code: "file_changed" });
    await assert.rejects(hasher.md5(file(10), signal), { code: "file_changed" });
  });
}

test("a file that cannot be read", async () => {
  answer = () => ({ error: "NotFoundError" });
  await assert.rejects(new Hasher().pieces(file(10), signal), FileError);
  await assert.rejects(new Hasher().md5(file(10), signal), { code: "file_unreadable" });
});
