// Files that change after they were chosen, on a real disk: reading what is backed by a file tells it.

import assert from "node:assert/strict";
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { changedSince, readError } from "../../uploads/static/uploads/js/lib/card-look.js";

const place = mkdtempSync(join(tmpdir(), "ami-card-"));
after(() => rmSync(place, { recursive: true }));

/** As the browser gives them: with the size and time of the moment of the choice. */
async function chosen(count, bytes = 10) {
  const paths = Array.from({ length: count }, (_, n) => join(place, `${count}-${bytes}-${n}.jpg`));
  for (const path of paths) writeFileSync(path, "x".repeat(bytes));
  return { paths, files: await Promise.all(paths.map((path) => openAsBlob(path))) };
}

test("of many files those that changed since are told, each with its reason, and no other", async () => {
  const { paths, files } = await chosen(200);
  assert.equal((await changedSince(files)).size, 0);
  const changed = [3, 130, 199];
  for (const n of changed) writeFileSync(paths[n], "other and longer");
  const found = await changedSince(files);
  assert.deepEqual([...found.keys()], changed.map((n) => files[n]));
  assert.deepEqual([...found.values()].map(({ code }) => code), ["file_changed", "file_changed", "file_changed"]);
});

test("a large file that changed is told by its beginning", async () => {
  const { paths, files } = await chosen(2, 300_000);
  writeFileSync(paths[1], "y".repeat(300_001));
  assert.deepEqual([...(await changedSince(files)).keys()], [files[1]]);
});

test("what cannot be read is told, what can is not", async () => {
  const { paths, files } = await chosen(1);
  assert.equal(await readError(files[0]), null);
  rmSync(paths[0]);
  assert.match((await readError(files[0])).code, /^file_(changed|unreadable)$/);
});
