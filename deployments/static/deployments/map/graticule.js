/** Lines of latitude and longitude with their degrees, as close as the zoom asks for: what a plain map goes by close up. */

import { el } from "./dom.js";
import { L } from "./leaflet.js";

const STEPS = [60, 30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const APART_PX = 80;
const EDGE_DEGREES = 85; // where the map's projection ends

/** @typedef {import("leaflet").LatLngTuple} LatLngTuple */

/** @param {import("leaflet").Map} map */
export function addGraticule(map) {
  const lines = L.layerGroup().addTo(map);
  const labels = el("div", { class: "world-degrees", "aria-hidden": "true" });
  map.getContainer().append(labels);

  const draw = () => {
    if (!map.getSize().x) return;
    const view = map.getBounds();
    const step = STEPS.findLast((degrees) => degrees * pixelsPerDegree(map) >= APART_PX) ?? STEPS[0];
    const [west, east] = [view.getWest(), view.getEast()];
    const [south, north] = [Math.max(-EDGE_DEGREES, view.getSouth()), Math.min(EDGE_DEGREES, view.getNorth())];
    lines.clearLayers();
    labels.replaceChildren();
    const line = (/** @type {LatLngTuple[]} */ ...ends) =>
      L.polyline(ends, { pane: "shapes", interactive: false, className: "world-line" }).addTo(lines);
    const label = (/** @type {string} */ text, /** @type {string} */ edge, /** @type {string} */ translate) => {
      const placed = el("span", { class: edge }, text);
      placed.style.translate = translate;
      labels.append(placed);
    };
    for (const longitude of multiples(step, west, east)) {
      line([south, longitude], [north, longitude]);
      label(degreesOf(around(longitude), "E", "W"), "at-top", `${map.latLngToContainerPoint([north, longitude]).x}px`);
    }
    for (const latitude of multiples(step, south, north)) {
      line([latitude, west], [latitude, east]);
      label(degreesOf(latitude, "N", "S"), "at-right", `0 ${map.latLngToContainerPoint([latitude, west]).y}px`);
    }
  };
  map.on("moveend resize", draw);
  map.whenReady(draw);
}

const pixelsPerDegree = (/** @type {import("leaflet").Map} */ map) => (256 * 2 ** map.getZoom()) / 360;

/**
 * @param {number} step
 * @param {number} from
 * @param {number} to
 * @returns {number[]} without the dust of binary fractions
 */
function multiples(step, from, to) {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, at) => Number(((first + at) * step).toFixed(3)));
}

const around = (/** @type {number} */ longitude) => (longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude);

/**
 * @param {number} value
 * @param {string} positive letter of its side of the world
 * @param {string} negative
 */
function degreesOf(value, positive, negative) {
  const rounded = Number(Math.abs(value).toFixed(3));
  return `${rounded}°${rounded === 0 || rounded === 180 ? "" : value > 0 ? positive : negative}`;
}
