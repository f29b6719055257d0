import assert from "node:assert/strict";
import { test } from "node:test";

import { nameAt, nameFault, namings, nextName } from "../../uploads/static/uploads/js/collisions.js";

const named = (path) => ({ path, name: path.split("/").pop() });
/** New names by path; a file that gets none has its code in brackets. */
const given = (groups, others = []) => {
  const files = groups.map((paths) => paths.map(named));
  const names = [...files.flat().map(({ name }) => name), ...others];
  const all = namings(files, names);
  return Object.fromEntries([...all].map(([path, { name, code }]) => [path, code ? `(${code})` : name]));
};

test("each of the namesakes takes its nearest folder", () => {
  assert.deepEqual(given([["card/100MEDIA/IMG_0001.jpg", "card/101MEDIA/IMG_0001.jpg"]]), {
    "card/100MEDIA/IMG_0001.jpg": "100MEDIA_IMG_0001.jpg",
    "card/101MEDIA/IMG_0001.jpg": "101MEDIA_IMG_0001.jpg",
  });
});

test("all of a group take one folder more while two are alike, through three levels, up to the root", () => {
  assert.deepEqual(given([["A/DCIM/100/1.jpg", "B/DCIM/100/1.jpg", "B/DCIM/101/1.jpg"]]), {
    "A/DCIM/100/1.jpg": "A_DCIM_100_1.jpg",
    "B/DCIM/100/1.jpg": "B_DCIM_100_1.jpg",
    "B/DCIM/101/1.jpg": "B_DCIM_101_1.jpg",
  });
});

test("and while one is the name of any other file of the selection", () => {
  const paths = ["card/x/100/1.jpg", "card/y/101/1.jpg"];
  assert.deepEqual(Object.values(given([paths], ["100_1.jpg"])), ["x_100_1.jpg", "y_101_1.jpg"]);
  assert.deepEqual(Object.values(given([paths], ["100_1.jpg", "y_101_1.jpg"])), ["card_x_100_1.jpg", "card_y_101_1.jpg"]);
});

test("names given to one group are taken for the next, which is the next by name whatever the order of the selection", () => {
  const a = ["c/p/q/1.jpg", "c/r/1.jpg"];
  const b = ["c/x/p/q_1.jpg", "c/y/s/q_1.jpg"];
  const expected = {
    "c/p/q/1.jpg": "q_1.jpg", // not free: the other group has it on the card
  };
  const forwards = given([a, b]);
  assert.deepEqual(given([b, a]), forwards);
  assert.notEqual(forwards["c/p/q/1.jpg"], expected["c/p/q/1.jpg"]);
  assert.equal(new Set(Object.values(forwards)).size, 4);
});

test("a file outside every folder keeps its name, which then is its own", () => {
  assert.deepEqual(Object.values(given([["1.jpg", "A/1.jpg", "B/1.jpg"]])), ["1.jpg", "A_1.jpg", "B_1.jpg"]);
});

test("a group that cannot be told apart is left out as a whole", () => {
  assert.deepEqual(given([["a/b_c/1.jpg", "a_b/c/1.jpg", "x/y/1.jpg"]]), {
    "a/b_c/1.jpg": "b_c_1.jpg", "a_b/c/1.jpg": "c_1.jpg", "x/y/1.jpg": "y_1.jpg",
  });
  const alike = ["a/b_c/1.jpg", "a_b/b_c/1.jpg"];
  assert.deepEqual(Object.values(given([alike])), ["a_b_c_1.jpg", "a_b_b_c_1.jpg"]);
  const hopeless = ["a/b/1.jpg", "a_b/1.jpg"];
  assert.deepEqual(Object.values(given([hopeless], ["b_1.jpg", "a_b_1.jpg"])), ["(not_told_apart)", "(not_told_apart)"]);
});

test("Thai folders count in bytes: at 255 the name stands, beyond it that file alone is left out", () => {
  const thai = (characters) => "ก".repeat(characters); // three bytes each
  const fits = `${thai(80)}/1234567890.jpg`; // 240 + 1 + 14 = 255 bytes
  assert.equal(nameFault(nameAt(fits, 1)), "");
  const [short, long] = Object.values(given([[fits, `${thai(81)}/1234567890.jpg`]]));
  assert.equal(short, `${thai(80)}_1234567890.jpg`);
  assert.equal(long, "(name_too_long)");
});

for (const [name, code] of [
  ["100_1.jpg", ""],
  ["สถานี_1.jpg", ""],
  ["$x_1.jpg", "name_hidden"],
  ["a..b_1.jpg", "name_path"],
  ["a\\b_1.jpg", "name_path"],
  [" a_1.jpg", "name_blank"],
  ["Estacio\u0301n_1.jpg", "name_not_nfc"],
  ["a\u202eb_1.jpg", "name_characters"],
  ["a\ud800_1.jpg", "name_characters"],
]) {
  test(`the name ${JSON.stringify(name)}: ${code || "taken"}`, () => assert.equal(nameFault(name), code));
}

test("a name that is taken in the store gives way to one with a folder more, past those of the selection", () => {
  const path = "card/DCIM/100/1.jpg";
  const free = () => false;
  assert.equal(nextName({ path, name: "1.jpg" }, free), "100_1.jpg");
  assert.equal(nextName({ path, name: "100_1.jpg" }, free), "DCIM_100_1.jpg");
  assert.equal(nextName({ path, name: "1.jpg" }, (name) => name === "100_1.jpg"), "DCIM_100_1.jpg");
  assert.equal(nextName({ path, name: "card_DCIM_100_1.jpg" }, free), null);
  assert.equal(nextName({ path: "1.jpg", name: "1.jpg" }, free), null);
  assert.equal(nextName({ path: "$a/1.jpg", name: "1.jpg" }, free), null);
});
