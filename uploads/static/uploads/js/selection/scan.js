/**
 * From what was picked or dropped to a flat list of files with their paths. Reads names, and sizes and times where they
 * come with them. The files are snapshots: one that changes after its first look cannot be read any more, which the
 * browser then says.
 */

import { WorkerError } from "../lib/errors.js";
import { composed } from "./names.js";

/**
 * @typedef {object} Entry one file as it lies on the card
 * @property {string} path with "/" between folders
 * @property {string} name the last part of the path, composed: under it the file is stored if it can keep it
 * @property {number|null} size bytes; null for a picked file that was not measured yet, see measure.js
 * @property {number|null} lastModified milliseconds since 1970; known with the size
 * @property {File} file
 *
 * @typedef {object} Scan
 * @property {Entry[]} entries
 * @property {string[]} unreadable paths of folders and files that the browser could not read
 *
 * @typedef {object} Progress
 * @property {AbortSignal} signal
 * @property {(files: number) => void} onCount
 * @property {() => Promise<void>} pause lets the page draw and answer
 */

const SLICE_MS = 60;
const ENTRIES_PER_TURN = 100; // browsers may hand out thousands at once, and opening each takes the page's own thread

/**
 * @param {Iterable<File>} files of an `<input type="file">`, with or without `webkitdirectory`
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
export async function fromPicker(files, { signal, onCount, pause }) {
  const entries = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    entries.push({ path, name: nameOf(path), size: null, lastModified: null, file });
    if (performance.now() < sliceEnd) continue;
    onCount(entries.length);
    await pause();
    signal.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  return { entries, unreadable: [] };
}

/**
 * @typedef {object} Drop
 * @property {Promise<FileSystemHandle|null>[]} handles where the browser gives them, else empty
 * @property {FileSystemEntry[]} roots
 * @property {File[]} files that are neither
 */

/**
 * What a drop holds. Must be called within the drop event itself: its items are gone afterwards.
 * @param {DataTransferItemList} items
 * @returns {Drop}
 */
export function rootsOfDrop(items) {
  /** @type {Drop} */ const drop = { handles: [], roots: [], files: [] };
  for (const item of items) {
    if (item.kind !== "file") continue;
    const handle = item.getAsFileSystemHandle?.();
    const root = item.webkitGetAsEntry?.();
    const file = root ? null : item.getAsFile();
    if (handle) drop.handles.push(handle);
    if (root) drop.roots.push(root);
    else if (file) drop.files.push(file);
  }
  return drop;
}

/**
 * Handles are quick to walk but blind: Chromium hides whatever has a name that would not be safe to write (":", "?", a
 * zero-width space in Thai, a folder's trailing dot), and says nothing. Entries hide nothing and are slow to open. So
 * the entries are counted, and opened only when the handles have shown fewer.
 * @param {Drop} drop
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
export async function fromDrop(drop, progress) {
  const handles = await handlesOf(drop);
  if (!handles) return fromEntries(drop, progress);
  const [scan, files] = await Promise.all([fromHandles(handles, progress), countedFiles(drop, progress)]);
  return scan.entries.length >= files ? scan : fromEntries(drop, progress);
}

/**
 * Walks a folder in a worker: it neither holds up the page nor is held up by it. See `fromDrop` for what it may miss:
 * the caller must know how many files there are to be.
 * @param {FileSystemDirectoryHandle} folder
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
export function fromHandle(folder, progress) {
  return fromHandles([folder], progress);
}

/** @param {Drop} drop */
async function handlesOf({ handles, roots, files }) {
  if (!handles.length || handles.length < roots.length + files.length) return null;
  try {
    const got = await Promise.all(handles);
    return got.every(Boolean) ? /** @type {FileSystemHandle[]} */ (got) : null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null; // some folders are given out as entries only
  }
}

/**
 * @param {FileSystemHandle[]} handles
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
async function fromHandles(handles, { signal, onCount }) {
  /** @type {Scan} */ const scan = { entries: [], unreadable: [] };
  const worker = new Worker(new URL("./scan-worker.js", import.meta.url), { type: "module" });
  try {
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      worker.onerror = (event) => reject(new WorkerError(event.message || "The scanning worker did not start."));
      worker.onmessage = ({ data: { found, unreadable, isDone } }) => {
        for (const { path, file } of found) scan.entries.push(entryOf(path, file));
        scan.unreadable.push(...unreadable);
        onCount(scan.entries.length);
        if (isDone) resolve(undefined);
      };
      worker.postMessage(handles);
    });
    return scan;
  } finally {
    worker.terminate();
  }
}

/**
 * Walks the dropped folders. The browser hands out a folder's entries in portions, and an empty one is the end.
 * @param {Drop} drop
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
async function fromEntries({ roots, files }, { signal, onCount, pause }) {
  const { entries, unreadable } = await fromPicker(files, { signal, onCount, pause });
  const waiting = [...roots].reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal.throwIfAborted();
    if (!next.isDirectory) {
      await readFiles([/** @type {FileSystemFileEntry} */ (next)], entries, unreadable);
      continue;
    }
    const reader = /** @type {FileSystemDirectoryEntry} */ (next).createReader();
    for (;;) {
      const children = await readSome(reader, next, unreadable);
      if (!children.length) break;
      const fileEntries = children.filter(({ isFile }) => isFile);
      for (let start = 0; start < fileEntries.length; start += ENTRIES_PER_TURN) {
        await readFiles(fileEntries.slice(start, start + ENTRIES_PER_TURN), entries, unreadable);
        signal.throwIfAborted();
        onCount(entries.length);
        await pause();
      }
      waiting.push(...children.filter(({ isDirectory }) => isDirectory));
    }
  }
  return { entries, unreadable };
}

/**
 * @param {Drop} drop
 * @param {Progress} progress
 * @returns {Promise<number>} how many files it holds, whether they can be read or not
 */
async function countedFiles({ roots, files }, { signal }) {
  let count = files.length;
  const waiting = [...roots];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal.throwIfAborted();
    if (!next.isDirectory) count += 1;
    else {
      const reader = /** @type {FileSystemDirectoryEntry} */ (next).createReader();
      for (let children = await readSome(reader, next, []); children.length; children = await readSome(reader, next, [])) {
        count += children.filter(({ isFile }) => isFile).length;
        waiting.push(...children.filter(({ isDirectory }) => isDirectory));
      }
    }
  }
  return count;
}

/**
 * @param {FileSystemDirectoryReader} reader
 * @param {FileSystemEntry} folder
 * @param {string[]} unreadable
 * @returns {Promise<FileSystemEntry[]>}
 */
async function readSome(reader, folder, unreadable) {
  try {
    return await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  } catch (error) {
    noteUnreadable(error, folder, unreadable);
    return [];
  }
}

/**
 * @param {FileSystemEntry[]} fileEntries
 * @param {Entry[]} entries
 * @param {string[]} unreadable
 */
async function readFiles(fileEntries, entries, unreadable) {
  const read = fileEntries.map(async (fileEntry) => {
    try {
      const file = await /** @type {Promise<File>} */ (
        new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (fileEntry).file(resolve, reject))
      );
      return entryOf(pathOf(fileEntry), file);
    } catch (error) {
      return noteUnreadable(error, fileEntry, unreadable);
    }
  });
  for (const entry of await Promise.all(read)) if (entry) entries.push(entry);
}

/**
 * @param {unknown} error
 * @param {FileSystemEntry} entry
 * @param {string[]} unreadable
 */
function noteUnreadable(error, entry, unreadable) {
  if (!(error instanceof DOMException)) throw error;
  unreadable.push(pathOf(entry));
  return null;
}

/** @param {FileSystemEntry} entry */
function pathOf(entry) {
  return entry.fullPath.replace(/^\//, "");
}

/**
 * @param {string} path
 * @param {File} file
 * @returns {Entry}
 */
function entryOf(path, file) {
  const { size, lastModified } = file;
  return { path, name: nameOf(path), size, lastModified, file };
}

/** @param {string} path */
function nameOf(path) {
  return composed(path.slice(path.lastIndexOf("/") + 1));
}
