/**
 * Times in the portal's answers, as what is left of them by the portal's own clock at its answer: this computer's may be
 * wrong by years. Pure.
 */

import { goodForMs } from "./signed-url.js";

/**
 * @template {{url?: string, expires_at?: string, goodForMs?: number|null, until?: string, waitMs?: number}} A
 * @param {A[]} answers
 * @param {number|null} dateMs the portal's clock at its answer
 */
export function withTimes(answers, dateMs) {
  for (const answer of answers) {
    if (answer.url) answer.goodForMs = goodForMs(answer.url, { expiresAt: answer.expires_at, dateMs });
    withWait(answer, answer.until, dateMs);
  }
  return answers;
}

/**
 * @template {{waitMs?: number}} A
 * @param {A} answer
 * @param {string|null|undefined} until
 * @param {number|null} dateMs
 */
export function withWait(answer, until, dateMs) {
  if (until) answer.waitMs = Date.parse(until) - (dateMs ?? Date.now());
  return answer;
}

/**
 * @param {Iterable<{wait: {until: string}|null}>} items
 * @returns {string|null} ISO; when the last of them is compared again
 */
export function untilOf(items) {
  /** @type {string|null} */ let last = null;
  for (const { wait } of items) if (wait?.until && (!last || Date.parse(wait.until) > Date.parse(last))) last = wait.until;
  return last;
}
