/** The map under everything: country shapes of our own, tiles if the portal is set to some, and what is told when one fails. */

import { BEYOND_DEGREES, flat, shapes } from "./countries.js";
import { el, escaped, reducedMotion } from "./dom.js";
import { addGraticule } from "./graticule.js";
import { L } from "./leaflet.js";

const FARTHEST_ZOOM = { shapes: 12, tiles: 19 };
/** @type {import("leaflet").LatLngBoundsLiteral} */
const BOUNDS = [
  [-89, -180 - BEYOND_DEGREES],
  [89, 180 + BEYOND_DEGREES],
];

/**
 * A map of the world in `element`, whose `data-tiles` and `data-tiles-attribution` name a tile server, if any.
 * @param {HTMLElement} element
 * @param {import("leaflet").MapOptions} [options] Leaflet's own, in addition
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
 * @param {import("leaflet").Map} map
 */
function stayWithinTheWorld(map) {
  if (map.options.minZoom !== undefined || !map.getSize().x) return;
  map.setMinZoom(Math.floor(frameZoom(map)));
}

/** The zoom at which the world fills the map. @param {import("leaflet").Map} map */
export const frameZoom = (map) => map.getBoundsZoom(BOUNDS, true);

/** @typedef {(text: string) => void} Notice */

/** @param {import("leaflet").Map} map @returns {Notice} says something at the map's foot; "" takes it away */
function noticeOn(map) {
  const line = el("p", { class: "world-notice", role: "status" });
  map.getContainer().append(line);
  return (text) => {
    line.textContent = text;
  };
}

/**
 * @param {import("leaflet").Map} map
 * @param {string} address
 * @param {string} attribution
 * @param {Notice} notice
 */
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

/**
 * @param {import("leaflet").Map} map
 * @param {import("leaflet").Control.Attribution} attribution
 * @param {Notice} notice
 */
async function addShapes(map, attribution, notice) {
  notice("Loading the map …");
  let countries;
  try {
    countries = await shapes();
  } catch {
    notice("The countries could not be loaded. Places are shown anyway; load the page again for the countries.");
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
