/** What of a scan is sent, what is left out and why, and which names stand for several files. Knows no DOM. */

import { compare, namings } from "./collisions.js";

/**
 * @typedef {import("./scan.js").Entry & {md5?: string, multipartMd5?: string}} Entry one whose checksum stays once it is read
 * @typedef {"hidden"|"system"|"empty"|"extension"|"unreadable"} Reason
 * @typedef {"folder"|"leave-out"} Choice what becomes of files that share a name and differ in content
 *
 * @typedef {object} Plan
 * @property {Entry[]} single one per name that no other content has
 * @property {{name: string, files: Entry[]}[]} groups other content under an equal name; by name, files by path
 * @property {{path: string, reason: Reason}[]} leftOut
 * @property {{path: string, sentAs: string}[]} duplicates equal content under an equal name: sent once, as `sentAs`
 *
 * @typedef {object} Sending what a plan comes to once the choice is made
 * @property {{entry: Entry, name: string}[]} files with the names that they are sent under
 * @property {number} bytes
 * @property {{path: string, name: string}[]} renamed
 * @property {{path: string, code: string}[]} unsent files of data that no name was found for, or that were left out
 * @property {number} declaredFiles all that the person chose as data, whether they are sent or not
 *
 * @typedef {object} PlanPorts
 * @property {ReadonlySet<string>} extensions in lower case, without the dot
 * @property {number} parallel how many files to read at once
 * @property {(entry: Entry) => Promise<string>} md5 asked only about files that share name and size with another, to
 *   tell copies from namesakes
 * @property {(error: unknown) => boolean} isOfFile whether an error of `md5` concerns that file alone
 * @property {(done: number, total: number) => void} onRead
 * @property {() => Promise<void>} pause
 */

// What operating systems leave on cards; in lower case.
const SYSTEM_NAMES = new Set([
  "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information", "__macosx",
  "lost+found", "lost.dir", "found.000", "wpsettings.dat", "indexervolumeguid",
]);
const CHUNK = 2_000; // entries per turn, so that the page can draw and answer in between

/**
 * @param {string} path
 * @param {number} size
 * @param {ReadonlySet<string>} extensions in lower case, without the dot
 * @returns {Reason|null} why the file is left out, null when it is to be sent
 */
export function reasonToLeaveOut(path, size, extensions) {
  const reason = reasonByPlace(path);
  if (reason) return reason;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  if (dot < 1 || !extensions.has(name.slice(dot + 1).toLowerCase())) return "extension";
  return size === 0 ? "empty" : null;
}

/**
 * @param {string} path
 * @returns {"system"|"hidden"|null}
 */
function reasonByPlace(path) {
  const parts = path.split("/");
  if (parts.some((part) => SYSTEM_NAMES.has(part.toLowerCase()))) return "system";
  return parts.some((part) => part.startsWith(".")) ? "hidden" : null;
}

/**
 * @param {import("./scan.js").Scan} scan
 * @param {PlanPorts} ports
 * @returns {Promise<Plan>} rejects as the ports do
 */
export async function planOf({ entries, unreadable }, ports) {
  /** @type {Plan} */
  const plan = {
    single: [],
    groups: [],
    // What the system keeps to itself cannot be read on many computers, and would not be sent if it could.
    leftOut: unreadable.map((path) => ({ path, reason: reasonByPlace(path) ?? "unreadable" })),
    duplicates: [],
  };
  const byName = await sortedByName(entries, plan, ports);
  const shared = [...byName].filter(([, namesakes]) => namesakes.length > 1).sort(([a], [b]) => compare(a, b));
  for (const [, namesakes] of shared) namesakes.sort((a, b) => compare(a.path, b.path));
  await read(shared.flatMap(([, namesakes]) => ofEqualSize(namesakes)), ports);
  for (const [name, namesakes] of shared) {
    const files = withoutCopies(namesakes, plan);
    if (files.length === 1) plan.single.push(files[0]);
    else plan.groups.push({ name, files });
  }
  return plan;
}

/**
 * @param {readonly Entry[]} entries
 * @param {Plan} plan takes those that are left out, and at the end those whose name nobody shares
 * @param {PlanPorts} ports
 */
async function sortedByName(entries, plan, { extensions, pause }) {
  /** @type {Map<string, Entry[]>} */ const byName = new Map();
  for (const [index, entry] of entries.entries()) {
    if (index % CHUNK === CHUNK - 1) await pause();
    const reason = reasonToLeaveOut(entry.path, entry.size, extensions);
    const namesakes = byName.get(entry.name);
    if (reason) plan.leftOut.push({ path: entry.path, reason });
    else if (namesakes) namesakes.push(entry);
    else byName.set(entry.name, [entry]);
  }
  for (const namesakes of byName.values()) if (namesakes.length === 1) plan.single.push(namesakes[0]);
  return byName;
}

/** @param {Entry[]} namesakes */
function ofEqualSize(namesakes) {
  /** @type {Map<number, number>} */ const sizes = new Map();
  for (const { size } of namesakes) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  return namesakes.filter(({ size }) => Number(sizes.get(size)) > 1);
}

/**
 * @param {Entry[]} wanted
 * @param {PlanPorts} ports
 */
async function read(wanted, { parallel, md5, isOfFile, onRead }) {
  const waiting = wanted.filter((entry) => !entry.md5);
  const total = waiting.length;
  let done = 0;
  const work = async () => {
    for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
      try {
        entry.md5 = await md5(entry);
      } catch (error) {
        if (!isOfFile(error)) throw error; // an unreadable file counts as other content, and its turn to fail comes
      }
      onRead((done += 1), total);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

/**
 * @param {Entry[]} namesakes by path
 * @param {Plan} plan takes the copies
 */
function withoutCopies(namesakes, plan) {
  /** @type {Map<string, Entry>} */ const first = new Map();
  return namesakes.filter((entry) => {
    if (!entry.md5) return true;
    const content = `${entry.size} ${entry.md5}`;
    const kept = first.get(content);
    if (kept) plan.duplicates.push({ path: entry.path, sentAs: kept.path });
    else first.set(content, entry);
    return !kept;
  });
}

/**
 * @param {Plan} plan
 * @param {Choice|null} choice null where there is nothing to choose, or no choice yet: namesakes then wait
 * @returns {Sending}
 */
export function sendingOf(plan, choice) {
  const files = plan.single.map((entry) => ({ entry, name: entry.name }));
  const unreadable = plan.leftOut.filter(({ reason }) => reason === "unreadable");
  /** @type {Sending["unsent"]} */ const unsent = unreadable.map(({ path, reason }) => ({ path, code: reason }));
  const names = choice === "folder" ? namings(plan.groups.map((group) => group.files), namesOf(plan)) : new Map();
  for (const entry of plan.groups.flatMap((group) => group.files)) {
    const naming = names.get(entry.path);
    if (naming && !naming.code) files.push({ entry, name: naming.name });
    else unsent.push({ path: entry.path, code: naming?.code ?? "left_out" });
  }
  const renamed = files.slice(plan.single.length).map(({ entry: { path }, name }) => ({ path, name }));
  const bytes = files.reduce((sum, { entry: { size } }) => sum + size, 0);
  return { files, bytes, renamed, unsent, declaredFiles: files.length + unsent.length };
}

/** @param {Plan} plan */
function* namesOf({ single, groups }) {
  for (const { name } of single) yield name;
  for (const { name } of groups) yield name;
}
