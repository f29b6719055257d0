/** Texts and numbers in bytes. Pure. */

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const LATIN = new TextDecoder("latin1");

/** @param {Uint8Array} bytes */
export function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} up to the first zero, without blanks around it
 */
export function textOf(bytes) {
  const end = bytes.indexOf(0);
  return utf8Of(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}

/** @param {Uint8Array} bytes */
export function utf8Of(bytes) {
  return UTF8.decode(bytes);
}

/** @param {Uint8Array} bytes */
export function latinOf(bytes) {
  return LATIN.decode(bytes);
}

/**
 * @param {Uint8Array} bytes
 * @param {number[]} wanted
 * @returns {number} where it begins, -1 where it is not there
 */
export function indexOf(bytes, wanted) {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((byte, place) => bytes[at + place] === byte)) return at;
  }
  return -1;
}
