/** Step 3: a folder or files, by picker and by drop. Used by the upload and by the check of a card. */

import { byId, pause } from "./dom.js";
import { t } from "../text/messages.js";
import { fromDrop, fromHandle, fromPicker, rootsOfDrop } from "../selection/scan.js";

/**
 * @typedef {import("../selection/scan.js").Scan} Scan
 * @typedef {FileSystemDirectoryHandle|null} Handle of the one folder that was chosen, where the browser gives one: it
 *   can be read again another day without being looked for
 */

export class FilesView {
  #scanning = new AbortController();
  #onScan;
  #onError;
  #drop = byId("drop");
  #status = byId("scanning");

  /** @param {{onScan: (scan: Scan, handle: Handle) => void, onError: (error: unknown) => void}} options */
  constructor({ onScan, onError }) {
    this.#onScan = onScan;
    this.#onError = onError;
    this.#input("folder-input");
    const files = this.#input("files-input");
    byId("pick-files").addEventListener("click", () => files.click());
    byId("pick-folder").addEventListener("click", () => this.pickFolder());
    for (const type of ["dragenter", "dragover"]) {
      this.#drop.addEventListener(type, (event) => {
        event.preventDefault();
        this.#drop.classList.add("over");
      });
    }
    this.#drop.addEventListener("dragleave", (event) => {
      const inside = event.relatedTarget instanceof Node && this.#drop.contains(event.relatedTarget);
      if (!inside) this.#drop.classList.remove("over");
    });
    this.#drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#drop.classList.remove("over");
      if (!event.dataTransfer) return;
      const drop = rootsOfDrop(event.dataTransfer.items);
      if (drop.roots.length || drop.files.length) this.#scan((progress) => fromDrop(drop, progress), handleOfDrop(drop));
      else this.say(t("files.dropEmpty"));
    });
    // A folder dropped beside the zone must not make the browser leave the page.
    for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  }

  /**
   * By the input and not by `showDirectoryPicker`: what a handle hides (see scan.js) would count as wiped without a word.
   * Must be called within a click or a key press: browsers open their dialog only then.
   */
  pickFolder() {
    byId("folder-input").click();
  }

  /** @param {FileSystemDirectoryHandle} handle that may be read */
  read(handle) {
    this.#scan((progress) => fromHandle(handle, progress), Promise.resolve(handle));
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

  /** @param {"folder-input"|"files-input"} id */
  #input(id) {
    const field = /** @type {HTMLInputElement} */ (byId(id));
    field.addEventListener("change", () => {
      const files = [...(field.files ?? [])];
      field.value = ""; // the same folder may be chosen again
      if (files.length) this.#scan((progress) => fromPicker(files, progress), Promise.resolve(null));
    });
    return field;
  }

  /**
   * @param {(progress: import("../selection/scan.js").Progress) => Promise<Scan>} read
   * @param {Promise<Handle>} handle
   */
  async #scan(read, handle) {
    this.reset();
    const { signal } = (this.#scanning = new AbortController());
    const onCount = (/** @type {number} */ count) => this.say(t("files.scanning", { count }));
    try {
      const scan = await read({ signal, onCount, pause });
      signal.throwIfAborted();
      this.say(null);
      this.#onScan(scan, await handle);
    } catch (error) {
      if (!signal.aborted) this.#onError(error);
    }
  }
}

/**
 * The handle of a drop that is one folder.
 * @param {import("../selection/scan.js").Drop} drop
 * @returns {Promise<Handle>}
 */
async function handleOfDrop({ handles }) {
  if (handles.length !== 1) return null;
  const handle = await handles[0].catch(() => null); // the drop itself is read all the same
  return handle?.kind === "directory" ? /** @type {FileSystemDirectoryHandle} */ (handle) : null;
}
