/** Sorts the files of a card into data types. Knows no DOM. */

import { EXTENSIONS } from "../lib/shared.js";
import { reasonToLeaveOut } from "./selection.js";
import { formatOf, typeByPlace } from "./sorting.js";

/**
 * @typedef {import("./scan.js").Entry} Entry
 * @typedef {Map<Entry, string>} Types of all files with data; "" where nothing tells the data type
 */

const FILES_LOOKED_INTO = 5; // of a folder: the first, the last, and some in between
const DATA = new Set(Object.values(EXTENSIONS).flat());
const CHUNK = 2_000; // entries per turn

/**
 * @param {readonly Entry[]} entries
 * @param {{typeInside: (entry: Entry) => Promise<string>, pause: () => Promise<void>}} ports `typeInside`: by what the file
 *   says of itself, "" where that does not tell
 * @returns {Promise<Types>}
 */
export async function typesOf(entries, { typeInside, pause }) {
  /** @type {Map<string, Entry[]>} */ const groups = new Map(); // of one format in one folder
  for (const [index, entry] of entries.entries()) {
    if (index % CHUNK === CHUNK - 1) await pause();
    if (reasonToLeaveOut(entry.path, DATA)) continue;
    const key = `${formatOf(entry.name)} ${entry.path.slice(0, entry.path.lastIndexOf("/") + 1)}`;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  /** @type {Types} */ const types = new Map();
  for (const group of groups.values()) {
    const said = formatOf(group[0].name) === "wav" ? await typesInside(group, typeInside) : new Map();
    const told = new Set([...said.values()].filter(Boolean));
    const ofAll = told.size === 1 ? [...told][0] : "";
    for (const [index, entry] of group.entries()) {
      if (index % CHUNK === CHUNK - 1) await pause();
      types.set(entry, said.get(entry) || ofAll || typeByPlace(entry.path));
    }
    await pause();
  }
  return types;
}

/**
 * @param {Entry[]} group
 * @param {(entry: Entry) => Promise<string>} typeInside
 * @returns {Promise<Types>} of some; of all where they differ
 */
async function typesInside(group, typeInside) {
  const sorted = [...group].sort((a, b) => (a.path < b.path ? -1 : 1));
  const said = await asked(sampleOf(sorted), typeInside);
  const told = new Set([...said.values()].filter(Boolean));
  return told.size > 1 ? asked(sorted, typeInside) : said;
}

/**
 * @param {Entry[]} entries
 * @param {(entry: Entry) => Promise<string>} typeInside
 * @returns {Promise<Types>}
 */
async function asked(entries, typeInside) {
  return new Map(await Promise.all(entries.map(async (entry) => /** @type {[Entry, string]} */ ([entry, await typeInside(entry)]))));
}

/** @param {Entry[]} sorted */
function sampleOf(sorted) {
  if (sorted.length <= FILES_LOOKED_INTO) return sorted;
  return Array.from({ length: FILES_LOOKED_INTO }, (_, number) => sorted[Math.floor((number * (sorted.length - 1)) / (FILES_LOOKED_INTO - 1))]);
}

/**
 * Which files are data of another data type than the one that is to be sent. Of which nothing tells they are of the one
 * that a person chose, if their format fits; so are all, where the card has none that are known to be of it.
 * @param {Types} types
 * @param {string} dataType
 * @returns {(entry: Entry) => boolean}
 */
export function othersThan(types, dataType) {
  const extensions = new Set(extensionsOf(dataType));
  const fits = (/** @type {Entry} */ { path }) => reasonToLeaveOut(path, extensions) === null;
  const hasSome = new Set(types.values()).has(dataType);
  return (entry) => {
    const known = types.get(entry);
    if (known === undefined || known === dataType) return false;
    return !fits(entry) || (known !== "" && hasSome);
  };
}

/** @param {string} dataType */
function extensionsOf(dataType) {
  return EXTENSIONS[/** @type {keyof typeof EXTENSIONS} */ (dataType)];
}
