/** Step 3: a folder or files, by picker and by drop. */

import { byId, pause } from "./dom.js";
import { t } from "./messages.js";
import { fromDrop, fromPicker, rootsOfDrop } from "./scan.js";

/** @typedef {import("./scan.js").Scan} Scan */

export class FilesView {
  #isReady = false;
  #scanning = new AbortController();
  #onScan;
  #drop = byId("drop");
  #status = byId("scanning");

  /** @param {{onScan: (scan: Scan) => void, onError: (error: unknown) => void}} options */
  constructor({ onScan, onError }) {
    this.#onScan = onScan;
    for (const [button, input] of [["pick-folder", "folder-input"], ["pick-files", "files-input"]]) {
      const field = /** @type {HTMLInputElement} */ (byId(input));
      byId(button).addEventListener("click", () => field.click());
      field.addEventListener("change", () => {
        const files = [...(field.files ?? [])];
        field.value = ""; // the same folder may be chosen again
        if (files.length) this.#scan((progress) => fromPicker(files, progress)).catch(onError);
      });
    }
    for (const type of ["dragenter", "dragover"]) {
      this.#drop.addEventListener(type, (event) => {
        event.preventDefault();
        this.#drop.classList.toggle("over", this.#isReady);
      });
    }
    this.#drop.addEventListener("dragleave", (event) => {
      const inside = event.relatedTarget instanceof Node && this.#drop.contains(event.relatedTarget);
      if (!inside) this.#drop.classList.remove("over");
    });
    this.#drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#drop.classList.remove("over");
      if (!this.#isReady || !event.dataTransfer) return;
      const drop = rootsOfDrop(event.dataTransfer.items);
      if (drop.roots.length || drop.files.length) this.#scan((progress) => fromDrop(drop, progress)).catch(onError);
      else this.say(t("files.dropEmpty"));
    });
    // A folder dropped beside the zone must not make the browser leave the page.
    for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  }

  /** @param {string[]|null} extensions wanted ones; null while the steps before are not done */
  ready(extensions) {
    this.#isReady = extensions !== null;
    for (const id of ["pick-folder", "pick-files"]) {
      /** @type {HTMLButtonElement} */ (byId(id)).disabled = !this.#isReady;
    }
    this.#drop.classList.toggle("ready", this.#isReady);
    const wanted = extensions?.map((extension) => `.${extension}`).join(", ") ?? "";
    byId("drop-hint").textContent = extensions ? t("files.hint", { extensions: wanted }) : t("files.notYet");
  }

  /** @param {string|null} text */
  say(text) {
    this.#status.hidden = text === null;
    this.#status.textContent = text ?? "";
  }

  /** Forgets a scan under way. */
  reset() {
    this.#scanning.abort();
    this.say(null);
  }

  /** @param {(progress: import("./scan.js").Progress) => Promise<Scan>} read */
  async #scan(read) {
    this.reset();
    const { signal } = (this.#scanning = new AbortController());
    const onCount = (/** @type {number} */ count) => this.say(t("files.scanning", { count }));
    try {
      const scan = await read({ signal, onCount, pause });
      signal.throwIfAborted();
      this.say(null);
      this.#onScan(scan);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
