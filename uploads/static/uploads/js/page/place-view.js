/** Steps 1 and 2: bucket, deployment, data type. Used by the upload and by the check of a card. */

import { byId, el } from "./dom.js";
import { day } from "../lib/format.js";
import { t } from "../text/messages.js";

/**
 * @typedef {import("../portal/api.js").Bucket} Bucket
 * @typedef {import("../portal/api.js").Deployment} Deployment
 * @typedef {Record<string, {extensions: string[]}>} DataTypes
 */

const MOST_SHOWN = 60; // beyond that, searching is quicker than scrolling

/** @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export class PlaceView {
  /** @type {Deployment|null} */ deployment = null;
  /** @type {string|null} */ dataType = null;
  /** Whether a person chose it. */ #isByHand = false;
  /** @type {ReadonlyMap<string, number>} files of the card by data type */ #found = new Map();
  /** @type {Deployment[]} */ #deployments = [];
  #dataTypes;
  #onChange;
  #bucket = /** @type {HTMLSelectElement} */ (byId("bucket"));
  #search = /** @type {HTMLInputElement} */ (byId("deployment-search"));

  /** @param {{dataTypes: DataTypes, onChange: () => void}} options */
  constructor({ dataTypes, onChange }) {
    this.#dataTypes = dataTypes;
    this.#onChange = onChange;
    this.#bucket.addEventListener("change", () => this.#bucketChosen());
    this.#search.addEventListener("input", () => this.#showDeployments());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // would start the upload
    });
  }

  /**
   * @param {Bucket[]} buckets
   * @param {Deployment[]} deployments those that may be chosen; retired ones are marked as such
   */
  show(buckets, deployments) {
    this.#deployments = [...deployments].sort(
      (a, b) => a.location_name.localeCompare(b.location_name) || a.deployment_id.localeCompare(b.deployment_id),
    );
    const used = new Set(deployments.map(({ bucket }) => bucket.name));
    const options = buckets.map(({ name, title }) => {
      const text = used.has(name) ? title : t("place.noDeployments", { title });
      return el("option", { value: name, disabled: !used.has(name) }, text);
    });
    this.#bucket.replaceChildren(el("option", { value: "" }, t("place.choose")), ...options);
    if (used.size === 1) this.#bucket.value = [...used][0];
    if (used.size === 0) byId("deployment-count").textContent = t("place.none");
    else this.#bucketChosen();
  }

  /**
   * As if the person had chosen so.
   * @param {string} deploymentId
   * @param {string|null} dataType null leaves it as it is
   * @returns {boolean} whether the deployment is among those that may be chosen
   */
  select(deploymentId, dataType) {
    const deployment = this.#deployments.find(({ deployment_id: id }) => id === deploymentId);
    if (!deployment) return false;
    this.#bucket.value = deployment.bucket.name;
    this.#search.value = "";
    /** @type {HTMLFieldSetElement} */ (byId("deployments")).disabled = false;
    if (dataType) {
      this.dataType = dataType;
      this.#isByHand = true;
    }
    this.deployment = deployment;
    this.#showDeployments();
    this.#choose(deployment);
    return true;
  }

  /**
   * Proposes the data type that is on the card, unless a person has chosen one.
   * @param {ReadonlyMap<string, number>} found files of the card by data type
   */
  showFound(found) {
    this.#found = found;
    this.#choose(this.deployment);
  }

  #bucketChosen() {
    this.#search.value = "";
    /** @type {HTMLFieldSetElement} */ (byId("deployments")).disabled = !this.#bucket.value;
    this.#choose(null);
    this.#showDeployments();
  }

  #showDeployments() {
    const inBucket = this.#deployments.filter(({ bucket }) => bucket.name === this.#bucket.value);
    const words = folded(this.#search.value).split(/\s+/).filter(Boolean);
    const matching = inBucket.filter((deployment) => {
      const text = folded(wordsOf(deployment));
      return deployment === this.deployment || words.every((word) => text.includes(word));
    });
    const shown = matching.slice(0, MOST_SHOWN);
    byId("deployment-list").replaceChildren(...shown.map((deployment) => this.#row(deployment)));
    byId("deployment-count").textContent = this.#countText(inBucket.length, matching.length, shown.length);
  }

  /**
   * @param {number} all
   * @param {number} matching
   * @param {number} shown
   */
  #countText(all, matching, shown) {
    if (!this.#bucket.value) return "";
    if (!matching) return t("place.noMatch", { text: this.#search.value });
    return shown < matching ? t("place.more", { shown, total: matching }) : t("place.shown", { count: all });
  }

  /** @param {Deployment} deployment */
  #row(deployment) {
    const { deployment_id: id, location_name: place } = deployment;
    const radio = el("input", {
      type: "radio", name: "deployment", value: id,
      checked: deployment === this.deployment,
      onchange: () => this.#choose(deployment),
    });
    const retired = deployment.status === "inactive" && t("place.retired");
    const facts = [retired, ...factsOf(deployment)].filter(Boolean).join(" · ");
    return el(
      "label",
      { class: "choice" },
      radio,
      el("span", { class: "choice-text" }, el("strong", {}, place), el("span", { class: "facts" }, facts)),
      el("code", {}, id),
    );
  }

  /** @param {Deployment|null} deployment */
  #choose(deployment) {
    this.deployment = deployment;
    const allowed = deployment?.bucket.data_types ?? [];
    const isHere = (/** @type {string} */ dataType) => allowed.includes(dataType) && this.#found.has(dataType);
    if (!allowed.includes(this.dataType ?? "")) {
      this.dataType = allowed.length === 1 ? allowed[0] : null;
      this.#isByHand = false;
    }
    if (!this.#isByHand && !isHere(this.dataType ?? "")) this.dataType = allowed.find(isHere) ?? this.dataType;
    /** @type {HTMLFieldSetElement} */ (byId("data-types")).disabled = !deployment;
    if (deployment) {
      byId("data-type-list").replaceChildren(...allowed.map((dataType) => this.#chip(dataType)));
    }
    this.#onChange();
  }

  /** @param {string} dataType */
  #chip(dataType) {
    const { extensions } = this.#dataTypes[dataType];
    const count = this.#found.get(dataType);
    const onchange = () => {
      this.dataType = dataType;
      this.#isByHand = true;
      this.#onChange();
    };
    return el(
      "label",
      { class: "chip" },
      el("input", { type: "radio", name: "data-type", value: dataType, checked: dataType === this.dataType, onchange }),
      el("span", {}, t(`kind.${dataType}`), el("small", {}, count ? t("card.files", { count }) : extensions.map((extension) => `.${extension}`).join(" "))),
    );
  }
}

/** @param {Deployment} deployment */
function wordsOf(deployment) {
  const { deployment_id: id, location_name: place, camera_id: camera, system_id: system } = deployment;
  return [place, id, camera, system, seasonOf(deployment)].join(" ");
}

/**
 * Camera, system and season in words.
 * @param {Pick<Deployment, "camera_id"|"system_id"|"first_day"|"last_day">} deployment
 */
export function factsOf(deployment) {
  const { camera_id: camera, system_id: system } = deployment;
  return [camera && t("place.camera", { id: camera }), system && t("place.system", { id: system }), seasonOf(deployment)];
}

/** @param {Pick<Deployment, "first_day"|"last_day">} deployment */
function seasonOf({ first_day: first, last_day: last }) {
  if (first && last) return t("place.seasonFromTo", { from: day(first), to: day(last) });
  if (first) return t("place.seasonFrom", { from: day(first) });
  return last ? t("place.seasonTo", { to: day(last) }) : t("place.seasonUnknown");
}
