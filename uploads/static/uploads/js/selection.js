/** What of a scan is sent, what is left out and why, and which names stand for several files. Knows no DOM. */

/**
 * @typedef {import("./scan.js").Entry} Entry
 * @typedef {Entry & {md5?: string}} ReadEntry
 * @typedef {"hidden"|"system"|"empty"|"extension"|"unreadable"} Reason
 *
 * @typedef {object} Plan
 * @property {ReadEntry[]} send one per name
 * @property {number} sendBytes
 * @property {{path: string, reason: Reason}[]} leftOut
 * @property {{path: string, sentAs: string}[]} duplicates equal content under an equal name: sent once, as `sentAs`
 * @property {{name: string, paths: string[]}[]} collisions other content under an equal name: none of them is sent
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
  const parts = path.split("/");
  if (parts.some((part) => SYSTEM_NAMES.has(part.toLowerCase()))) return "system";
  if (parts.some((part) => part.startsWith("."))) return "hidden";
  const name = parts[parts.length - 1];
  const dot = name.lastIndexOf(".");
  if (dot < 1 || !extensions.has(name.slice(dot + 1).toLowerCase())) return "extension";
  return size === 0 ? "empty" : null;
}

/**
 * @param {import("./scan.js").Scan} scan
 * @param {{extensions: ReadonlySet<string>, md5: (file: File) => Promise<string>, pause: () => Promise<void>}} ports
 *   `md5` is asked only about files that share name and size with another, to tell copies from collisions;
 *   rejects as it does
 * @returns {Promise<Plan>}
 */
export async function planOf({ entries, unreadable }, { extensions, md5, pause }) {
  /** @type {Plan} */
  const plan = {
    send: [],
    sendBytes: 0,
    leftOut: unreadable.map((path) => ({ path, reason: /** @type {Reason} */ ("unreadable") })),
    duplicates: [],
    collisions: [],
  };
  /** @type {Map<string, ReadEntry[]>} */ const byName = new Map();
  for (const [index, entry] of entries.entries()) {
    if (index % CHUNK === CHUNK - 1) await pause();
    const reason = reasonToLeaveOut(entry.path, entry.size, extensions);
    const namesakes = byName.get(entry.name);
    if (reason) plan.leftOut.push({ path: entry.path, reason });
    else if (namesakes) namesakes.push({ ...entry });
    else byName.set(entry.name, [{ ...entry }]);
  }
  let index = 0;
  for (const [name, namesakes] of byName) {
    if ((index += 1) % CHUNK === 0) await pause();
    if (namesakes.length === 1 || (await areCopies(namesakes, md5))) keep(plan, namesakes);
    else plan.collisions.push({ name, paths: namesakes.map(({ path }) => path).sort() });
  }
  return plan;
}

/** Files that the person chose as data: those to be sent and those whose names collide. @param {Plan} plan */
export function declaredFiles(plan) {
  return plan.send.length + plan.collisions.reduce((sum, { paths }) => sum + paths.length, 0);
}

/**
 * @param {Plan} plan
 * @param {ReadEntry[]} copies
 */
function keep(plan, [kept, ...copies]) {
  plan.send.push(kept);
  plan.sendBytes += kept.size;
  for (const { path } of copies) plan.duplicates.push({ path, sentAs: kept.path });
}

/**
 * @param {ReadEntry[]} namesakes
 * @param {(file: File) => Promise<string>} md5
 */
async function areCopies(namesakes, md5) {
  if (namesakes.some(({ size }) => size !== namesakes[0].size)) return false;
  for (const entry of namesakes) {
    entry.md5 = await md5(entry.file);
    if (entry.md5 !== namesakes[0].md5) return false;
  }
  return true;
}
