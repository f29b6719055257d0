/** What a device's clock said, by the name of a file; as in uploads/domain/capture_time.py. Pure. */

import { DEVICE_TIME } from "../lib/shared.js";

const STAMP = new RegExp(DEVICE_TIME, "g");

/**
 * @param {string} name
 * @returns {string|null} the first valid time in it, such as "2025-07-14T22:00:31", in no time zone
 */
export function timeOf(name) {
  for (const [, year, , month, day, hour, , minute, second] of name.matchAll(STAMP)) {
    if (isMoment({ year, month, day, hour, minute, second })) return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  }
  return null;
}

/**
 * @param {Record<"year"|"month"|"day"|"hour"|"minute"|"second", string>} parts
 * @returns {boolean} whether a calendar and a clock have it
 */
export function isMoment({ year, month, day, hour, minute, second }) {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false;
  return isDay(Number(year), Number(month), Number(day));
}

/**
 * @param {number} year
 * @param {number} month
 * @param {number} day
 */
function isDay(year, month, day) {
  if (year < 1) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years below 100 for the 1900s
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
