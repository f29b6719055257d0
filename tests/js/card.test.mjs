// A card sorted into data types.

import assert from "node:assert/strict";
import { test } from "node:test";

import { othersThan, typesOf } from "../../uploads/static/uploads/js/selection/card.js";

const pause = async () => {};
const entriesOf = (...paths) => paths.map((path) => ({ path, name: path.split("/").pop() }));

/** @param {Record<string, string>} said data type by path, of what the files say of themselves */
async function sorted(entries, said = {}) {
  const asked = [];
  const typeInside = async ({ path }) => (asked.push(path), said[path] ?? "");
  return { types: await typesOf(entries, { typeInside, pause }), asked };
}

const byPath = (types) => Object.fromEntries([...types].map(([{ path }, dataType]) => [path, dataType]));

test("content counts more than the folder, the folder more than the name; what is no data is in no list", async () => {
  const entries = entriesOf("c/audio/1.wav", "c/ultrasonic/1.wav", "c/20240918032339-snapshot.jpg", "c/x.jpg", "c/motion/20240918032339-snapshot.jpg", "c/config.json", "c/.Trash/a.jpg");
  const { types } = await sorted(entries, { "c/audio/1.wav": "ultrasound_recordings" });
  assert.deepEqual(byPath(types), {
    "c/audio/1.wav": "ultrasound_recordings",
    "c/ultrasonic/1.wav": "ultrasound_recordings",
    "c/20240918032339-snapshot.jpg": "snapshot_images",
    "c/x.jpg": "",
    "c/motion/20240918032339-snapshot.jpg": "motion_images",
  });
});

test("of a long folder five files are looked into, the first and the last among them; images are not", async () => {
  const names = Array.from({ length: 40 }, (_, number) => `c/2024_09_18/${String(number).padStart(2, "0")}.wav`);
  const said = Object.fromEntries(names.map((name) => [name, "audible_recordings"]));
  const { types, asked } = await sorted(entriesOf(...names, "c/2024_09_18/a.jpg"), said);
  assert.deepEqual(asked, ["00", "09", "19", "29", "39"].map((name) => `c/2024_09_18/${name}.wav`));
  assert.equal([...types.values()].filter((dataType) => dataType === "audible_recordings").length, 40);
});

test("a folder of both is looked into file by file", async () => {
  const names = Array.from({ length: 12 }, (_, number) => `c/d/${String(number).padStart(2, "0")}.wav`);
  const said = Object.fromEntries(names.map((name, index) => [name, index % 2 ? "audible_recordings" : "ultrasound_recordings"]));
  const { types } = await sorted(entriesOf(...names), said);
  assert.deepEqual(byPath(types), said);
});

test("others are what is known to be of another data type, and what does not fit", async () => {
  const entries = entriesOf("c/snapshots/1.jpg", "c/motion/1.jpg", "c/x/1.jpg", "c/x/1.wav", "c/audio/1.wav", "c/config.json");
  const { types } = await sorted(entries);
  const others = (dataType) => entries.filter(othersThan(types, dataType)).map(({ path }) => path);
  assert.deepEqual(others("snapshot_images"), ["c/motion/1.jpg", "c/x/1.wav", "c/audio/1.wav"]);
  assert.deepEqual(others("audible_recordings"), ["c/snapshots/1.jpg", "c/motion/1.jpg", "c/x/1.jpg"]);
});

test("where the card has none that are known to be of it, a person's word counts for all that fit", async () => {
  const entries = entriesOf("c/snapshots/1.jpg", "c/x/1.jpg", "c/audio/1.wav");
  const { types } = await sorted(entries);
  assert.deepEqual(entries.filter(othersThan(types, "motion_images")).map(({ path }) => path), ["c/audio/1.wav"]);
  assert.deepEqual(entries.filter(othersThan(types, "aquatic_recordings")).map(({ path }) => path), ["c/snapshots/1.jpg", "c/x/1.jpg"]);
});
