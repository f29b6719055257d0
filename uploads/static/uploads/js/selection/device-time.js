/** What a device's clock said, by the name of a file; as in uploads/domain/capture_time.py. Pure. */

import { DEVICE_TIME } from "../lib/shared.js";

const STAMP = new RegExp(DEVICE_TIME, "g");

/**
 * @param {string} name
 * @returns {string|null} the first valid time in it, such as "2025-07-14T22:00:31", in no time zone
 */
export function timeOf(name) {
  for (const [, year, , month, day, hour, , minute, second] of name.matchAll(STAMP)) {
    const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
    if (isTime && isDay(Number(year), Number(month), Number(day))) return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  }
  return null;
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
