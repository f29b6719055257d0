/** What the portal takes as the name of a file; as in uploads/domain/keys.py. Pure. */

import { BARRED_CATEGORIES, BIDIRECTIONAL, MAX_NAME_BYTES } from "../lib/shared.js";

const BARRED = new RegExp(`[${BARRED_CATEGORIES.map((category) => `\\p{${category}}`).join("")}${BIDIRECTIONAL}]`, "u");
const BARRED_ALL = new RegExp(BARRED, "gu");
const PLAIN = /^[ -~]*$/; // printable ASCII, which nearly every name is
const ENCODER = new TextEncoder();
const BLANK_AT_AN_END = /^[^\S\ufeff]|[^\S\ufeff]$/u; // the portal knows no blank U+FEFF

/**
 * The name under which a file is stored: a Mac writes accents as characters of their own, which no other system would
 * find again.
 * @param {string} name as it is on the card
 */
export function composed(name) {
  return name.normalize("NFC");
}

/**
 * Why the portal would refuse a name, "" when it would not. The portal's own look decides; this one spares a person
 * the surprise.
 * @param {string} name
 */
export function nameFault(name) {
  const isPlain = PLAIN.test(name);
  if (!isPlain && BARRED.test(name)) return "name_characters";
  if (!isPlain && composed(name) !== name) return "name_not_nfc";
  if (name.includes("\\") || name.includes("..")) return "name_path";
  if (name.startsWith(".") || name.startsWith("$")) return "name_hidden";
  if (BLANK_AT_AN_END.test(name)) return "name_blank";
  return bytesOf(name) > MAX_NAME_BYTES ? "name_too_long" : "";
}

/** @param {string} text */
export function withoutBarred(text) {
  return text.replace(BARRED_ALL, "_");
}

/** @param {string} text */
export function bytesOf(text) {
  return PLAIN.test(text) ? text.length : ENCODER.encode(text).length;
}
