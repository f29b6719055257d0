/** The map under everything: country shapes of our own, tiles if the portal is set to some, and what is told when one fails. */

import { el, escaped, reducedMotion } from "./dom.js";
import { addGraticule } from "./graticule.js";
import { L, topojson } from "./leaflet.js";

const SHAPES = new URL("./vendor/world-atlas-2.0.2/countries-50m.json", import.meta.url);
const FARTHEST_ZOOM = { shapes: 12, tiles: 19 };
// The map goes on past the date line by this much, so that a place beside it has surroundings.
const BEYOND_DEGREES = 30;
const BOUNDS = [
  [-89, -180 - BEYOND_DEGREES],
  [89, 180 + BEYOND_DEGREES],
];

/**
 * A map of the world in `element`, whose `data-tiles` and `data-tiles-attribution` name a tile server, if any.
 * @param {HTMLElement} element
 * @param {object} [options] Leaflet's own, in addition
 */
export function worldMap(element, options = {}) {
  const moves = !reducedMotion();
  const tiles = element.dataset.tiles;
  const map = L.map(element, {
    maxZoom: tiles ? FARTHEST_ZOOM.tiles : FARTHEST_ZOOM.shapes,
    zoomSnap: 0.5,
    maxBounds: BOUNDS,
    maxBoundsViscosity: 1,
    zoomAnimation: moves,
    fadeAnimation: moves,
    markerZoomAnimation: moves,
    inertia: moves,
    attributionControl: false,
    ...options,
  });
  const attribution = L.control.attribution({ prefix: '<a href="https://leafletjs.com">Leaflet</a>' }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.createPane("shapes").style.zIndex = "150"; // beneath the tiles, which cover it where they come
  const notice = noticeOn(map);
  addGraticule(map);
  if (tiles) addTiles(map, tiles, element.dataset.tilesAttribution ?? "", notice);
  addShapes(map, attribution, notice);
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    stayWithinTheWorld(map);
  }).observe(element);
  stayWithinTheWorld(map);
  return map;
}

/**
 * Nobody zooms out so far that there is more frame than world. Once, when the map has a size, and a whole number: clusters
 * are built upon the farthest zoom, and lose lone markers when it changes or is a fraction.
 */
function stayWithinTheWorld(map) {
  if (map.options.minZoom !== undefined || !map.getSize().x) return;
  map.setMinZoom(Math.floor(frameZoom(map)));
}

/** The zoom at which the world fills the map. @param {L.Map} map */
export const frameZoom = (map) => map.getBoundsZoom(BOUNDS, true);

/** @returns {(text: string) => void} says something at the map's foot; "" takes it away */
function noticeOn(map) {
  const line = el("p", { class: "world-notice", role: "status" });
  map.getContainer().append(line);
  return (text) => {
    line.textContent = text;
  };
}

function addTiles(map, address, attribution, notice) {
  const layer = L.tileLayer(address, {
    attribution: escaped(attribution),
    maxZoom: FARTHEST_ZOOM.tiles,
    referrerPolicy: "origin", // public tile servers refuse askers who do not say where they come from
  });
  layer.on("tileerror", () => notice("The tile server does not answer: the plain map is shown instead."));
  layer.on("tileload", () => notice(""));
  layer.addTo(map);
}

async function addShapes(map, attribution, notice) {
  notice("Loading the map …");
  let countries;
  try {
    countries = await shapes();
  } catch {
    notice("The countries could not be loaded. Places are shown all the same; load the page again for the countries.");
    return;
  }
  L.geoJSON(countries.flatMap(flat), {
    pane: "shapes",
    interactive: false,
    style: { className: "world-land" },
  }).addTo(map);
  attribution.addAttribution('<a href="https://www.naturalearthdata.com">Natural Earth</a>');
  notice("");
}

let loading;

/** The countries as GeoJSON features, loaded once for all maps of the page. */
function shapes() {
  loading ??= fetch(SHAPES).then(async (response) => {
    if (!response.ok) throw new Error(`the shapes were answered with ${response.status}`);
    const world = await response.json();
    return topojson.feature(world, world.objects.countries).features;
  });
  return loading;
}

/**
 * A country as a flat map draws it. The shapes are those of a globe: their outlines cross the date line, and Antarctica's
 * goes around the pole. Each polygon is drawn unbroken, once more on the other side where that is in view.
 */
function flat({ geometry }) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const copies = polygons
    .map((rings) => rings.map(unbroken))
    .flatMap((rings) => [-360, 0, 360].map((by) => rings.map((ring) => ring.map(([x, y]) => [x + by, y]))))
    .filter(([outline]) => outline.some(([x]) => Math.abs(x) < 180 + BEYOND_DEGREES));
  return { type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: copies } };
}

/** @param {[number, number][]} ring whose longitudes jump at the date line @returns {[number, number][]} that goes on past it */
function unbroken(ring) {
  let by = 0;
  const outline = ring.map(([x, y], at) => {
    const step = at ? x - ring[at - 1][0] : 0;
    if (Math.abs(step) > 180) by -= Math.sign(step) * 360;
    return [x + by, y];
  });
  if (by) outline.push([outline.at(-1)[0], -90], [outline[0][0], -90]); // around the south pole, which is the map's foot
  return outline;
}
