/** What a person may do while the engine runs: pause, limit its pace, cancel. */

import { byId } from "./dom.js";
import { decimal } from "../lib/format.js";
import { t } from "../text/messages.js";

const KEPT_AS = "ami-portal.limit"; // bytes per second, for the next upload too
const BYTES_PER_MB = 1_000_000;
const SLOWEST_MB = 0.01; // slower ones would look like a standstill

export class ControlsView {
  #uploader;
  #onChange;
  #pause = byId("pause");
  #cancel = /** @type {HTMLButtonElement} */ (byId("cancel"));
  #limit = /** @type {HTMLInputElement} */ (byId("limit"));
  #dialog = /** @type {HTMLDialogElement} */ (byId("cancel-dialog"));

  /**
   * @param {import("../engine/uploader.js").Uploader} uploader
   * @param {{onChange: () => void, onCancel: () => void}} actions
   */
  constructor(uploader, { onChange, onCancel }) {
    this.#uploader = uploader;
    this.#onChange = onChange;
    this.#pause.onclick = () => this.#togglePause();
    this.#drawPause();
    this.#cancel.disabled = false;
    this.#cancel.onclick = () => this.#dialog.showModal();
    this.#dialog.returnValue = "";
    this.#dialog.onclose = () => {
      if (this.#dialog.returnValue !== "cancel") return;
      this.#dialog.returnValue = "";
      this.#cancel.disabled = true;
      byId("running-title").focus();
      onCancel();
    };
    const kept = Number(storage()?.getItem(KEPT_AS)) || null;
    this.#limit.value = kept ? decimal(kept / BYTES_PER_MB) : "";
    this.#limit.onchange = () => this.#limitTyped();
    this.#setLimit(kept);
  }

  /** The run has ended, perhaps while the question stood open. */
  close() {
    if (this.#dialog.open) this.#dialog.close("stay");
  }

  #togglePause() {
    if (this.#isPaused) this.#uploader.resume();
    else this.#uploader.pause();
    this.#drawPause();
    this.#onChange();
  }

  get #isPaused() {
    return this.#uploader.state === "paused";
  }

  #drawPause() {
    this.#pause.textContent = t(this.#isPaused ? "controls.resume" : "controls.pause");
  }

  #limitTyped() {
    const text = this.#limit.value.trim();
    const megabytes = parsed(text);
    const isUsable = text === "" || (megabytes !== null && megabytes >= SLOWEST_MB);
    this.#limit.setAttribute("aria-invalid", String(!isUsable));
    if (!isUsable) return void (byId("limit-hint").textContent = t("controls.limitBad", { example: decimal(1.5) }));
    const bytesPerS = megabytes === null ? null : Math.round(megabytes * BYTES_PER_MB);
    if (bytesPerS) storage()?.setItem(KEPT_AS, String(bytesPerS));
    else storage()?.removeItem(KEPT_AS);
    this.#setLimit(bytesPerS);
  }

  /** @param {number|null} bytesPerS null for as fast as it goes */
  #setLimit(bytesPerS) {
    this.#uploader.limitBytesPerS = bytesPerS;
    const megabytes = bytesPerS && decimal(bytesPerS / BYTES_PER_MB);
    byId("limit-hint").textContent = megabytes ? t("controls.limited", { rate: megabytes }) : "";
  }
}

/**
 * @param {string} text with a comma or a point before the decimals
 * @returns {number|null}
 */
function parsed(text) {
  return /^\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : null;
}

/** @returns {Storage|null} null where the browser bars it */
function storage() {
  try {
    return localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
