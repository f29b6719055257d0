/** What of a scan is sent, what is left out and why, and which names stand for several files. Knows no DOM. */

import { SYSTEM_NAMES } from "../lib/shared.js";
import { compare, namings } from "./collisions.js";

/**
 * @typedef {import("./scan.js").Entry & import("./journal.js").Summed} Entry one whose checksum stays once it is read
 * @typedef {"hidden"|"system"|"empty"|"extension"|"other_type"|"unreadable"} Reason
 * @typedef {"folder"|"leave-out"} Choice what becomes of files that share a name and differ in content
 *
 * @typedef {object} Plan
 * @property {Entry[]} single one per name that no other content has
 * @property {{name: string, files: Entry[]}[]} groups other content under an equal name; by name, files by path
 * @property {{path: string, reason: Reason}[]} leftOut
 * @property {{path: string, sentAs: string}[]} duplicates equal content under an equal name: sent once, as `sentAs`
 * @property {Map<string, import("./collisions.js").Naming>} [namings] of the files of `groups`, by path, once they are asked for
 * @property {boolean} isMeasured whether the size of each is known; that of namesakes is
 *
 * @typedef {object} Sending what a plan comes to once the choice is made
 * @property {{entry: Entry, name: string, formerName?: string}[]} files with the names that they are sent under, or were
 *   when folders stood in front
 * @property {number} bytes of those that are measured
 * @property {{path: string, name: string}[]} renamed
 * @property {{path: string, code: string}[]} unsent files of data that no name was found for, or that were left out
 * @property {number} declaredFiles all that the person chose as data, whether they are sent or not
 *
 * @typedef {object} PlanPorts
 * @property {ReadonlySet<string>} extensions in lower case, without the dot
 * @property {(entry: Entry) => boolean} [isOther] whether a file is data of another data type
 * @property {number} parallel how many files to read at once
 * @property {(entry: Entry) => Promise<string>} md5 asked only about files that share name and size with another, to
 *   tell copies from namesakes
 * @property {(error: unknown) => boolean} isOfFile whether an error of `md5` concerns that file alone
 * @property {(done: number, total: number) => void} onRead
 * @property {(entries: readonly Entry[], options: {mayGiveUp: boolean}) => Promise<boolean>} measure gives them their
 *   sizes; false when it gave up
 * @property {(entry: Entry) => Promise<"empty"|"unreadable">} whyNoBytes asked about files with a size of 0
 * @property {() => Promise<void>} pause
 */

const OF_THE_SYSTEM = new Set(SYSTEM_NAMES);
const CHUNK = 2_000; // entries per turn, so that the page can draw and answer in between

/**
 * @param {string} path
 * @param {ReadonlySet<string>} extensions in lower case, without the dot
 * @returns {Reason|null} why the file is left out, null when it is to be sent unless it is empty
 */
export function reasonToLeaveOut(path, extensions) {
  const reason = reasonByPlace(path);
  if (reason) return reason;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 1 || !extensions.has(name.slice(dot + 1).toLowerCase()) ? "extension" : null;
}

/**
 * @param {string} path
 * @returns {"system"|"hidden"|null}
 */
function reasonByPlace(path) {
  const parts = path.split("/");
  if (parts.some((part) => OF_THE_SYSTEM.has(part.toLowerCase()))) return "system";
  return parts.some((part) => part.startsWith(".")) ? "hidden" : null;
}

/**
 * Names are known at once, sizes are not: they must be for files that share a name, and for the others as far as
 * `measure` cares to go.
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
    isMeasured: false,
  };
  const shared = await namesakesOf(entries, plan, ports);
  await ports.measure(shared.flat(), { mayGiveUp: false });
  await leaveOutEmpty(plan, shared, ports);
  await read(shared.flatMap(ofEqualSize), ports);
  for (const namesakes of shared) {
    const files = withoutCopies(namesakes, plan);
    if (files.length > 1) plan.groups.push({ name: files[0].name, files });
    else plan.single.push(...files);
  }
  plan.isMeasured = await ports.measure(plan.single, { mayGiveUp: true });
  await leaveOutEmpty(plan, [plan.single], ports);
  return plan;
}

/**
 * Measures what `planOf` did not.
 * @param {Plan} plan
 * @param {Pick<PlanPorts, "measure"|"whyNoBytes">} ports
 */
export async function measurePlan(plan, ports) {
  await ports.measure(plan.single, { mayGiveUp: false });
  await leaveOutEmpty(plan, [plan.single], ports);
  plan.isMeasured = true;
}

/**
 * @param {Plan} plan
 * @param {ReadonlySet<string>} paths of files that turned out to be empty; those that the plan has left out already stay
 *   there once
 */
export function noteEmpty(plan, paths) {
  for (const { path } of plan.single) if (paths.has(path)) plan.leftOut.push({ path, reason: "empty" });
  remove(plan.single, ({ path }) => paths.has(path));
}

/**
 * @param {Plan} plan takes those left out
 * @param {Entry[][]} lists lose them
 * @param {Pick<PlanPorts, "whyNoBytes">} ports
 */
async function leaveOutEmpty(plan, lists, { whyNoBytes }) {
  for (const list of lists) {
    const empty = list.filter(({ size }) => size === 0);
    if (!empty.length) continue;
    for (const entry of empty) plan.leftOut.push({ path: entry.path, reason: await whyNoBytes(entry) });
    remove(list, ({ size }) => size === 0);
  }
}

/**
 * In place: the lists are as long as a card.
 * @param {Entry[]} list
 * @param {(entry: Entry) => boolean} isUnwanted
 */
function remove(list, isUnwanted) {
  let kept = 0;
  for (const entry of list) if (!isUnwanted(entry)) list[kept++] = entry;
  list.length = kept;
}

/**
 * @param {readonly Entry[]} entries
 * @param {Plan} plan takes those that are left out, and at the end those whose name nobody shares
 * @param {PlanPorts} ports
 * @returns {Promise<Entry[][]>} files that share a name; by name, and within by path
 */
async function namesakesOf(entries, plan, { extensions, isOther, pause }) {
  /** @type {Map<string, Entry[]>} */ const byName = new Map();
  for (const [index, entry] of entries.entries()) {
    if (index % CHUNK === CHUNK - 1) await pause();
    const reason = isOther?.(entry) ? "other_type" : reasonToLeaveOut(entry.path, extensions);
    const namesakes = byName.get(entry.name);
    if (reason) plan.leftOut.push({ path: entry.path, reason });
    else if (namesakes) namesakes.push(entry);
    else byName.set(entry.name, [entry]);
  }
  for (const namesakes of byName.values()) if (namesakes.length === 1) plan.single.push(namesakes[0]);
  const shared = [...byName.values()].filter(({ length }) => length > 1).sort(([a], [b]) => compare(a.name, b.name));
  for (const namesakes of shared) namesakes.sort((a, b) => compare(a.path, b.path));
  return shared;
}

/** @param {Entry[]} namesakes */
function ofEqualSize(namesakes) {
  /** @type {Map<number|null, number>} */ const sizes = new Map();
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
  /** @type {Sending["files"]} */ const files = plan.single.map((entry) => ({ entry, name: entry.name }));
  const unreadable = plan.leftOut.filter(({ reason }) => reason === "unreadable");
  /** @type {Sending["unsent"]} */ const unsent = unreadable.map(({ path, reason }) => ({ path, code: reason }));
  if (choice === "folder") plan.namings ??= namings(plan.groups.map((group) => group.files), namesOf(plan));
  for (const entry of plan.groups.flatMap((group) => group.files)) {
    const naming = choice === "folder" ? plan.namings?.get(entry.path) : undefined;
    if (naming && !naming.code) files.push({ entry, name: naming.name, formerName: naming.formerName });
    else unsent.push({ path: entry.path, code: naming?.code ?? "left_out" });
  }
  const renamed = files.slice(plan.single.length).map(({ entry: { path }, name }) => ({ path, name }));
  const bytes = files.reduce((sum, { entry: { size } }) => sum + (size ?? 0), 0);
  return { files, bytes, renamed, unsent, declaredFiles: files.length + unsent.length };
}

/** @param {Plan} plan */
function* namesOf({ single, groups }) {
  for (const { name } of single) yield name;
  for (const { name } of groups) yield name;
}
