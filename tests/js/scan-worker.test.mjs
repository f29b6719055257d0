import assert from "node:assert/strict";
import { test } from "node:test";

const told = [];
let finish;
globalThis.self = {
  postMessage(message) {
    told.push({ ...message, found: [...message.found] }); // as it is now: what is posted is copied
    if (message.isDone) finish();
  },
};
await import("../../uploads/static/uploads/js/selection/scan-worker.js");

async function scanned(...handles) {
  told.length = 0;
  const done = new Promise((resolve) => (finish = resolve));
  globalThis.self.onmessage({ data: handles });
  await done;
  return { paths: told.flatMap(({ found }) => found.map(({ path }) => path)), unreadable: told.flatMap((each) => each.unreadable) };
}

const turns = (count) => new Promise((resolve) => (count ? setImmediate(() => turns(count - 1).then(resolve)) : resolve()));
const fileOf = (name, { isLocked = false } = {}) => ({
  kind: "file", name,
  async getFile() {
    await turns(name.length % 3); // some answers overtake others
    if (isLocked) throw new DOMException("", "NotReadableError");
    return { name };
  },
});
const folderOf = (name, children) => ({
  kind: "directory", name,
  async *values() {
    if (!children) throw new DOMException("", "NotAllowedError");
    yield* children;
  },
});

test("thousands of files in folders within folders: each is told once, in portions", async () => {
  const media = [0, 1, 2].map((folder) => {
    const files = Array.from({ length: 1_700 }, (_, n) => fileOf(`${"x".repeat(n % 7)}${n}.jpg`));
    return folderOf(`10${folder}MEDIA`, files);
  });
  const { paths, unreadable } = await scanned(folderOf("card", [folderOf("DCIM", media), fileOf("readme.txt")]), fileOf("single.jpg"));
  assert.equal(paths.length, 3 * 1_700 + 2);
  assert.equal(new Set(paths).size, paths.length);
  assert.ok(paths.includes("card/DCIM/102MEDIA/0.jpg") && paths.includes("card/readme.txt") && paths.includes("single.jpg"));
  assert.deepEqual(unreadable, []);
  assert.ok(told.length > 8, `${told.length} portions`);
  assert.ok(told.slice(0, -1).every(({ found }) => found.length <= 600));
});

test("what cannot be read is told by its path", async () => {
  const card = folderOf("card", [fileOf("a.jpg"), fileOf("b.jpg", { isLocked: true }), folderOf("locked", null)]);
  const { paths, unreadable } = await scanned(card);
  assert.deepEqual(paths, ["card/a.jpg"]);
  assert.deepEqual(unreadable.sort(), ["card/b.jpg", "card/locked"]);
});
