/** What stops the page: told to the person with a code to quote, and to the maintainers without anybody writing. */

import { byId, el } from "./dom.js";
import { ApiError } from "../lib/errors.js";
import { browserLink } from "./link.js";
import { t } from "../text/messages.js";
import { isSignedOut, whyStopped } from "../text/reasons.js";

const MOST_REPORTS = 20; // of one page: an error that repeats itself must not flood the list
const REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; // none that are mistaken for each other when read out

export class TroubleView {
  #box = byId("trouble");
  #api;
  #client;
  #deployment;
  /** @type {object[]} */ #unreported = [];
  /** @type {Set<string>} */ #known = new Set();

  /**
   * @param {{api: import("../portal/api.js").Api, client: string, deployment: () => string|undefined}} parts
   *   `deployment`: the one chosen at present
   */
  constructor({ api, client, deployment }) {
    this.#api = api;
    this.#client = client;
    this.#deployment = deployment;
    addEventListener("error", (event) => this.show(event.error ?? new Error(event.message)));
    addEventListener("unhandledrejection", (event) => this.show(event.reason));
    addEventListener("online", () => this.#report());
  }

  /**
   * @param {unknown} error
   * @param {{text?: (reason: string) => string, action?: Node, step?: string}} [how] `text` puts the reason into a sentence
   */
  show(error, { text = (reason) => reason, action, step = "page" } = {}) {
    const code = codeOf(error);
    const lines = [el("p", {}, text(whyStopped(error))), el("p", { class: "code" }, t("trouble.code", { code }))];
    this.#box.replaceChildren(...lines, ...(action ? [el("p", { class: "actions" }, action)] : []));
    this.#box.hidden = false;
    this.#box.scrollIntoView({ block: "nearest" });
    console.error(error);
    this.#note(error, code, step);
  }

  /**
   * @param {unknown} error that kept the page from showing anything
   * @param {() => void} load tries again
   */
  showUnloaded(error, load) {
    const onclick = () => {
      byId("page-title").focus(); // the button goes
      load();
    };
    const action = el("button", { type: "button", onclick }, t("trouble.reload"));
    this.show(error, { text: (reason) => t("trouble.load", { reason }), action });
  }

  hide() {
    this.#box.hidden = true;
  }

  /**
   * @param {unknown} error
   * @param {string} code
   * @param {string} step
   */
  #note(error, code, step) {
    const told = String(error instanceof Error ? (error.stack ?? error.message) : error).slice(0, 400);
    if (isSignedOut(error) || this.#known.has(told) || this.#known.size >= MOST_REPORTS) return;
    this.#known.add(told);
    const httpStatus = error instanceof ApiError ? error.httpStatus : 0;
    this.#unreported.push({ code, message: told, step, link: browserLink.facts(), http_status: httpStatus || null });
    this.#report();
  }

  async #report() {
    const failures = this.#unreported.splice(0);
    if (!failures.length) return;
    try {
      const report = { failures, client: this.#client, deployment: this.#deployment() };
      await this.#api.reportProblems(report, new AbortController().signal);
    } catch (error) {
      // The next trouble, or the connection's return, brings them along; unless the portal will not have them.
      if (error instanceof ApiError && (error.httpStatus === 0 || error.httpStatus >= 500)) this.#unreported.unshift(...failures);
    }
  }
}

/**
 * An expected error has its own code; any other gets a reference by which its report is found again.
 * @param {unknown} error
 */
function codeOf(error) {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && error.code) return error.code;
  const letters = crypto.getRandomValues(new Uint8Array(4));
  return `page_${[...letters].map((n) => REFERENCE_LETTERS[n % REFERENCE_LETTERS.length]).join("")}`;
}
