/**
 * Names that hold their folder, for files that must be told apart: STEM-FOLDER.EXT. The folder stands behind, because
 * the readers downstream take the first time in a name for the file's own. Pure.
 */

import { FEWEST_FOLDER_BYTES, HEX_LETTERS, MAX_NAME_BYTES } from "../lib/shared.js";
import { timeOf } from "./device-time.js";
import { bytesOf, composed, withoutBarred } from "./names.js";

const DIGITS = /\p{Nd}/gu;
const DIGIT_AT_END = /\p{Nd}$/u;
const DIGITS_IN_A_ROW = /(\p{Nd})(?=\p{Nd})/gu;

// What the readers downstream take for a time, each the first that it finds.
const TIMES = [
  /\p{Nd}{8}_\p{Nd}{6}|\p{Nd}{14}/u,
  /\p{Nd}{14}|\p{Nd}{8}\P{Nd}+\p{Nd}{6}|\p{Nd}{4}\P{Nd}\p{Nd}\p{Nd}\P{Nd}\p{Nd}\p{Nd}\P{Nd}+\p{Nd}\p{Nd}\P{Nd}\p{Nd}\p{Nd}\P{Nd}\p{Nd}\p{Nd}|(?<!\p{Nd})\p{Nd}{12}(?!\p{Nd})/u,
  /(?:^|-)20[12]\p{Nd}{6,11}(?=[-.]|$)/u,
];

/** @param {string} path */
export function foldersOf(path) {
  return path.split("/").length - 1;
}

/**
 * @param {string} path on the card, with "/" between folders
 * @param {number} depth how many folders to add; a path with fewer gives all it has
 * @param {string} [mark] letters to add behind them
 */
export function nameAt(path, depth, mark = "") {
  const parts = path.split("/");
  const own = composed(String(parts.pop()));
  const [stem, extension] = partedAtDot(own);
  const folders = parts.slice(Math.max(0, parts.length - depth)).map(partOfName).join("-");
  if (!folders && !mark) return own;
  const name = joined({ stem, folders, mark, extension });
  return !mayTell(stem, folders) || timesIn(name) === timesIn(own) ? name : joined({ stem, folders: folders.replace(DIGITS_IN_A_ROW, "$1_"), mark, extension });
}

/**
 * A name of its own for a file that its folders do not tell apart.
 * @param {string} path
 */
export function nameByPath(path) {
  return nameAt(path, foldersOf(path), lettersOf(hashOf(path)));
}

/**
 * A name of its own for a file whose names are all taken, by another card with the same folders.
 * @param {string} path
 * @param {string} md5 of its content
 */
export function nameByContent(path, md5) {
  return nameAt(path, 1, lettersOf(md5.slice(0, 8)));
}

/**
 * As files were named when the folder still stood in front.
 * @param {string} path
 * @param {number} depth
 */
export function formerNameAt(path, depth) {
  return composed(path.split("/").slice(-1 - depth).join("_"));
}

/**
 * All names under which a file may be stored, its own first.
 * @param {string} path
 * @param {string} md5
 */
export function namesOf(path, md5) {
  const depths = Array.from({ length: foldersOf(path) }, (_, index) => index + 1);
  const ours = [nameAt(path, 0), ...depths.map((depth) => nameAt(path, depth)), nameByPath(path), nameByContent(path, md5)];
  return [...new Set([...ours, ...depths.map((depth) => formerNameAt(path, depth))])];
}

/** @param {string} folder */
function partOfName(folder) {
  const plain = withoutBarred(composed(folder)).replaceAll("\\", "_").replace(/\.{2,}/g, ".");
  // Readers drop every name that holds "recycle", which the folder of a bin is no reason for.
  return plain.replace(/(re)(?=cycle)/gi, "$1_").replace(/^[\s.]+|[\s.]+$/gu, "") || "_";
}

/** @param {{stem: string, folders: string, mark: string, extension: string}} parts */
function joined({ stem, folders, mark, extension }) {
  const end = (mark && `-${mark}`) + extension;
  const room = MAX_NAME_BYTES - bytesOf(end) - Number(folders !== "");
  const folder = cut(folders, Math.max(room - bytesOf(stem), FEWEST_FOLDER_BYTES));
  return cut(stem, room - bytesOf(folder)) + (folder && `-${folder}`) + end;
}

/**
 * @param {string} text
 * @param {number} bytes
 */
function cut(text, bytes) {
  if (bytesOf(text) <= bytes) return text;
  let kept = "";
  let left = bytes;
  for (const character of text) {
    left -= bytesOf(character);
    if (left < 0) break;
    kept += character;
  }
  return kept.replace(/[\s.]+$/u, "");
}

/**
 * Whether a closer look is needed: fewer than six digits are no time, but may end one that the stem began.
 * @param {string} stem
 * @param {string} folders
 */
function mayTell(stem, folders) {
  return DIGIT_AT_END.test(stem) || (folders.match(DIGITS)?.length ?? 0) >= 6;
}

/**
 * What is read as times in a name, to compare.
 * @param {string} name
 */
function timesIn(name) {
  const [stem] = partedAtDot(name);
  const found = TIMES.map((time) => time.exec(stem)).map((match) => (match ? `${match.index} ${match[0]}` : ""));
  return [timeOf(stem), ...found].join("\n");
}

/** @param {string} name */
function partedAtDot(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

/**
 * FNV-1a, 32 bits: it need not be secure, and every client computes it at once.
 * @param {string} text
 * @returns {string} 8 hexadecimal digits
 */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** @param {string} hex */
function lettersOf(hex) {
  return [...hex].map((digit) => HEX_LETTERS[parseInt(digit, 16)]).join("");
}
