/** Whether the card still has what was read from it. */

import { FileError } from "./errors.js";

const WHOLE_BYTES = 256 * 1024; // up to here the whole is read in less time than a slice of it is made
const LOOKED_AT_ONCE = 64; // at most 16 MB

/**
 * Browsers compare a file's size and time with those of the moment of the choice whenever they read of it, and one
 * reading of many files takes little longer than that of one.
 * @param {Blob[]} files
 * @param {{firstByteAlone?: boolean}} [options] for a whole card, of which not all is to be read once more
 * @returns {Promise<Map<Blob, FileError>>} those that have changed since they were chosen, or cannot be read any more
 */
export async function changedSince(files, { firstByteAlone = false } = {}) {
  const toRead = firstByteAlone ? firstByte : wholeIfSmall;
  const changed = new Map();
  for (let start = 0; start < files.length; start += LOOKED_AT_ONCE) {
    const several = files.slice(start, start + LOOKED_AT_ONCE);
    if (!(await readError(new Blob(several.map(toRead))))) continue;
    for (const file of several) {
      const error = await readError(toRead(file));
      if (error) changed.set(file, error);
    }
  }
  return changed;
}

/** @param {Blob} file */
function wholeIfSmall(file) {
  return file.size > WHOLE_BYTES ? firstByte(file) : file;
}

/** @param {Blob} file */
function firstByte(file) {
  return file.slice(0, 1);
}

/**
 * @param {Blob} blob
 * @returns {Promise<FileError|null>} null when it can be read
 */
export async function readError(blob) {
  try {
    await blob.arrayBuffer();
    return null;
  } catch (error) {
    if (error instanceof DOMException) return FileError.fromRead(error.name);
    throw error;
  }
}
