/**
 * Names for files that share one, by the rule of all clients: each takes its nearest folder behind its own name, and
 * one more while that is not enough. The same selection gives the same names. Pure.
 */

import { foldersOf, formerNameAt, nameAt, nameByContent, nameByPath } from "./folder-names.js";
import { nameFault } from "./names.js";

/**
 * @typedef {{name: string, path: string}} Named
 * @typedef {{path: string, name: string, formerName: string, code: string}} Naming `name` is the new one, `formerName`
 *   the one that it may have been stored under when folders stood in front, and `code` says why the file cannot have
 *   its name: "" when it can, "not_told_apart", or as the portal would refuse the name
 */

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
  for (let depth = 1; depth <= deepest + 1; depth += 1) {
    const wanted = group.map(({ path }) => (depth > deepest ? nameByPath(path) : nameAt(path, depth)));
    const areDistinct = new Set(wanted).size === wanted.length;
    // A file outside every folder can only keep its name, which then is its own: the others have left it.
    const areFree = wanted.every((name, index) => name === group[index].name || !taken.has(name));
    if (areDistinct && areFree) {
      return group.map(({ path }, index) => ({ path, name: wanted[index], formerName: formerNameAt(path, depth), code: nameFault(wanted[index]) }));
    }
  }
  return group.map(({ path, name }) => ({ path, name, formerName: "", code: "not_told_apart" }));
}

/**
 * The next name of a file whose present one is taken in the store: one folder more, and more while another file of
 * the selection has that name; at last one that no other content can have.
 * @param {{path: string, name: string, md5?: string}} file that last name needs `md5`
 * @param {(name: string) => boolean} isTaken by another file of the selection
 * @returns {{name: string, formerName: string}|null} null when no name is left that the portal would take
 */
export function nextName({ path, name, md5 }, isTaken) {
  const depths = Array.from({ length: foldersOf(path) + 1 }, (_, depth) => depth);
  const candidates = depths.map((depth) => ({ name: nameAt(path, depth), formerName: formerNameAt(path, depth) }));
  if (md5) candidates.push({ name: nameByContent(path, md5), formerName: "" });
  const present = candidates.findLastIndex((candidate) => candidate.name === name);
  return candidates.slice(Math.max(1, present + 1)).find((candidate) => !isTaken(candidate.name) && !nameFault(candidate.name)) ?? null;
}

/**
 * By code unit, the same on every computer.
 * @param {string} a
 * @param {string} b
 */
export function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
