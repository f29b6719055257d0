// The rules that the portal, the page and the script share, by the cases of tests/data/rules.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { EXTENSIONS } from "../../uploads/static/uploads/js/lib/shared.js";
import { namings } from "../../uploads/static/uploads/js/selection/collisions.js";
import { timeOf } from "../../uploads/static/uploads/js/selection/device-time.js";
import { passedOver } from "../../uploads/static/uploads/js/selection/downstream.js";
import { noFacts } from "../../uploads/static/uploads/js/selection/facts/facts.js";
import { factsOf } from "../../uploads/static/uploads/js/selection/facts/read.js";
import { composed, nameFault } from "../../uploads/static/uploads/js/selection/names.js";
import { contradicts, typeByContent, typeByPlace } from "../../uploads/static/uploads/js/selection/sorting.js";
import { reasonToLeaveOut } from "../../uploads/static/uploads/js/selection/selection.js";

const cases = (name) => JSON.parse(readFileSync(new URL(`../data/rules/${name}.json`, import.meta.url), "utf8"));

for (const { name, time } of cases("device_times")) {
  test(`${name} was taken at ${time}`, () => assert.equal(timeOf(name), time));
}

for (const { name, passed_over: reason } of cases("downstream")) {
  test(`${name}: ${reason || "read downstream"}`, () => assert.equal(passedOver(name), reason));
}

for (const { name, fault } of cases("names")) {
  test(`the name ${JSON.stringify(name)}: ${fault || "taken"}`, () => assert.equal(nameFault(name), fault));
}

for (const { path, reason } of cases("left_out")) {
  test(`${path}: ${reason || "sent"}`, () => assert.equal(reasonToLeaveOut(path, new Set(EXTENSIONS.snapshot_images)), reason || null));
}

for (const { why, groups, others } of cases("folders_in_names")) {
  test(why, () => {
    const files = groups.map((group) => group.map(({ path }) => ({ path, name: composed(path.split("/").pop()) })));
    const all = namings(files, [...files.flat().map(({ name }) => name), ...others]);
    const given = groups.flat().map(({ path }) => {
      const { name, code } = all.get(path);
      return { path, name: code ? `(${code})` : name };
    });
    assert.deepEqual(given, groups.flat());
  });
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

for (const { why, name, head, tail, size, facts } of cases("file_facts")) {
  test(`what a file says of itself: ${why}`, () => {
    const [first, last] = [Buffer.from(head, "base64"), Buffer.from(tail || head, "base64")];
    const said = Object.fromEntries(Object.entries(facts).map(([key, value]) => [camel(key), value]));
    assert.deepEqual(factsOf(name, first, last, size), { ...noFacts(), ...said });
  });
}

for (const { path, data_type: dataType } of cases("data_types_by_place")) {
  test(`${path}: ${dataType || "no known data type"}`, () => assert.equal(typeByPlace(path), dataType));
}

test("the sample rate tells the data type of a sound, the text of an AMI system before it", () => {
  const typeOf = (sampleRateHz, madeBy = "", format = "wav") => typeByContent({ format, madeBy, sampleRateHz });
  const types = [16_000, 48_000, 48_001, 95_999, 96_000, 384_000, null].map((rate) => typeOf(rate));
  assert.deepEqual(types, ["audible_recordings", "audible_recordings", "", "", "ultrasound_recordings", "ultrasound_recordings", ""]);
  assert.equal(typeOf(384_000, "audible_microphone"), "audible_recordings");
  assert.equal(typeOf(null, "ultrasonic_microphone"), "ultrasound_recordings");
  assert.equal(typeOf(384_000, "", "jpeg"), "");
});

test("only of the sounds that a sample rate tells apart is a content of another data type", () => {
  assert.equal(contradicts("ultrasound_recordings", "audible_recordings"), true);
  assert.equal(contradicts("audible_recordings", "audible_recordings"), false);
  assert.equal(contradicts("", "audible_recordings"), false);
  assert.equal(contradicts("ultrasound_recordings", "aquatic_recordings"), false);
});
