/**
 * The small map of one place. Every element with `data-place-map` becomes one:
 *   data-latitude-input, data-longitude-input   ids of two inputs: a click sets both, typing moves the marker
 *   data-latitude, data-longitude               instead of inputs: shown, not to be changed
 *   data-country                                number of ISO 3166-1: where a map begins that has no place yet
 *   data-neighbours, data-own                   address of GeoJSON of deployments shown faintly; the id of one to leave out
 */

import { onEarth, pair, parsed, written } from "./coordinates.js";
import { extent } from "./countries.js";
import { el } from "./dom.js";
import { L } from "./leaflet.js";
import { pin } from "./markers.js";
import { worldMap } from "./world.js";

const PLACE_ZOOM = 5;
const CLOSEST_COUNTRY = 7;
/** @type {import("leaflet").LatLngTuple} */ const NOWHERE = [15, 0];
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const LONG_STEP_PX = 20;

/** @param {HTMLElement} element */
function placeMap(element) {
  const { latitudeInput, longitudeInput, latitude, longitude, country, neighbours, own } = element.dataset;
  const map = worldMap(element, { scrollWheelZoom: "center", worldCopyJump: true }).setView(NOWHERE, 1);
  const [north, east] = [latitudeInput, longitudeInput].map((id) => document.getElementById(id ?? ""));
  if (north instanceof HTMLInputElement && east instanceof HTMLInputElement) new PlaceChooser(map, north, east).beginIn(country);
  else showPlace(map, parsed(latitude ?? "", longitude ?? ""));
  if (neighbours) addNeighbours(map, neighbours, own);
}

/**
 * @param {import("leaflet").Map} map
 * @param {import("./coordinates.js").Place|null} place
 */
function showPlace(map, place) {
  if (!place) return;
  /** @type {import("leaflet").LatLngTuple} */ const at = [place.latitude, place.longitude];
  L.marker(at, { icon: pin("The place"), interactive: false, keyboard: false }).addTo(map);
  map.setView(at, PLACE_ZOOM, { animate: false });
}

/** Keeps a marker and two inputs at the same place, whichever of them is moved. */
class PlaceChooser {
  /**
   * @param {import("leaflet").Map} map
   * @param {HTMLInputElement} latitude
   * @param {HTMLInputElement} longitude
   */
  constructor(map, latitude, longitude) {
    this.map = map;
    this.latitude = latitude;
    this.longitude = longitude;
    this.marker = L.marker([0, 0], { icon: pin("The place: the arrow keys move it"), draggable: true, autoPan: true });
    this.marker.on("dragend", () => this.set(this.marker.getLatLng()));
    this.marker.on("keydown", (event) => this.step(event.originalEvent));
    map.on("click", (event) => this.set(event.latlng));
    for (const field of [latitude, longitude]) {
      field.addEventListener("input", () => this.follow());
      field.addEventListener("paste", (event) => this.paste(event));
    }
    this.follow(PLACE_ZOOM);
  }

  /** Shows the country while there is no place. Who has touched the map is not moved away. @param {string | undefined} country */
  async beginIn(country) {
    if (!country || this.place) return;
    const touch = new AbortController();
    for (const type of ["pointerdown", "wheel", "keydown"]) {
      this.map.getContainer().addEventListener(type, () => touch.abort(), { signal: touch.signal, passive: true });
    }
    const bounds = await extent(country).catch(() => null); // the map says itself that the shapes do not come
    if (bounds && !this.place && !touch.signal.aborted) this.map.fitBounds(bounds, { animate: false, maxZoom: CLOSEST_COUNTRY });
    touch.abort();
  }

  get place() {
    return parsed(this.latitude.value, this.longitude.value);
  }

  /** The inputs get the place of the map, and tell whoever else listens to them. @param {import("leaflet").LatLng} latlng */
  set(latlng) {
    const place = onEarth(latlng.lat, latlng.lng);
    this.latitude.value = written(place.latitude);
    this.longitude.value = written(place.longitude);
    for (const field of [this.latitude, this.longitude]) {
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  /** The marker goes to where the inputs say; while they say no place there is none. */
  follow(zoom = this.map.getZoom()) {
    const { place } = this;
    if (!place) {
      this.marker.remove();
      return;
    }
    const at = L.latLng(place.latitude, place.longitude);
    this.marker.setLatLng(at).addTo(this.map);
    if (zoom !== this.map.getZoom() || !this.map.getBounds().contains(at)) this.map.setView(at, zoom, { animate: false });
  }

  /** By the keyboard: a pixel of the map, with Shift twenty. @param {KeyboardEvent} event */
  step(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the map would pan
    const by = event.shiftKey ? LONG_STEP_PX : 1;
    const at = this.map.latLngToContainerPoint(this.marker.getLatLng()).add([step[0] * by, step[1] * by]);
    this.set(this.map.containerPointToLatLng(at));
  }

  /** Both numbers at once, as they come from another map. @param {ClipboardEvent} event */
  paste(event) {
    const place = pair(event.clipboardData?.getData("text") ?? "");
    if (!place) return;
    event.preventDefault();
    this.set(L.latLng(place.latitude, place.longitude));
  }
}

/**
 * A map without its neighbours is still a map: when they do not come, it says nothing.
 * @param {import("leaflet").Map} map
 * @param {string} address
 * @param {string|undefined} own id
 */
async function addNeighbours(map, address, own) {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) return;
  /** @type {{features: import("./filter.js").Feature[]}} */ const { features } = await response.json();
  const others = features.filter(({ id, geometry }) => geometry && id !== own);
  L.geoJSON(others, {
    pointToLayer: ({ properties }, at) =>
      L.circleMarker(at, { radius: 4, className: `map-neighbour is-${properties.status}`, bubblingMouseEvents: true }),
    onEachFeature: ({ id, properties }, layer) => layer.bindTooltip(el("span", {}, `${id} · ${properties.location_name}`)),
  }).addTo(map);
}

/** @type {NodeListOf<HTMLElement>} */ const elements = document.querySelectorAll("[data-place-map]");
for (const element of elements) placeMap(element);
