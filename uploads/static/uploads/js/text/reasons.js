/** Why a file is not stored, or a run stopped, in words. Knows no DOM. */

import { untilOf } from "../portal/answer-times.js";
import { ApiError, WorkerError } from "../lib/errors.js";
import { clockTime } from "../lib/format.js";
import { has, t } from "./messages.js";

/** @typedef {{code: string, until: string}} Wait `until`: ISO */

/** @param {{status?: string, code: string, message: string, wait: Wait|null}} file without a good end */
export function whyNotStored({ status, code, message, wait }) {
  if (wait && (!status || status === "unsettled")) return waitText(wait.code, wait.until);
  if (!status) return t("verdict.notSent");
  if (has(`error.${code}`)) return t(`error.${code}`);
  if (message) return message;
  return /^http_/.test(code) ? t("error.http", { code }) : t("error.other", { code });
}

/**
 * @param {string} code
 * @param {string} until ISO
 */
function waitText(code, until) {
  const time = clockTime(until);
  return has(`error.${code}`) ? t(`error.${code}`, { time }) : t("error.unsettled", { time });
}

/**
 * @param {number|undefined} count of files that wait for older programs
 * @param {string|null|undefined} until ISO
 * @returns {string[]} one line; none where nothing waits
 */
export function unsettledLines(count, until) {
  return count && until ? [t("waiting.unsettled", { count, time: clockTime(until) })] : [];
}

/**
 * @param {Iterable<{wait: Wait|null}>} items
 * @returns {string[]} a line for each reason to wait
 */
export function waitingLines(items) {
  const waiting = [...items].flatMap(({ wait }) => wait ?? []);
  const known = waiting.map((wait) => ({ wait, code: has(`waiting.${wait.code}`) ? wait.code : "unsettled" }));
  return ["unsettled", "being_read", "not_told"].flatMap((code) => {
    const those = known.filter((one) => one.code === code);
    const until = untilOf(those);
    return until ? [t(`waiting.${code}`, { count: those.length, time: clockTime(until) })] : [];
  });
}

/** @param {{code: string}} file of the selection that was not even tried */
export function whyNotSent({ code }) {
  return has(`error.${code}`) ? t(`error.${code}`) : t("error.other", { code });
}

// What the framework answers when the session has ended or its token has changed; the portal's own codes differ.
const SIGNED_OUT_CODES = new Set(["not_authenticated", "authentication_failed", "permission_denied"]);

/** @param {unknown} error */
export function isSignedOut(error) {
  return error instanceof ApiError && SIGNED_OUT_CODES.has(error.code);
}

/** @param {unknown} error */
export function whyStopped(error) {
  if (error instanceof WorkerError) return t("trouble.worker");
  if (!(error instanceof ApiError)) return t("trouble.unexpected");
  if (error.httpStatus === 0) return t("trouble.network");
  if (isSignedOut(error)) return t("trouble.signedOut");
  if (has(`portal.${error.code}`)) return t(`portal.${error.code}`);
  if (error.httpStatus >= 500) return t("trouble.portalFault");
  return t("trouble.portal", { message: error.message || error.code });
}

/**
 * What the portal found odd in the names, one line per kind.
 * @param {{warnings: Iterable<{code: string, message: string}>}} tally
 */
export function warningLines({ warnings }) {
  /** @type {Map<string, {count: number, message: string}>} */ const kinds = new Map();
  for (const { code, message } of warnings) {
    const kind = kinds.get(code);
    if (kind) kind.count += 1;
    else kinds.set(code, { count: 1, message });
  }
  return [...kinds].map(([code, { count, message }]) => (has(`warning.${code}`) ? t(`warning.${code}`, { count }) : message));
}

/** @param {{code: string, message: string, until?: string}} file of a card that was checked */
export function whyNotFound({ code, message, until }) {
  if (until) return waitText(code, until);
  if (has(`check.${code}`)) return t(`check.${code}`);
  if (has(`error.${code}`)) return t(`error.${code}`);
  return message || t("error.other", { code });
}
