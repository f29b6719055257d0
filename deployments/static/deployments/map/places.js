/** The deployments on the map: clusters of markers, each with what is known of it a click away. */

import { el, reducedMotion } from "./dom.js";
import { season } from "./filter.js";
import { L } from "./leaflet.js";
import { clusterIcon, icon, sign } from "./markers.js";
import { frameZoom } from "./world.js";

const CLUSTER_RADIUS_PX = 48;
const CLOSEST_FIT = 7; // one place alone is shown with its surroundings, closer only to bring it out of a cluster

export class Places {
  /**
   * @param {L.Map} map
   * @param {import("./filter.js").Feature[]} features those without a place are passed over
   */
  constructor(map, features) {
    this.map = map;
    this.markers = new Map(features.filter((feature) => feature.geometry).map((feature) => [feature.id, markerOf(feature)]));
    this.clusters = L.markerClusterGroup({
      maxClusterRadius: CLUSTER_RADIUS_PX,
      showCoverageOnHover: false,
      animate: !reducedMotion(),
      spiderfyDistanceMultiplier: 1.6,
      iconCreateFunction: (cluster) => {
        const all = cluster.getAllChildMarkers();
        return clusterIcon(all.length, all.filter((marker) => marker.options.active).length);
      },
    });
    this.clusters.on("popupopen", ({ popup }) => popup.getElement().querySelector("a").focus({ preventScroll: true }));
  }

  /**
   * Shows just these, the whole of them in view. Filled while off the map: clusters on it would fly to their places, and those
   * that fly do not answer a click.
   * @param {import("./filter.js").Feature[]} features
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
    this.map.setView(marker.getLatLng(), Math.min(this.map.getZoom(), CLOSEST_FIT), { animate: false });
    const show = () => this.clusters.zoomToShowLayer(marker, () => marker.openPopup());
    show();
    // Without animations the end of the zoom that brought a cluster apart folds it again: now that it is over, once more.
    if (!this.clusters.options.animate && !marker.isPopupOpen()) show();
  }
}

function markerOf({ id, geometry, properties }) {
  const [longitude, latitude] = geometry.coordinates;
  const active = properties.status === "active";
  const label = `${id} · ${properties.location_name}, ${properties.status}`;
  const marker = L.marker([latitude, longitude], { icon: icon(active, label), active, riseOnHover: true });
  marker.bindPopup(() => told(id, properties, active), { minWidth: 190 });
  marker.on("popupopen", ({ popup }) => {
    popup.getElement().onkeydown = (event) => event.key === "Escape" && goBack(marker);
  });
  return marker;
}

/** Leaflet closes a popup by Escape when its map has the focus; here a link inside the popup has it. */
function goBack(marker) {
  marker.closePopup();
  marker.getElement()?.focus({ preventScroll: true });
}

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
