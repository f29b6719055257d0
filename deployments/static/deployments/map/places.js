/** The deployments on the map: clusters of markers, each with what is known of it a click away. */

import { el, reducedMotion } from "./dom.js";
import { season } from "./filter.js";
import { L } from "./leaflet.js";
import { clusterIcon, icon, sign } from "./markers.js";
import { frameZoom } from "./world.js";

const CLUSTER_RADIUS_PX = 48;
const CLOSEST_FIT = 7; // one place alone is shown with its surroundings, closer only to bring it out of a cluster

/**
 * @typedef {import("./filter.js").Feature} Feature
 * @typedef {import("./filter.js").Properties} Properties
 * @typedef {import("leaflet").Marker & {options: {active: boolean}}} DeploymentMarker
 */

export class Places {
  /**
   * @param {import("leaflet").Map} map
   * @param {Feature[]} features those without a place are passed over
   */
  constructor(map, features) {
    this.map = map;
    /** @type {Map<string, DeploymentMarker>} by deployment */ this.markers = new Map();
    for (const { id, geometry, properties } of features) {
      if (geometry) this.markers.set(id, markerOf(id, geometry.coordinates, properties));
    }
    this.isAnimated = !reducedMotion();
    this.clusters = L.markerClusterGroup({
      maxClusterRadius: CLUSTER_RADIUS_PX,
      showCoverageOnHover: false,
      animate: this.isAnimated,
      spiderfyDistanceMultiplier: 1.6,
      iconCreateFunction: (cluster) => {
        const all = /** @type {DeploymentMarker[]} */ (cluster.getAllChildMarkers());
        return clusterIcon(all.length, all.filter((marker) => marker.options.active).length);
      },
    });
    this.clusters.on("popupopen", ({ popup }) => popup.getElement()?.querySelector("a")?.focus({ preventScroll: true }));
  }

  /**
   * Shows just these, the whole of them in view. Filled while off the map: clusters on it would fly to their places, and those
   * that fly do not answer a click.
   * @param {Feature[]} features
   */
  show(features) {
    this.clusters.clearLayers().remove();
    this.clusters.addLayers(features.flatMap(({ id }) => this.markers.get(id) ?? []));
    this.#fit();
    this.clusters.addTo(this.map);
  }

  #fit() {
    const bounds = this.clusters.getBounds();
    const frame = frameZoom(this.map);
    if (!bounds.isValid()) {
      this.map.setView([15, 0], frame, { animate: false });
      return;
    }
    const zoom = this.map.getBoundsZoom(bounds, false, L.point(80, 80));
    this.map.setView(bounds.getCenter(), Math.max(frame, Math.min(zoom, CLOSEST_FIT)), { animate: false });
  }

  /** Brings one out of its clusters, however many stand at its place, and says what is known of it. @param {string} id */
  bringOut(id) {
    const marker = this.markers.get(id);
    if (!marker) return;
    this.map.setView(marker.getLatLng(), Math.min(this.map.getZoom(), CLOSEST_FIT), { animate: false });
    const show = () => this.clusters.zoomToShowLayer(marker, () => marker.openPopup());
    show();
    // Without animations the end of the zoom that brought a cluster apart folds it again: now that it is over, once more.
    if (!this.isAnimated && !marker.isPopupOpen()) show();
  }
}

/**
 * @param {string} id
 * @param {readonly number[]} at longitude and latitude
 * @param {Properties} properties
 */
function markerOf(id, [longitude, latitude], properties) {
  const active = properties.status === "active";
  const label = `${id} · ${properties.location_name}, ${properties.status}`;
  const options = { icon: icon(active, label), active, riseOnHover: true };
  const marker = /** @type {DeploymentMarker} */ (L.marker([latitude, longitude], options));
  marker.bindPopup(() => told(id, properties, active), { minWidth: 190 });
  marker.on("popupopen", ({ popup }) => {
    const element = popup.getElement();
    if (element) element.onkeydown = (event) => event.key === "Escape" && goBack(marker);
  });
  return marker;
}

/** Leaflet closes a popup by Escape when its map has the focus; here a link inside the popup has it. @param {DeploymentMarker} marker */
function goBack(marker) {
  marker.closePopup();
  marker.getElement()?.focus({ preventScroll: true });
}

/**
 * @param {string} id
 * @param {Properties} properties
 * @param {boolean} active
 */
function told(id, properties, active) {
  const facts = [
    ["Bucket", `${properties.bucket_title} (${properties.bucket})`],
    ["Season", season(properties) || "unknown"],
  ];
  return el(
    "div",
    { class: "map-popup" },
    el("strong", {}, properties.location_name),
    el("p", {}, sign(active), `${id}, ${properties.status}`),
    el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("a", { href: properties.link }, `Open ${id}`),
  );
}
