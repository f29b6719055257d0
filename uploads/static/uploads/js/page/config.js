/** What the page's script cannot know by itself, as views.py writes it into the page. */

import { Api, cookieValue } from "../portal/api.js";
import { byId } from "./dom.js";

/**
 * @typedef {object} Config
 * @property {string} apiRoot
 * @property {string} pagesRoot
 * @property {string} csrfCookie
 * @property {string} client
 * @property {string} account
 * @property {string} uploaderName
 * @property {import("./place-view.js").DataTypes} dataTypes
 */

/** @returns {Config} */
export function readConfig() {
  return JSON.parse(byId("page-config").textContent ?? "");
}

/** @param {Config} config */
export function apiOf({ apiRoot, csrfCookie }) {
  return new Api({ root: apiRoot, csrfToken: () => cookieValue(document.cookie, csrfCookie) });
}

/**
 * @param {Config} config
 * @param {number} sessionId
 */
export function receiptUrl({ pagesRoot }, sessionId) {
  return `${pagesRoot}uploads/${sessionId}/`;
}
