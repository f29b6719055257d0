/** Moments as devices write them into files. Pure. */

import { isMoment } from "../device-time.js";

// 2024-09-18T03:23:39+0100, 2024:09:18 03:23:39, 2024-09-18 03:23:39-05:00
const MOMENT = /^(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?\s*$/;

/**
 * Adds the moment, and its offset where it has one.
 * @param {import("./facts.js").FileFacts} facts
 * @param {unknown} moment
 */
export function noteTime(facts, moment) {
  const found = typeof moment === "string" ? MOMENT.exec(moment) : null;
  if (!found) return;
  const [, year, month, day, hour, minute, second, utc, sign, hours, minutes] = found;
  if (!isMoment({ year, month, day, hour, minute, second })) return;
  facts.takenAt = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  facts.offsetMinutes = utc ? 0 : offsetOf(sign, hours, minutes);
}

/**
 * @param {string|undefined} sign
 * @param {string|undefined} hours
 * @param {string|undefined} minutes
 * @returns {number|null} minutes ahead of UTC
 */
export function offsetOf(sign, hours, minutes) {
  if (!sign || !hours) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) || 0; // not -0
}
