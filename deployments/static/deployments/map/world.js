/** The map under everything: country shapes of our own, tiles if the portal is set to some, and what is told when one fails. */

import { el, escaped, reducedMotion } from "./dom.js";
import { L, topojson } from "./leaflet.js";

const SHAPES = new URL("./vendor/world-atlas-2.0.2/countries-50m.json", import.meta.url);
const FARTHEST_ZOOM = { shapes: 12, tiles: 19 };
// The map goes on past the date line by this much, so that a place beside it has surroundings.
const BEYOND_DEGREES = 60;
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
    minZoom: 1,
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
  if (tiles) addTiles(map, tiles, element.dataset.tilesAttribution ?? "", notice);
  addShapes(map, attribution, notice);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return map;
}

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
  L.geoJSON([...countries, ...beyondTheDateLine(countries)], {
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

/** What lies near the date line, drawn once more on its other side. */
function beyondTheDateLine(countries) {
  return countries.flatMap((country) =>
    [-360, 360].flatMap((by) => {
      const polygons = country.geometry.type === "Polygon" ? [country.geometry.coordinates] : country.geometry.coordinates;
      const near = polygons.filter(([outline]) => outline.some(([longitude]) => Math.abs(longitude + by) < 180 + BEYOND_DEGREES));
      const moved = near.map((rings) => rings.map((ring) => ring.map(([longitude, latitude]) => [longitude + by, latitude])));
      return moved.length ? [{ type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: moved } }] : [];
    }),
  );
}
