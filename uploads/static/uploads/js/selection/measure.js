/**
 * How large files are. A picked file costs Chromium a look at the disk, on the page's own thread, when it is first asked
 * for its size: half a millisecond each, a minute for a card. Hence in slices of time, and no sooner than needed.
 */

import { readError } from "../lib/card-look.js";
import { useKnown } from "./journal.js";

/** @typedef {import("./journal.js").Summed & {file: File}} Measurable */

const SLICE_MS = 60;

/** @param {Measurable} file */
function measure(file) {
  if (file.size !== null) return;
  const { size, lastModified } = file.file;
  Object.assign(file, { size, lastModified });
  useKnown(file);
}

/**
 * @param {readonly Measurable[]} files
 * @param {{pause: () => Promise<void>, onSlice?: (measured: Measurable[]) => void, untilMs?: number}} how `pause` lets
 *   the page draw and answer, and rejects when the work is not wanted any more; `untilMs` on the clock of
 *   `performance.now`
 * @returns {Promise<boolean>} whether all are measured: false when the time was up before
 */
export async function measureAll(files, { pause, onSlice = () => {}, untilMs = Infinity }) {
  /** @type {Measurable[]} */ let slice = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const file of files) {
    if (file.size !== null) continue;
    measure(file);
    slice.push(file);
    const now = performance.now();
    if (now < Math.min(sliceEnd, untilMs)) continue;
    onSlice(slice);
    slice = [];
    if (now >= untilMs) return files.every(({ size }) => size !== null);
    await pause();
    sliceEnd = performance.now() + SLICE_MS;
  }
  if (slice.length) onSlice(slice);
  return true;
}

/**
 * Browsers say of a file that is gone that it has no bytes; only reading tells it from an empty one.
 * @param {{file: File}} file with a size of 0
 * @returns {Promise<"empty"|"unreadable">}
 */
export async function whyNoBytes({ file }) {
  return (await readError(file)) ? "unreadable" : "empty";
}
