/** When a selection was taken, by the device's clock as the names tell it, and what readers downstream will not read. */

/**
 * @typedef {object} Times
 * @property {Record<string, number>} hours files per hour, such as "2025-07-14T22"
 * @property {number} undated
 * @property {Ignored} ignored
 *
 * @typedef {{files: number, noTime: number, recycle: number, extension: number}} Ignored
 *   a file may be ignored for several reasons; `files` counts it once
 */

const STAMP = /(?<!\d)(\d{4})(\d\d)(\d\d)_?(\d\d)(\d\d)(\d\d)(?!\d)/g; // as in uploads/capture_time.py
const READ_EXTENSION = /\.(jpg|wav)$/;
const SLICE_MS = 20;
const LOOK_EVERY = 250; // files between two looks at the clock

/**
 * @param {string} name
 * @returns {string|null} the hour of the first valid time in it, such as "2025-07-14T22"
 */
export function hourOf(name) {
  for (const [, year, month, day, hour, minute, second] of name.matchAll(STAMP)) {
    const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
    if (isTime && isDay(Number(year), Number(month), Number(day))) return `${year}-${month}-${day}T${hour}`;
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

/**
 * @param {readonly {name: string, path: string}[]} files
 * @param {() => Promise<void>} pause
 * @returns {Promise<Times>}
 */
export async function timesOf(files, pause) {
  /** @type {Map<string, number>} */ const hours = new Map();
  const ignored = { files: 0, noTime: 0, recycle: 0, extension: 0 };
  let sliceEnd = performance.now() + SLICE_MS;
  for (const [index, { name, path }] of files.entries()) {
    if (index % LOOK_EVERY === 0 && performance.now() > sliceEnd) {
      await pause();
      sliceEnd = performance.now() + SLICE_MS;
    }
    const hour = hourOf(name);
    if (hour) hours.set(hour, (hours.get(hour) ?? 0) + 1);
    const isRecycled = path.toLowerCase().includes("recycle");
    const isReadable = READ_EXTENSION.test(name);
    ignored.noTime += Number(!hour);
    ignored.recycle += Number(isRecycled);
    ignored.extension += Number(!isReadable);
    ignored.files += Number(!hour || isRecycled || !isReadable);
  }
  return { hours: Object.fromEntries(hours), undated: ignored.noTime, ignored };
}

/**
 * How the season lies to the files outside it.
 * @param {import("./api-types.js").Survey} survey with files outside
 * @returns {"began"|"ended"|"spans"}
 */
export function sideOf({ season, outside_first_day: first, outside_last_day: last }) {
  if (season.first_day && last && last < season.first_day) return "began";
  if (season.last_day && first && first > season.last_day) return "ended";
  return season.first_day && season.last_day ? "spans" : season.first_day ? "began" : "ended";
}
