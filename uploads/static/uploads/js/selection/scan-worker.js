/**
 * Walks folders away from the page's own thread. In: FileSystemHandles. Out, as it goes: {found: [{path, file}],
 * unreadable: [path], isDone}.
 */

const AT_ONCE = 32; // each file is a question to the browser's own process
const TELL_EVERY = 500; // files

/**
 * @typedef {FileSystemFileHandle|FileSystemDirectoryHandle} Handle
 * @typedef {[path: string, handle: FileSystemFileHandle]} Found
 */

/** @type {{path: string, file: File}[]} */ let found = [];
/** @type {string[]} */ let unreadable = [];

function tell(isDone = false) {
  self.postMessage({ found, unreadable, isDone });
  found = [];
  unreadable = [];
}

/**
 * @param {string} path
 * @param {() => Promise<void>} task
 */
async function orUnreadable(path, task) {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    unreadable.push(path);
  }
}

/** @param {Found[]} files */
async function readFiles(files) {
  const left = files.values(); // shared by all the readers below
  const read = async () => {
    for (const [path, handle] of left) {
      await orUnreadable(path, async () => {
        const file = await handle.getFile(); // before `found` is looked at: it may be another list by then
        found.push({ path, file });
      });
      if (found.length >= TELL_EVERY) tell();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, read));
}

/** @param {Handle[]} handles */
async function walk(handles) {
  /** @type {[path: string, handle: FileSystemDirectoryHandle][]} */ const folders = [];
  /** @type {Found[]} */ const files = [];
  const sort = (/** @type {string} */ path, /** @type {Handle} */ handle, /** @type {Found[]} */ siblings) => {
    if (handle.kind === "directory") folders.push([path, handle]);
    else siblings.push([path, handle]);
  };
  for (const handle of handles) sort(handle.name, handle, files);
  await readFiles(files);
  for (let next = folders.pop(); next; next = folders.pop()) {
    const [folderPath, folder] = next;
    /** @type {Found[]} */ const children = [];
    await orUnreadable(folderPath, async () => {
      for await (const child of folder.values()) sort(`${folderPath}/${child.name}`, /** @type {Handle} */ (child), children);
    });
    await readFiles(children);
  }
  tell(true);
}

self.onmessage = ({ data }) => void walk(data);
// A rejection in a handler reaches nobody by itself; as an error event it ends the scan instead of hanging it.
self.onunhandledrejection = (event) => {
  setTimeout(() => {
    throw event.reason;
  });
};
