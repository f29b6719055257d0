/** The deployments as a list: all that the map shows, and those that it cannot. */

import { el, grouped } from "./dom.js";
import { season } from "./filter.js";
import { sign } from "./markers.js";

const PORTION = 100; // more rows come when they are asked for

/** @typedef {import("./filter.js").Feature} Feature */

export class ListView {
  /**
   * @param {HTMLElement} list
   * @param {HTMLButtonElement} more
   * @param {(id: string) => void} show puts a deployment into the map's middle
   */
  constructor(list, more, show) {
    this.list = list;
    this.more = more;
    this.show = show;
    /** @type {Feature[]} */ this.waiting = [];
    more.addEventListener("click", () => this.next().querySelector("a")?.focus());
  }

  /** @param {Feature[]} features */
  fill(features) {
    this.list.replaceChildren();
    this.list.scrollTop = 0;
    this.waiting = features;
    if (features.length) this.next();
    else this.more.hidden = true;
  }

  /** The next portion. @returns {HTMLElement} its first row */
  next() {
    const rows = this.waiting.slice(0, PORTION).map((feature) => this.row(feature));
    this.waiting = this.waiting.slice(PORTION);
    this.list.append(...rows);
    this.more.hidden = !this.waiting.length;
    this.more.textContent = `Show more: ${grouped(this.waiting.length)} are left`;
    return rows[0];
  }

  /** @param {Feature} feature */
  row({ id, geometry, properties }) {
    const active = properties.status === "active";
    const about = [properties.bucket_title, season(properties), active ? "" : "inactive"].filter(Boolean).join(" · ");
    const name = el("a", { href: properties.link }, `${id} · ${properties.location_name}`);
    return el(
      "li",
      {},
      sign(active),
      el("div", {}, name, el("span", {}, about)),
      geometry ? this.showButton(id) : el("span", { class: "world-unplaced" }, "no coordinates"),
    );
  }

  /** @param {string} id */
  showButton(id) {
    const button = el("button", { type: "button", "aria-label": `Show ${id} on the map`, title: "Show on the map" });
    button.append(el("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "my_location"));
    button.addEventListener("click", () => this.show(id));
    return button;
  }
}
