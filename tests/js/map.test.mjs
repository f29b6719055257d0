import assert from "node:assert/strict";
import { test } from "node:test";

import { onEarth, pair, parsed, written } from "../../deployments/static/deployments/map/coordinates.js";
import { matching, season } from "../../deployments/static/deployments/map/filter.js";

for (const [latitude, longitude, place] of [
  ["8.982110", "-79.561044", [8.98211, -79.561044]],
  [" 0 ", "-0", [0, -0]],
  ["+90", "-180", [90, -180]],
  ["5.", ".5", [5, 0.5]],
  ["90.000001", "0", null],
  ["0", "180.000001", null],
  ["", "", null],
  ["8", "", null],
  ["-", "7", null],
  [".", "7", null],
  ["1e1", "7", null],
  ["0x10", "7", null],
  ["8,98", "7", null],
  ["Infinity", "7", null],
]) {
  test(`“${latitude}” and “${longitude}” are ${place ?? "no place"}`, () => {
    const found = parsed(latitude, longitude);
    assert.deepEqual(found && [found.latitude, found.longitude], place);
  });
}

for (const [text, place] of [
  ["8.982110, -79.561044", [8.98211, -79.561044]],
  ["8.98 -79.56", [8.98, -79.56]],
  [" 8.98°; -79.56° ", [8.98, -79.56]],
  ["8.98", null],
  ["95, 10", null],
  ["Ladera, 7", null],
]) {
  test(`“${text}” on the clipboard is ${place ?? "no place"}`, () => {
    const found = pair(text);
    assert.deepEqual(found && [found.latitude, found.longitude], place);
  });
}

for (const [longitude, kept] of [[190, -170], [-190, 170], [179.5, 179.5], [-180, -180], [540, -180], [0, 0]]) {
  test(`the map's longitude ${longitude} is ${kept}`, () => assert.equal(onEarth(0, longitude).longitude, kept));
}

test("past a pole there is nothing", () => assert.equal(onEarth(91, 0).latitude, 90));

for (const [value, text] of [[8.98211, "8.982110"], [-79.5610444, "-79.561044"], [-0.0000001, "0.000000"], [180, "180.000000"]]) {
  test(`${value} is written ${text}`, () => assert.equal(written(value), text));
}

const feature = (deployment_id, properties) => ({
  id: deployment_id,
  geometry: null,
  properties: { deployment_id, status: "active", bucket: "pan", bucket_title: "Panama", system_id: "", camera_id: "", ...properties },
});
const FEATURES = [
  feature("dep000001", { location_name: "Jardín Sur", camera_id: "81B1C025" }),
  feature("dep000002", { location_name: "Ladera", status: "inactive" }),
  feature("dep000003", { location_name: "Savanna Gate", bucket: "ken", bucket_title: "Kenya" }),
];

for (const [wanted, ids] of [
  [{}, [1, 2, 3]],
  [{ status: "active" }, [1, 3]],
  [{ bucket: "pan" }, [1, 2]],
  [{ bucket: "pan", status: "active" }, [1]],
  [{ q: "jardin" }, [1]],
  [{ q: "  SUR jardín " }, [1]],
  [{ q: "81b1" }, [1]],
  [{ q: "kenya" }, [3]],
  [{ q: "dep00000" }, [1, 2, 3]],
  [{ q: "jardin kenya" }, []],
]) {
  test(`${JSON.stringify(wanted)} is ${ids}`, () => {
    const found = matching(FEATURES, { status: "", bucket: "", q: "", ...wanted });
    assert.deepEqual(found.map(({ id }) => Number(id.slice(-1))), ids);
  });
}

test("a season says what is known of it", () => {
  assert.equal(season({ first_day: "2025-04-01", last_day: null }), "2025-04-01 – …");
  assert.equal(season({ first_day: null, last_day: null }), "");
});
