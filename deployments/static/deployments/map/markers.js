/** How a deployment looks on a map. Shape and shade tell its status, so that colour alone never does. */

import { svg } from "./dom.js";
import { L } from "./leaflet.js";

const SIZE = 26; // at least 24, so that a finger hits it

/** A Leaflet icon drawn by `draw` when it is first seen, which says to a screen reader what it is. */
class DrawnIcon extends L.DivIcon {
  /** @param {import("leaflet").DivIconOptions & {draw: () => Element, label: string}} drawing */
  constructor({ draw, label, ...options }) {
    super(options);
    this.draw = draw;
    this.label = label;
  }

  /** @param {HTMLElement} [old] */
  createIcon(old) {
    const icon = super.createIcon(old);
    icon.append(this.draw());
    icon.setAttribute("aria-label", this.label);
    return icon;
  }
}

/** @param {boolean} active a disc for active, a hollow diamond for inactive */
export function sign(active) {
  const shape = active ? svg("circle", { cx: 12, cy: 12, r: 8 }) : svg("path", { d: "M12 3.5 20.5 12 12 20.5 3.5 12Z" });
  return svg("svg", { viewBox: "0 0 24 24", class: `map-sign ${active ? "is-active" : "is-inactive"}`, "aria-hidden": "true" }, shape);
}

/** The marker of one deployment. @param {boolean} active @param {string} label */
export function icon(active, label) {
  return new DrawnIcon({ draw: () => sign(active), label, className: "map-marker", iconSize: [SIZE, SIZE] });
}

/** The marker of the place that is being set: a pin, whose tip is the place. @param {string} label */
export function pin(label) {
  const draw = () =>
    svg(
      "svg",
      { viewBox: "0 0 24 32", class: "map-pin", "aria-hidden": "true" },
      svg("path", { d: "M12 1C5.9 1 1 5.9 1 12c0 7.6 9 17.4 11 19 2-1.6 11-11.4 11-19C23 5.9 18.1 1 12 1Z" }),
      svg("circle", { cx: 12, cy: 12, r: 4 }),
    );
  return new DrawnIcon({ draw, label, className: "map-marker", iconSize: [30, 40], iconAnchor: [15, 39] });
}

/** Several deployments as one: how many, in a ring of which as much is filled as are active. @param {number} all @param {number} active */
export function clusterIcon(all, active) {
  const size = Math.min(58, 34 + 6 * Math.floor(Math.log10(all) * 2));
  const draw = () => {
    const ring = { cx: 24, cy: 24, r: 21, pathLength: 100 };
    const number = svg("text", { x: 24, y: 24 });
    number.append(String(all));
    return svg(
      "svg",
      { viewBox: "0 0 48 48", class: "map-cluster", "aria-hidden": "true" },
      svg("circle", { ...ring, class: "inside" }),
      svg("circle", { ...ring, class: "share", "stroke-dasharray": `${(100 * active) / all} 100`, transform: "rotate(-90 24 24)" }),
      number,
    );
  };
  const label = `${all} deployments, ${active} of them active: show them apart`;
  return new DrawnIcon({ draw, label, className: "map-marker", iconSize: [size, size] });
}
