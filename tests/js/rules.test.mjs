// The rules that the portal, the page and the script share, by the cases of tests/data/rules.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { EXTENSIONS } from "../../uploads/static/uploads/js/lib/shared.js";
import { namings } from "../../uploads/static/uploads/js/selection/collisions.js";
import { timeOf } from "../../uploads/static/uploads/js/selection/device-time.js";
import { passedOver } from "../../uploads/static/uploads/js/selection/downstream.js";
import { composed, nameFault } from "../../uploads/static/uploads/js/selection/names.js";
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
