/** The page of the world map: one filter over the map and the list beside it. */

import { byId, el, grouped } from "./dom.js";
import { matching } from "./filter.js";
import { ListView } from "./list-view.js";
import { sign } from "./markers.js";
import { Places } from "./places.js";
import { worldMap } from "./world.js";

const TYPING_PAUSE_MS = 200;
/**
 * @typedef {import("./filter.js").Feature} Feature
 * @typedef {import("./filter.js").Wanted} Wanted
 */

const element = byId("world-map");
const filter = /** @type {HTMLFormElement} */ (byId("map-filter"));
const told = byId("map-told");
const map = worldMap(element, { keyboard: true }).setView([15, 0], 2);

byId("map-active").prepend(sign(true));
byId("map-inactive").prepend(sign(false));

async function start() {
  told.textContent = "Loading the deployments …";
  let features;
  try {
    const response = await fetch(element.dataset.deployments ?? "");
    if (!response.ok) throw new Error(`status ${response.status}`);
    ({ features } = await response.json());
  } catch {
    const again = el("button", { type: "button", class: "map-again" }, "Try again");
    again.addEventListener("click", start);
    told.replaceChildren("The deployments could not be loaded. ", again);
    return;
  }
  showAll(features);
}

/** @param {Feature[]} features */
function showAll(features) {
  const places = new Places(map, features);
  const list = new ListView(byId("map-list"), /** @type {HTMLButtonElement} */ (byId("map-more")), (id) => {
    element.scrollIntoView({ block: "nearest" });
    places.bringOut(id);
  });

  const apply = () => {
    const wanted = /** @type {Wanted} */ (Object.fromEntries(new FormData(filter)));
    const found = matching(features, wanted);
    places.show(found);
    list.fill(found);
    told.textContent = summary(features, found);
    byId("map-nothing").hidden = found.length > 0;
    keepInAddress(wanted);
  };

  /** @type {number|undefined} */ let pause;
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(apply, TYPING_PAUSE_MS);
  });
  byId("map-clear").addEventListener("click", () => {
    /** @type {NodeListOf<HTMLInputElement|HTMLSelectElement>} */ const fields = filter.querySelectorAll("input, select");
    for (const field of fields) field.value = "";
    apply();
  });
  apply();
}

/**
 * @param {Feature[]} all
 * @param {Feature[]} found
 */
function summary(all, found) {
  const placed = found.filter((feature) => feature.geometry).length;
  const number = found.length === all.length ? grouped(all.length) : `${grouped(found.length)} of ${grouped(all.length)}`;
  return `${number} deployments${placed === found.length ? "" : `, ${grouped(placed)} of them on the map`}`;
}

/** The address names the filter, so that it can be sent on, and kept when one comes back. @param {Wanted} wanted */
function keepInAddress(wanted) {
  const chosen = Object.entries(wanted).filter(([, value]) => value);
  const query = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

start();
