/** When a selection was taken, by the device's clock as the names tell it, and what readers downstream will not read. */

import { timeOf } from "./device-time.js";
import { passedOver } from "./downstream.js";

/**
 * @typedef {object} Times
 * @property {Record<string, number>} hours files per hour, such as "2025-07-14T22"
 * @property {number} undated
 * @property {Ignored} ignored
 *
 * @typedef {Record<"no_time"|"time_unread"|"clock"|"recycle", {count: number, example: string}>} Ignored
 *   files by what speaks against their names, each file once
 */

const SLICE_MS = 20;
const LOOK_EVERY = 250; // files between two looks at the clock

/**
 * @param {readonly {name: string}[]} files
 * @param {() => Promise<void>} pause
 * @returns {Promise<Times>}
 */
export async function timesOf(files, pause) {
  /** @type {Map<string, number>} */ const hours = new Map();
  /** @type {Ignored} */
  const ignored = { no_time: none(), time_unread: none(), clock: none(), recycle: none() };
  let undated = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const [index, { name }] of files.entries()) {
    if (index % LOOK_EVERY === 0 && performance.now() > sliceEnd) {
      await pause();
      sliceEnd = performance.now() + SLICE_MS;
    }
    const hour = timeOf(name)?.slice(0, "2025-07-14T22".length);
    if (hour) hours.set(hour, (hours.get(hour) ?? 0) + 1);
    else undated += 1;
    const reason = passedOver(name);
    if (!reason) continue;
    ignored[reason].count += 1;
    ignored[reason].example ||= name;
  }
  return { hours: Object.fromEntries(hours), undated, ignored };
}

function none() {
  return { count: 0, example: "" };
}

/**
 * How the season lies to the files outside it.
 * @param {import("../portal/api-types.js").Survey} survey with files outside
 * @returns {"began"|"ended"|"spans"}
 */
export function sideOf({ season, outside_first_day: first, outside_last_day: last }) {
  if (season.first_day && last && last < season.first_day) return "began";
  if (season.last_day && first && first > season.last_day) return "ended";
  return season.first_day && season.last_day ? "spans" : season.first_day ? "began" : "ended";
}
