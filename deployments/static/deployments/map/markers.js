/** How a deployment looks on a map. Shape and shade tell its status, so that colour alone never does. */

import { svg } from "./dom.js";
import { L } from "./leaflet.js";

const SIZE = 26; // at least 24, so that a finger hits it

/** A Leaflet icon made of an element of ours, which says to a screen reader what it is. */
export const LabelledIcon = L.DivIcon.extend({
  createIcon(old) {
    const icon = L.DivIcon.prototype.createIcon.call(this, old);
    icon.setAttribute("aria-label", this.options.label);
    return icon;
  },
});

/**
 * A disc for active, a hollow diamond for inactive.
 * @param {boolean} active
 */
export function sign(active) {
  const shape = active
    ? svg("circle", { cx: 12, cy: 12, r: 8 })
    : svg("path", { d: "M12 3.5 20.5 12 12 20.5 3.5 12Z" });
  return svg("svg", { viewBox: "0 0 24 24", class: `map-sign ${active ? "is-active" : "is-inactive"}`, "aria-hidden": "true" }, shape);
}

/** @param {boolean} active @param {string} label */
export function icon(active, label) {
  return new LabelledIcon({ html: sign(active), label, className: "map-marker", iconSize: [SIZE, SIZE] });
}

/** The marker of the place that is being set: a pin, whose tip is the place. @param {string} label */
export function pin(label) {
  const drawn = svg(
    "svg",
    { viewBox: "0 0 24 32", class: "map-pin", "aria-hidden": "true" },
    svg("path", { d: "M12 1C5.9 1 1 5.9 1 12c0 7.6 9 17.400 11 19 2-1.600 11-11.400 11-19C23 5.900 18.100 1 12 1Z" }),
    svg("circle", { cx: 12, cy: 12, r: 4 }),
  );
  return new LabelledIcon({ html: drawn, label, className: "map-marker", iconSize: [30, 40], iconAnchor: [15, 39] });
}
