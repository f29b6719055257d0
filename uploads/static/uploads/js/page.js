/** The upload page: joins the steps, the engine and the verdict. */

import { Api, cookieValue } from "./api.js";
import { byId, el, pause } from "./dom.js";
import { FilesView } from "./files-view.js";
import { Hasher } from "./hasher.js";
import { t } from "./messages.js";
import { PlaceView } from "./place-view.js";
import { systemClock } from "./queue.js";
import { whyStopped } from "./reasons.js";
import { showReview } from "./review-view.js";
import { RunningView } from "./running-view.js";
import { declaredFiles, planOf } from "./selection.js";
import { newItem } from "./tally.js";
import { xhrTransport } from "./transport.js";
import { Uploader } from "./uploader.js";
import { showVerdict } from "./verdict-view.js";

/**
 * @typedef {object} Config as views.py writes it
 * @property {string} apiRoot
 * @property {string} csrfCookie
 * @property {string} client
 * @property {string} uploaderName
 * @property {import("./place-view.js").DataTypes} dataTypes
 */

const IDLE_TITLE = document.title;

class Page {
  /** @type {import("./scan.js").Scan|null} */ #scan = null;
  /** @type {import("./selection.js").Plan|null} */ #plan = null;
  #planning = new AbortController();
  #config;
  #api;
  #hasher = new Hasher();
  #name = /** @type {HTMLInputElement} */ (byId("uploader-name"));
  #start = /** @type {HTMLButtonElement} */ (byId("start"));
  #place;
  #files;

  /** @param {Config} config */
  constructor(config) {
    this.#config = config;
    this.#api = new Api({
      root: config.apiRoot,
      csrfToken: () => cookieValue(document.cookie, config.csrfCookie),
    });
    this.#name.value = config.uploaderName;
    this.#name.addEventListener("input", () => this.#allowStart());
    this.#place = new PlaceView({ dataTypes: config.dataTypes, onChange: () => this.#placeChanged() });
    this.#files = new FilesView({
      onScan: (scan) => {
        this.#scan = scan;
        this.#replan().catch((error) => this.#trouble(error));
      },
      onError: (error) => this.#trouble(error),
    });
    byId("steps").addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#start.disabled) this.#run().catch((error) => this.#trouble(error));
    });
  }

  async load() {
    const { signal } = new AbortController();
    try {
      const [buckets, deployments] = await Promise.all([this.#api.buckets(signal), this.#api.deployments(signal)]);
      byId("trouble").hidden = true;
      byId("steps").setAttribute("aria-busy", "false");
      this.#place.show(buckets, deployments);
    } catch (error) {
      const retry = el("button", { type: "button", onclick: () => this.load() }, t("trouble.reload"));
      this.#showTrouble(t("trouble.load", { reason: whyStopped(error) }), retry);
    }
  }

  /** @returns {import("./review-view.js").Where} */
  get #where() {
    const { deployment, dataType } = this.#place;
    if (!deployment || !dataType) throw new Error("asked before it was chosen");
    const kind = this.#config.dataTypes[dataType].label;
    return { place: deployment.location_name, id: deployment.deployment_id, kind };
  }

  #placeChanged() {
    const { deployment, dataType } = this.#place;
    this.#files.ready(deployment && dataType ? this.#config.dataTypes[dataType].extensions : null);
    this.#replan().catch((error) => this.#trouble(error));
  }

  /** Sorts the chosen files anew: they, the place or the data type have changed. */
  async #replan() {
    this.#planning.abort();
    const { signal } = (this.#planning = new AbortController());
    this.#plan = null;
    this.#allowStart();
    const { deployment, dataType } = this.#place;
    if (!this.#scan || !deployment || !dataType) return;
    this.#files.say(t("files.planning"));
    const ports = {
      extensions: new Set(this.#config.dataTypes[dataType].extensions),
      md5: (/** @type {File} */ file) => this.#hasher.md5(file, signal),
      pause: async () => {
        await pause();
        signal.throwIfAborted();
      },
    };
    try {
      const plan = await planOf(this.#scan, ports);
      signal.throwIfAborted();
      this.#plan = plan;
      showReview(plan, this.#where);
      this.#files.say(t("files.chosen", { what: rootOf(this.#scan), count: this.#scan.entries.length }));
      this.#allowStart();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #allowStart() {
    const hasName = Boolean(this.#name.value.trim());
    const { deployment, dataType } = this.#place;
    this.#start.disabled = !this.#plan?.send.length || !hasName;
    this.#name.setAttribute("aria-invalid", String(!hasName));
    byId("step-place").classList.toggle("done", deployment !== null);
    byId("step-kind").classList.toggle("done", dataType !== null && hasName);
    byId("step-files").classList.toggle("done", Boolean(this.#plan?.send.length));
  }

  async #run() {
    const { deployment, dataType } = this.#place;
    const plan = this.#plan;
    if (!plan || !deployment || !dataType) return;
    const where = this.#where;
    const target = {
      deployment: deployment.deployment_id,
      data_type: dataType,
      uploader_name: this.#name.value.trim(),
      client: this.#config.client,
    };
    const ports = { api: this.#api, transport: xhrTransport, hasher: this.#hasher, clock: systemClock };
    const items = plan.send.map(newItem);
    const uploader = new Uploader({ target, items, declaredFiles: declaredFiles(plan), ports });
    const cancel = new AbortController();
    const view = new RunningView(uploader, { where, onCancel: () => cancel.abort() });
    this.#atWork(true);
    view.start();
    const outcome = await uploader.run(cancel.signal);
    view.stop();
    this.#atWork(false);
    for (const [index, { md5 }] of items.entries()) plan.send[index].md5 = md5; // another run need not read them again
    showVerdict(
      { outcome, plan, tally: uploader.tally, where },
      { onAgain: () => this.#again(), onAnother: () => this.#another() },
    );
  }

  #again() {
    byId("verdict").hidden = true;
    this.#run().catch((error) => this.#trouble(error));
  }

  #another() {
    byId("verdict").hidden = true;
    this.#scan = this.#plan = null;
    this.#files.reset();
    byId("review").replaceChildren();
    this.#allowStart();
    document.title = IDLE_TITLE;
    byId("steps").hidden = false;
    byId("page-title").focus();
  }

  /** @param {boolean} isAtWork */
  #atWork(isAtWork) {
    byId("steps").hidden = true;
    byId("trouble").hidden = true;
    if (isAtWork) addEventListener("beforeunload", warnBeforeLeaving);
    else removeEventListener("beforeunload", warnBeforeLeaving);
  }

  /** @param {unknown} error */
  #trouble(error) {
    this.#files.say(null);
    this.#showTrouble(whyStopped(error));
    console.error(error);
  }

  /**
   * @param {string} text
   * @param {Node} [action]
   */
  #showTrouble(text, action) {
    const box = byId("trouble");
    box.replaceChildren(el("p", {}, text), ...(action ? [action] : []));
    box.hidden = false;
  }
}

/**
 * The chosen folder's name, for people.
 * @param {import("./scan.js").Scan} scan
 */
function rootOf({ entries }) {
  const roots = new Set(entries.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  const names = [...roots].slice(0, 3).map((root) => root || t("files.single"));
  return names.join(", ");
}

/** @param {BeforeUnloadEvent} event */
function warnBeforeLeaving(event) {
  event.preventDefault();
}

const config = JSON.parse(byId("page-config").textContent ?? "");
await new Page(config).load();
