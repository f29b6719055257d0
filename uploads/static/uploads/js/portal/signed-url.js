/**
 * How long a signed URL is good for, by its own word. Refused after that, it says nothing about the file; refused before,
 * it does (refusals.js). Knows no DOM.
 */

/**
 * @typedef {import("../lib/queue.js").Clock} Clock
 * @typedef {{ms: number, wallMs: number}} Moment on both of the clock's hands
 * @typedef {{url: string, headers: Record<string, string>, isOver: () => boolean}} SignedUrl
 */

// Signing times and Date headers are cut to whole seconds, and the store's clock may go a little ahead of the portal's.
const CUT_MS = 1_000;
const MOST_AHEAD_MS = 4_000;
const AHEAD_SHARE = 0.1; // of a short life

/**
 * @param {Clock} clock
 * @returns {Moment}
 */
export function momentOf(clock) {
  return { ms: clock.now(), wallMs: clock.wall() };
}

/**
 * What is left of a URL's life at the portal's answer. The portal's own clock says when that was: this computer's may
 * be wrong by years.
 * @param {string} url
 * @param {{expiresAt?: string, dateMs: number|null}} answer `dateMs`: the portal's clock at it, null where it did not say
 * @returns {number|null} null where nobody can tell: then the store will say when it is over
 */
export function goodForMs(url, { expiresAt, dateMs }) {
  const own = lifeOf(url);
  const endMs = own ? own.signedAtMs + own.lifeMs : Date.parse(expiresAt ?? "");
  const leftMs = dateMs === null ? NaN : endMs - dateMs;
  // A proxy may put its own clock's Date on the answer: what was signed just now cannot be over, nor live longer.
  if (own && !(leftMs > 0 && leftMs <= own.lifeMs)) return own.lifeMs;
  return Number.isNaN(leftMs) ? null : leftMs;
}

/**
 * Counted from the asking, which was before the answer: no URL is called good that may have run out. A computer that
 * sleeps stops the one hand, and somebody who sets the clock moves the other: the further one counts.
 * @param {{url: string, headers: Record<string, string>, goodForMs: number|null}} grant
 * @param {Moment} asked
 * @param {Clock} clock
 * @returns {SignedUrl}
 */
export function signedUrl({ url, headers, goodForMs: lifeMs }, asked, clock) {
  const isOver = () => {
    if (lifeMs === null) return false;
    const passedMs = Math.max(clock.now() - asked.ms, clock.wall() - asked.wallMs);
    return passedMs >= lifeMs - CUT_MS - Math.min(MOST_AHEAD_MS, lifeMs * AHEAD_SHARE);
  };
  return { url, headers, isOver };
}

/**
 * @param {string} url signed by AWS Signature Version 4 in its query
 * @returns {{signedAtMs: number, lifeMs: number}|null}
 */
function lifeOf(url) {
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(query.get("X-Amz-Date") ?? "") ?? [];
  const lifeMs = 1000 * Number(query.get("X-Amz-Expires") ?? NaN);
  if (!day || !(lifeMs > 0)) return null;
  const iso = `${day.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
  return { signedAtMs: Date.parse(iso), lifeMs };
}
