/**
 * Names for files that share one, by the rule of all clients: each takes its nearest folder in front, and one more
 * while that is not enough. The same selection gives the same names. Pure.
 */

export const MAX_NAME_BYTES = 255; // as in uploads/keys.py
// As in uploads/keys.py: control and text-direction characters, half characters, line and paragraph separators.
const BARRED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const BLANK_AT_AN_END = /^\s|\s$/u;

/**
 * @typedef {{name: string, path: string}} Named
 * @typedef {{path: string, name: string, code: string}} Naming `name` is the new one, and `code` says why the file
 *   cannot have it: "" when it can, "not_told_apart", or as the portal would refuse the name
 */

/**
 * @param {string} path on the card, with "/" between folders
 * @param {number} depth how many folders to put in front; a path with fewer gives all it has
 */
export function nameAt(path, depth) {
  return path.split("/").slice(-1 - depth).join("_");
}

/** @param {string} path */
export function foldersOf(path) {
  return path.split("/").length - 1;
}

/**
 * Why the portal would refuse a name, "" when it would not. The portal's own look decides; this one spares a person
 * the surprise.
 * @param {string} name
 */
export function nameFault(name) {
  if (BARRED.test(name)) return "name_characters";
  if (name.normalize("NFC") !== name) return "name_not_nfc";
  if (name.includes("\\") || name.includes("..")) return "name_path";
  if (name.startsWith(".") || name.startsWith("$")) return "name_hidden";
  if (BLANK_AT_AN_END.test(name)) return "name_blank";
  return new TextEncoder().encode(name).length > MAX_NAME_BYTES ? "name_too_long" : "";
}

/**
 * @param {readonly (readonly Named[])[]} groups files that share a name and differ in content
 * @param {Iterable<string>} names all that occur in the selection, those of the groups among them
 * @returns {Map<string, Naming>} by path
 */
export function namings(groups, names) {
  const taken = new Set(names);
  /** @type {Map<string, Naming>} */ const given = new Map();
  const inOrder = [...groups].sort(([a], [b]) => compare(a.name, b.name));
  for (const group of inOrder) {
    for (const naming of namesOfGroup(group, taken)) {
      given.set(naming.path, naming);
      if (!naming.code) taken.add(naming.name);
    }
  }
  return given;
}

/**
 * @param {readonly Named[]} group
 * @param {ReadonlySet<string>} taken
 * @returns {Naming[]}
 */
function namesOfGroup(group, taken) {
  const deepest = Math.max(...group.map(({ path }) => foldersOf(path)));
  for (let depth = 1; depth <= deepest; depth += 1) {
    const wanted = group.map(({ path }) => nameAt(path, depth));
    const areDistinct = new Set(wanted).size === wanted.length;
    // A file outside every folder can only keep its name, which then is its own: the others have left it.
    const areFree = wanted.every((name, index) => name === group[index].name || !taken.has(name));
    if (areDistinct && areFree) return group.map(({ path }, index) => ({ path, name: wanted[index], code: nameFault(wanted[index]) }));
  }
  return group.map(({ path, name }) => ({ path, name, code: "not_told_apart" }));
}

/**
 * The next name of a file whose present one is taken in the store: one folder more, and more while another file of
 * the selection has that name.
 * @param {{path: string, name: string}} file
 * @param {(name: string) => boolean} isTaken by another file of the selection
 * @returns {string|null} null when no name is left that the portal would take
 */
export function nextName({ path, name }, isTaken) {
  const folders = foldersOf(path);
  let depth = 0;
  while (depth <= folders && nameAt(path, depth) !== name) depth += 1;
  for (depth += 1; depth <= folders; depth += 1) {
    const next = nameAt(path, depth);
    if (nameFault(next)) return null; // longer ones are no better
    if (!isTaken(next)) return next;
  }
  return null;
}

/**
 * By code unit, the same on every computer.
 * @param {string} a
 * @param {string} b
 */
export function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
