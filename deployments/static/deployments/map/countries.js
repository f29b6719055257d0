/** The shapes of the countries, by Natural Earth. */

import { topojson } from "./leaflet.js";

/**
 * @typedef {[x: number, y: number]} Point longitude and latitude
 * @typedef {Point[][]} Polygon its outline, and the holes in it
 * @typedef {{id?: string, geometry: {type: "Polygon", coordinates: Polygon}|{type: "MultiPolygon", coordinates: Polygon[]}}} Country
 *   a GeoJSON feature; `id` is its number of ISO 3166-1
 * @typedef {[[south: number, west: number], [north: number, east: number]]} Box
 */

const SHAPES = new URL("./vendor/world-atlas-2.0.2/countries-50m.json", import.meta.url);
// The map goes on past the date line by this much, so that a place beside it has surroundings.
export const BEYOND_DEGREES = 30;

/** @type {Promise<Country[]>|undefined} */ let loading;

/** The countries, loaded once for all maps of the page. */
export function shapes() {
  loading ??= fetch(SHAPES).then(async (response) => {
    if (!response.ok) throw new Error(`the shapes were answered with ${response.status}`);
    const world = await response.json();
    return topojson.feature(world, world.objects.countries).features;
  });
  return loading;
}

/**
 * The bounds of a country's largest piece of land: with its islands overseas, a country may lie all over the world.
 * @param {string} number of ISO 3166-1 @returns {Promise<Box|null>} null if there is no such shape
 */
export async function extent(number) {
  const country = (await shapes()).find(({ id }) => id === number);
  if (!country) return null;
  const outlines = polygons(country).map(([outline]) => unbroken(outline));
  const boxes = outlines.map((outline) => {
    const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
    return /** @type {Box} */ ([
      [Math.min(...ys), Math.min(...xs)],
      [Math.max(...ys), Math.max(...xs)],
    ]);
  });
  const size = (/** @type {Box} */ [[south, west], [north, east]]) => (north - south) * (east - west);
  return boxes.reduce((largest, box) => (size(box) > size(largest) ? box : largest));
}

const polygons = (/** @type {Country} */ { geometry }) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

/**
 * A country as a flat map draws it. The shapes are those of a globe: their outlines cross the date line, and Antarctica's
 * goes around the pole. Each polygon is drawn unbroken, once more on the other side where that is in view.
 * @param {Country} country
 * @returns {import("geojson").Feature}
 */
export function flat(country) {
  const copies = polygons(country)
    .map((rings) => rings.map(unbroken))
    .flatMap((rings) => [-360, 0, 360].map((by) => rings.map((ring) => ring.map(([x, y]) => [x + by, y]))))
    .filter(([outline]) => outline.some(([x]) => Math.abs(x) < 180 + BEYOND_DEGREES));
  return { type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: copies } };
}

/** @param {Point[]} ring whose longitudes jump at the date line @returns {Point[]} that goes on past it */
function unbroken(ring) {
  let by = 0;
  const outline = ring.map(([x, y], at) => {
    const step = at ? x - ring[at - 1][0] : 0;
    if (Math.abs(step) > 180) by -= Math.sign(step) * 360;
    return /** @type {Point} */ ([x + by, y]);
  });
  if (by) outline.push([outline[outline.length - 1][0], -90], [outline[0][0], -90]); // around the south pole, which is the map's foot
  return outline;
}
