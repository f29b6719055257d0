/** Reads the two ends of a file on the card. Knows no DOM. */

import { factsOf } from "./read.js";

export const END_BYTES = 64 * 1024; // of each end: EXIF is no longer, nor are the texts behind a sound

/**
 * @param {File} file
 * @returns {Promise<import("./facts.js").FileFacts>} what it says of itself; rejects with the browser's DOMException where it
 *   cannot be read
 */
export async function lookInto(file) {
  const ends = file.size > END_BYTES ? [file.slice(0, END_BYTES), file.slice(-END_BYTES)] : [file];
  const [head, tail = head] = await Promise.all(ends.map(async (end) => new Uint8Array(await end.arrayBuffer())));
  return factsOf(file.name, head, tail, file.size);
}
