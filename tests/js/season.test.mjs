import assert from "node:assert/strict";
import { test } from "node:test";

import { hourOf, sideOf, timesOf } from "../../uploads/static/uploads/js/season.js";

for (const [name, hour] of [
  ["20240918032339-snapshot.jpg", "2024-09-18T03"],
  ["CAMERA-20240918032339-00-07.jpg", "2024-09-18T03"],
  ["20240918_032339.WAV", "2024-09-18T03"],
  ["19700101_000114.wav", "1970-01-01T00"],
  ["100MEDIA_20240229235959.jpg", "2024-02-29T23"],
  ["20230229000000.jpg", null],
  ["20240918240000.jpg", null],
  ["20249918000000_20240918010000.jpg", "2024-09-18T01"],
  ["120240918032339.jpg", null],
  ["IMG_0001.jpg", null],
  ["00000101000000.jpg", null],
]) {
  test(`${name} was taken in the hour ${hour}`, () => assert.equal(hourOf(name), hour));
}

const file = (path) => ({ path, name: path.split("/").pop() });

test("hours are counted, and what the pipelines will not read, each file once", async () => {
  const times = await timesOf(
    ["a/20240918032339.jpg", "a/20240918035900.jpg", "a/20240918042339.JPG", "a/x.jpeg", "Recycled/20240918042339.wav"].map(file),
    async () => {},
  );
  assert.deepEqual(times.hours, { "2024-09-18T03": 2, "2024-09-18T04": 2 });
  assert.equal(times.undated, 1);
  assert.deepEqual(times.ignored, { files: 3, noTime: 1, recycle: 1, extension: 2 });
});

test("a hundred thousand names are read in turns, none of which holds the page up", async () => {
  const files = Array.from({ length: 100_000 }, (_, n) => file(`DCIM/${20240918000000 + (n % 86_400)}-snapshot.jpg`));
  let turns = 0;
  await timesOf(files, async () => void (turns += 1));
  assert.ok(turns > 0);
});

const survey = (season, first, last) => ({ season: { deployment: "dep000119", ...season }, outside_first_day: first, outside_last_day: last });

for (const [season, first, last, side] of [
  [{ first_day: "2025-04-01", last_day: null }, "2024-05-01", "2024-07-30", "began"],
  [{ first_day: "2025-04-01", last_day: "2025-10-01" }, "2024-05-01", "2024-07-30", "began"],
  [{ first_day: "2023-04-01", last_day: "2023-10-01" }, "2024-05-01", "2024-07-30", "ended"],
  [{ first_day: null, last_day: "2023-10-01" }, "2024-05-01", "2024-07-30", "ended"],
  [{ first_day: "2024-06-01", last_day: "2024-06-30" }, "2024-05-01", "2024-07-30", "spans"],
]) {
  test(`${JSON.stringify(season)} against files of ${first} to ${last}: ${side}`, () => assert.equal(sideOf(survey(season, first, last)), side));
}
