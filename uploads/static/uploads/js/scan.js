/** From what was picked or dropped to a flat list of files with their paths. Reads names and sizes only. */

/**
 * @typedef {object} Entry one file as it lies on the card
 * @property {string} path with "/" between folders
 * @property {string} name the last part of the path
 * @property {number} size bytes
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

const SLICE_MS = 30;

/**
 * Asked for its size, a picked file costs Chromium a look at the disk, on the page's own thread: some seconds for
 * thousands of them. Hence in slices of time.
 * @param {Iterable<File>} files of an `<input type="file">`, with or without `webkitdirectory`
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
export async function fromPicker(files, { signal, onCount, pause }) {
  const entries = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const file of files) {
    entries.push(entryOf(file.webkitRelativePath || file.name, file));
    if (performance.now() < sliceEnd) continue;
    onCount(entries.length);
    await pause();
    signal.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  return { entries, unreadable: [] };
}

/**
 * What a drop holds. Must be called within the drop event itself: its items are gone afterwards.
 * @param {DataTransferItemList} items
 * @returns {{roots: FileSystemEntry[], files: File[]}}
 */
export function rootsOfDrop(items) {
  /** @type {FileSystemEntry[]} */ const roots = [];
  /** @type {File[]} */ const files = [];
  for (const item of items) {
    if (item.kind !== "file") continue;
    const root = item.webkitGetAsEntry?.();
    const file = root ? null : item.getAsFile();
    if (root) roots.push(root);
    else if (file) files.push(file);
  }
  return { roots, files };
}

/**
 * Walks the dropped folders. The browser hands out a folder's entries by the hundred, and an empty hundred is the end.
 * @param {{roots: FileSystemEntry[], files: File[]}} drop
 * @param {Progress} progress
 * @returns {Promise<Scan>}
 */
export async function fromDrop({ roots, files }, { signal, onCount, pause }) {
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
      await readFiles(children.filter(({ isFile }) => isFile), entries, unreadable);
      waiting.push(...children.filter(({ isDirectory }) => isDirectory));
      signal.throwIfAborted();
      onCount(entries.length);
    }
  }
  return { entries, unreadable };
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
  return { path, name: path.slice(path.lastIndexOf("/") + 1), size: file.size, file };
}
