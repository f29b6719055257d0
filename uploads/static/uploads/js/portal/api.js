/** The portal's API: JSON in and out, the session's cookie, the error envelope. */

import { withTimes, withWait } from "./answer-times.js";
import { ApiError } from "../lib/errors.js";
import { parseRetryAfter } from "./retry.js";

/**
 * @typedef {object} FileAnswer one file's part of a batch answer
 * @property {string} name
 * @property {string} status
 * @property {string} [code]
 * @property {string} [message]
 * @property {{code: string, message: string}[]} [warnings]
 * @property {string} [until] ISO; when nothing can overwrite an `unsettled` one any more
 * @property {number} [waitMs] until that, by the portal's own clock at its answer, so this computer's may be wrong
 *
 * @typedef {object} Grant
 * @property {string} url
 * @property {Record<string, string>} headers sent exactly as given: they are signed
 * @property {number|null} goodForMs see signed-url.js
 *
 * @typedef {import("./api-types.js").Session} Session
 * @typedef {import("./api-types.js").Survey} Survey
 * @typedef {import("./api-types.js").Part} Part
 * @typedef {import("./api-types.js").Upload} Upload
 * @typedef {import("./api-types.js").Completion} Completion
 * @typedef {FileAnswer & Partial<Grant> & {upload?: Upload}} Presigned
 *
 * @typedef {object} PortalApi
 * @property {(body: object, signal: AbortSignal) => Promise<Session>} openSession
 * @property {(id: number, signal: AbortSignal) => Promise<Session>} sessionOf
 * @property {(id: number, files: object[], signal: AbortSignal) => Promise<FileAnswer[]>} check
 * @property {(id: number, files: object[], signal: AbortSignal) => Promise<Presigned[]>} presign
 * @property {(id: number, names: string[], signal: AbortSignal) => Promise<FileAnswer[]>} confirm
 * @property {(id: number, failures: object[], signal: AbortSignal) => Promise<unknown>} reportFailures
 * @property {(id: number, selected: {files: number, bytes: number}, signal: AbortSignal) => Promise<import("./api-types.js").Verdict>} finish
 * @property {(id: number, upload: string|number, signal: AbortSignal) => Promise<(Part & {size: number})[]>} parts at the store
 * @property {(id: number, upload: string|number, parts: Part[], signal: AbortSignal) => Promise<(Grant & {number: number})[]>} signParts
 * @property {(id: number, upload: string|number, signal: AbortSignal) => Promise<Completion>} complete
 *
 * @typedef {object} Bucket
 * @property {string} name
 * @property {string} title
 * @property {string[]} data_types
 *
 * @typedef {object} Deployment
 * @property {string} deployment_id
 * @property {Bucket} bucket
 * @property {string} location_name
 * @property {string} system_id
 * @property {string} camera_id
 * @property {string|null} first_day
 * @property {string|null} last_day
 * @property {"active"|"inactive"} status
 */

const ANSWER_TIMEOUT_MS = 120_000; // a confirmation of 1,000 files may look each of them up in a slow store

/**
 * @param {string} cookies as document.cookie gives them
 * @param {string} name
 */
export function cookieValue(cookies, name) {
  const start = `${name}=`;
  const found = cookies.split("; ").find((cookie) => cookie.startsWith(start));
  return found ? decodeURIComponent(found.slice(start.length)) : "";
}

/** @implements {PortalApi} */
export class Api {
  #root;
  #csrfToken;
  #fetch;

  /**
   * @param {{root: string, csrfToken: () => string, fetch?: typeof globalThis.fetch}} options `root` ends in "/";
   *   `csrfToken` is asked at each call, since signing in elsewhere changes it
   */
  constructor({ root, csrfToken, fetch = globalThis.fetch.bind(globalThis) }) {
    this.#root = root;
    this.#csrfToken = csrfToken;
    this.#fetch = fetch;
  }

  /**
   * Those that may be uploaded into.
   * @param {AbortSignal} signal
   * @param {{all?: boolean}} [options] `all`: those that may only be looked at, too
   * @returns {Promise<Bucket[]>}
   */
  buckets(signal, { all = false } = {}) {
    return this.#pages(`buckets/?${all ? "" : "open_for_upload=true&"}page_size=1000`, signal);
  }

  /**
   * Those that may be uploaded into.
   * @param {AbortSignal} signal
   * @param {{all?: boolean}} [options] `all`: retired ones, and those that may only be looked at, too
   * @returns {Promise<Deployment[]>}
   */
  deployments(signal, { all = false } = {}) {
    return this.#pages(`deployments/?${all ? "" : "status=active&open_for_upload=true&"}page_size=1000`, signal);
  }

  /** @type {PortalApi["openSession"]} */
  async openSession(body, signal) {
    return (await this.#send("POST", "uploads/sessions/", signal, body)).body;
  }

  /** @type {PortalApi["sessionOf"]} */
  async sessionOf(id, signal) {
    const { body, dateMs } = await this.#send("GET", `uploads/sessions/${id}/`, signal);
    return withWait(body, body.unsettled_until, dateMs);
  }

  /** @type {PortalApi["check"]} */
  async check(id, files, signal) {
    return this.#files(`uploads/sessions/${id}/check/`, { files }, signal);
  }

  /** @type {PortalApi["presign"]} */
  async presign(id, files, signal) {
    return this.#files(`uploads/sessions/${id}/presign/`, { files }, signal);
  }

  /** @type {PortalApi["confirm"]} */
  async confirm(id, names, signal) {
    return this.#files(`uploads/sessions/${id}/confirm/`, { files: names }, signal);
  }

  /** @type {PortalApi["reportFailures"]} */
  async reportFailures(id, failures, signal) {
    return (await this.#send("POST", `uploads/sessions/${id}/failures/`, signal, { failures })).body;
  }

  /** @type {PortalApi["finish"]} */
  async finish(id, selected, signal) {
    const { body, dateMs } = await this.#send("POST", `uploads/sessions/${id}/finish/`, signal, selected);
    return withWait(body, body.unsettled_until, dateMs);
  }

  /** @type {PortalApi["parts"]} */
  async parts(id, upload, signal) {
    const query = new URLSearchParams({ upload: String(upload) });
    return (await this.#send("GET", `uploads/sessions/${id}/parts/?${query}`, signal)).body.parts;
  }

  /** @type {PortalApi["signParts"]} */
  async signParts(id, upload, parts, signal) {
    const { body, dateMs } = await this.#send("POST", `uploads/sessions/${id}/parts/`, signal, { upload, parts });
    return withTimes(/** @type {(Grant & {number: number})[]} */ (body.parts), dateMs);
  }

  /** @type {PortalApi["complete"]} */
  async complete(id, upload, signal) {
    return (await this.#send("POST", `uploads/sessions/${id}/complete/`, signal, { upload })).body;
  }

  /**
   * Does a selection fit the place? Writes nothing.
   * @param {{deployment: string, data_type: string, hours: Record<string, number>, undated: number}} selection
   *   `hours`: files per hour of the device's clock, such as "2025-07-14T22"
   * @param {AbortSignal} signal
   * @returns {Promise<Survey>}
   */
  async survey(selection, signal) {
    return (await this.#send("POST", "uploads/survey/", signal, selection)).body;
  }

  /**
   * Are these files in the store? The store itself is asked; writes nothing.
   * @param {{deployment: string, data_type: string, files: import("./api-types.js").Claim[]}} selection
   *   at most 1,000 files
   * @param {AbortSignal} signal
   * @returns {Promise<FileAnswer[]>} stored, missing, mismatch, unsettled or refused, in the order asked
   */
  async verify(selection, signal) {
    return this.#files("uploads/verify/", selection, signal);
  }

  /**
   * Tells the maintainers of what went wrong outside any session.
   * @param {{failures: object[], deployment?: string, client?: string}} report failures as for `reportFailures`
   * @param {AbortSignal} signal
   */
  async reportProblems(report, signal) {
    return (await this.#send("POST", "uploads/failures/", signal, report)).body;
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<Presigned[]>}
   */
  async #files(path, body, signal) {
    const { body: answer, dateMs } = await this.#send("POST", path, signal, body);
    return withTimes(/** @type {Presigned[]} */ (answer.files), dateMs);
  }

  /**
   * @param {string} path
   * @param {AbortSignal} signal
   */
  async #pages(path, signal) {
    const results = [];
    /** @type {string|null} */ let next = path;
    while (next) {
      const { body } = await this.#send("GET", next, signal);
      results.push(...body.results);
      // Only the query is taken over: behind a proxy the portal may know itself by another address.
      next = body.next ? `${path.split("?")[0]}${new URL(body.next, "http://portal.invalid").search}` : null;
    }
    return results;
  }

  /**
   * @param {"GET"|"POST"} method
   * @param {string} path below the root
   * @param {AbortSignal} signal
   * @param {object} [body]
   * @returns {Promise<{body: any, dateMs: number|null}>}
   */
  async #send(method, path, signal, body) {
    /** @type {Record<string, string>} */ const headers = { Accept: "application/json" };
    if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken() });
    const request = {
      method, headers,
      body: body && JSON.stringify(body),
      credentials: /** @type {const} */ ("same-origin"),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    };
    try {
      const response = await this.#fetch(this.#root + path, request);
      const answer = await readJson(response);
      if (!response.ok) throw refusal(response, answer);
      if (answer === null) throw refusal(response, { code: "not_json", message: "" });
      const dateMs = Date.parse(response.headers.get("Date") ?? "");
      return { body: answer, dateMs: Number.isNaN(dateMs) ? null : dateMs };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError) throw error;
      throw new ApiError({ code: "network", message: "", httpStatus: 0 });
    }
  }
}

/** @param {Response} response */
async function readJson(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null; // a proxy's page, say
    throw error;
  }
}

/**
 * @param {Response} response
 * @param {{code?: string, message?: string, fields?: Record<string, string[]>}|null} envelope
 */
function refusal(response, envelope) {
  return new ApiError({
    code: envelope?.code ?? `http_${response.status}`,
    message: envelope?.message ?? "",
    fields: envelope?.fields ?? {},
    httpStatus: response.status,
    retryAfterMs: parseRetryAfter(response.headers.get("Retry-After"), Date.now()),
  });
}

/**
 * The portal answers in the order asked. An answer that does not is no proof of anything.
 * @template {{name: string}} I
 * @template {FileAnswer} A
 * @param {I[]} batch
 * @param {A[]} answers
 * @returns {[I, A][]}
 */
export function paired(batch, answers) {
  if (answers.length !== batch.length || batch.some((item, index) => item.name !== answers[index].name)) {
    throw new ApiError({ code: "answer_mismatch", message: "The portal answered for other files.", httpStatus: 200 });
  }
  return batch.map((item, index) => [item, answers[index]]);
}
