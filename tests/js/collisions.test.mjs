// Which name each of several namesakes gets: more cases, shared with the other clients, in rules.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { namings, nextName } from "../../uploads/static/uploads/js/selection/collisions.js";
import { namesOf } from "../../uploads/static/uploads/js/selection/folder-names.js";
import { nameFault } from "../../uploads/static/uploads/js/selection/names.js";

const MD5 = "0123456789abcdef0123456789abcdef";
const named = (path) => ({ path, name: path.split("/").pop() });
/** New names by path. */
const given = (groups) => {
  const files = groups.map((paths) => paths.map(named));
  return Object.fromEntries([...namings(files, files.flat().map(({ name }) => name))].map(([path, { name }]) => [path, name]));
};
const free = () => false;

test("names given to one group are taken for the next, which is the next by name whatever the order of the selection", () => {
  const a = ["c/p/q/1.jpg", "c/r/1.jpg"];
  const b = ["c/x/p/1-q.jpg", "c/y/s/1-q.jpg"];
  const forwards = given([a, b]);
  assert.deepEqual(given([b, a]), forwards);
  assert.notEqual(forwards["c/p/q/1.jpg"], "1-q.jpg"); // not free: the other group has it on the card
  assert.equal(new Set(Object.values(forwards)).size, 4);
});

test("each new name comes with the one from the time when the folder stood in front", () => {
  const files = ["A/DCIM/1.jpg", "B/DCIM/1.jpg"].map(named);
  const formerNames = [...namings([files], ["1.jpg"]).values()].map(({ formerName }) => formerName);
  assert.deepEqual(formerNames, ["A_DCIM_1.jpg", "B_DCIM_1.jpg"]);
});

test("a name that is taken in the store gives way to one with a folder more, past those of the selection", () => {
  const path = "card/DCIM/100/1.jpg";
  const next = (name, isTaken = free) => nextName({ path, name }, isTaken)?.name ?? null;
  assert.equal(next("1.jpg"), "1-100.jpg");
  assert.equal(next("1-100.jpg"), "1-DCIM-100.jpg");
  assert.equal(next("1.jpg", (name) => name === "1-100.jpg"), "1-DCIM-100.jpg");
  assert.equal(next("1-card-DCIM-100.jpg"), null);
  assert.deepEqual(nextName({ path, name: "1.jpg" }, free), { name: "1-100.jpg", formerName: "100_1.jpg" });
  assert.equal(nextName({ path: "$a/1.jpg", name: "1.jpg" }, free)?.name, "1-$a.jpg");
});

test("at last to one made of its content, also where there is no folder", () => {
  const path = "card/100/1.jpg";
  assert.deepEqual(nextName({ path, name: "1-card-100.jpg", md5: MD5 }, free), { name: "1-100-abcdefgh.jpg", formerName: "" });
  assert.equal(nextName({ path, name: "1-100-abcdefgh.jpg", md5: MD5 }, free), null);
  assert.equal(nextName({ path: "1.jpg", name: "1.jpg", md5: MD5 }, free)?.name, "1-abcdefgh.jpg");
});

test("a file whose own name the portal refuses gets none", () => {
  assert.equal(nextName({ path: "A/$x.jpg", name: "$x.jpg", md5: MD5 }, free), null);
});

test("a file that goes under its former name is never renamed to its own, which other content has", () => {
  assert.equal(nextName({ path: "card/100/1.jpg", name: "100_1.jpg", md5: MD5 }, free)?.name, "1-100.jpg");
});

test("all names that a file may be stored under are asked for, each once, its own first", () => {
  const names = namesOf("card/100/1.jpg", MD5);
  assert.deepEqual(names.slice(0, 3), ["1.jpg", "1-100.jpg", "1-card-100.jpg"]);
  assert.deepEqual(names.slice(-3), ["1-100-abcdefgh.jpg", "100_1.jpg", "card_100_1.jpg"]);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.filter(nameFault), []);
});
