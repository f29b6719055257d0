import assert from "node:assert/strict";
import { test } from "node:test";

import { sideOf, timesOf } from "../../uploads/static/uploads/js/selection/season.js";

const file = (path) => ({ path, name: path.split("/").pop() });

test("hours are counted, and what the pipelines will not read, each file once, whatever its ending and folder", async () => {
  const times = await timesOf(
    [
      "a/20240918032339.jpg", "a/20240918035900.JPG", "recycled/20240918042339.jpeg", "a/20240918_042339.wav", "a/x.jpeg", "a/y.jpg",
      "a/PXL_20240918_052339.jpg", "a/19700101000114.jpg", "a/recycled-19700101_000114.wav",
    ].map(file),
    async () => {},
  );
  assert.deepEqual(times.hours, { "2024-09-18T03": 2, "2024-09-18T04": 2, "2024-09-18T05": 1, "1970-01-01T00": 2 });
  assert.equal(times.undated, 2);
  assert.deepEqual(times.ignored, {
    no_time: { count: 2, example: "x.jpeg" },
    time_unread: { count: 1, example: "PXL_20240918_052339.jpg" },
    clock: { count: 1, example: "19700101000114.jpg" },
    recycle: { count: 1, example: "recycled-19700101_000114.wav" },
  });
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
