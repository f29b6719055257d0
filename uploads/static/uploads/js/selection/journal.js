/**
 * What this browser remembers of uploads that are not finished, so that a reload or a crash costs no choice and little
 * reading of the card. Checksums end with the run that they are of; when an interrupted one goes on they are proven
 * again (recall.js). Kept in IndexedDB. What is safe is known to the portal alone and never read from here;
 * so where the browser keeps nothing (private windows), all works without.
 */

/**
 * @typedef {object} Unfinished
 * @property {number} id
 * @property {string} account whose upload it is: a computer may be shared
 * @property {string} deployment its id
 * @property {string} place its location's name
 * @property {string} dataType
 * @property {string} uploaderName
 * @property {string} folder its name, for people
 * @property {FileSystemDirectoryHandle|null} handle
 * @property {import("./selection.js").Choice|null} choice
 * @property {string} reason for files from outside the season
 * @property {number|null} sessionId the portal's, null before it is opened and after it is finished
 * @property {number} files that are to be stored
 * @property {number} scanned files of any kind in the folder
 * @property {number} safe as last known
 * @property {number} [unsettled] files that an older program may still overwrite, as last known
 * @property {string|null} [unsettledUntil]
 * @property {number} startedAt milliseconds since 1970
 *
 * @typedef {object} Summed
 * @property {string} path
 * @property {number|null} size null while it is not measured
 * @property {number|null} lastModified
 * @property {Row} [known] what was written down of it; of use once it is measured
 * @property {Sums} [recalled] what an earlier reading of a file of this path, size and time gave: not to be believed as
 *   it stands, see recall.js
 * @property {boolean} [isRecalled] the checksums beneath are such
 * @property {string} [md5]
 * @property {string} [multipartMd5]
 * @property {string[]} [partMd5s]
 * @property {string} [pieces] checksum of some pieces of it
 *
 * @typedef {Pick<Summed, "md5"|"multipartMd5"|"partMd5s"|"pieces">} Sums
 * @typedef {[path: string, size: number, lastModified: number, sums: Sums]} Row
 */

const DATABASE = "ami-portal";
const VERSION = 1;
const UPLOADS = "uploads";
const SUMS = "sums"; // checksums by chunks; the key is [upload, chunk]
const KEPT_MS = 90 * 24 * 3600 * 1000;
const CHUNK_ROWS = 5_000;

export class Journal {
  #database;

  /** @param {IDBDatabase|null} database null: nothing is kept */
  constructor(database) {
    this.#database = database;
  }

  /** @param {IDBFactory|undefined} factory */
  static async open(factory) {
    try {
      return new Journal(factory ? await opened(factory) : null);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // a SecurityError where storage is barred, say
      return new Journal(null);
    }
  }

  /**
   * @param {string} account
   * @returns {Promise<Unfinished[]>} newest first
   */
  async unfinished(account) {
    const all = await this.#do([UPLOADS], "readonly", (store) => wanted(store(UPLOADS).getAll()), /** @type {Unfinished[]} */ ([]));
    const old = all.filter(({ startedAt }) => startedAt < Date.now() - KEPT_MS);
    for (const { id } of old) await this.forget(id);
    return all.filter((upload) => upload.account === account && !old.includes(upload)).sort((a, b) => b.id - a.id);
  }

  /**
   * @param {Omit<Unfinished, "id">} upload
   * @returns {Promise<number|null>} its id, null where nothing is kept
   */
  async begin(upload) {
    const add = (/** @type {object} */ value) =>
      this.#do([UPLOADS], "readwrite", async (store) => Number(await wanted(store(UPLOADS).add(value))), null);
    // Some browsers keep no handles.
    return (await add(upload)) ?? (upload.handle ? await add({ ...upload, handle: null }) : null);
  }

  /**
   * @param {number|null} id
   * @param {Partial<Unfinished>} changes
   */
  async note(id, changes) {
    if (id === null) return;
    await this.#do([UPLOADS], "readwrite", async (store) => {
      const upload = await wanted(store(UPLOADS).get(id));
      if (upload) await wanted(store(UPLOADS).put({ ...upload, ...changes }));
    }, undefined);
  }

  /** @param {number|null} id */
  async forget(id) {
    if (id === null) return;
    await this.#do([UPLOADS, SUMS], "readwrite", async (store) => {
      store(SUMS).delete(IDBKeyRange.bound([id], [id, []]));
      await wanted(store(UPLOADS).delete(id));
    }, undefined);
  }

  /** @param {number|null} id of an upload that stays, without its checksums */
  async forgetSums(id) {
    if (id === null) return;
    await this.#do([SUMS], "readwrite", async (store) => {
      await wanted(store(SUMS).delete(IDBKeyRange.bound([id], [id, []])));
    }, undefined);
  }

  /**
   * @param {number} id
   * @param {Row[]} rows
   */
  async addSums(id, rows) {
    await this.#do([SUMS], "readwrite", async (store) => {
      const chunk = await wanted(store(SUMS).count(IDBKeyRange.bound([id], [id, []])));
      await wanted(store(SUMS).add(rows, [id, chunk]));
    }, undefined);
  }

  /**
   * Gives files the checksums that were written down of them, where path, size and time of change are still the same;
   * those not measured yet when they are. Of files that share a time or a name none: neither tells them apart.
   * @param {number} id
   * @param {readonly Summed[]} files
   */
  async recall(id, files) {
    const chunks = await this.#do([SUMS], "readonly", (store) => wanted(store(SUMS).getAll(IDBKeyRange.bound([id], [id, []]))), /** @type {Row[][]} */ ([]));
    const known = new Map(chunks.flat().map((row) => [row[0], row]));
    const times = counted([...known.values()], ([, , lastModified]) => lastModified);
    const names = counted([...known.values()], ([path]) => nameOf(path));
    for (const file of files) {
      const row = known.get(file.path);
      const isTelling = row && times.get(row[2]) === 1 && names.get(nameOf(row[0])) === 1;
      file.known = isTelling ? row : undefined;
      if (file.size !== null) useKnown(file);
    }
  }

  /**
   * @template T
   * @param {string[]} names
   * @param {IDBTransactionMode} mode
   * @param {(store: (name: string) => IDBObjectStore) => Promise<T>} work
   * @param {T} otherwise where nothing is kept, or no more
   * @returns {Promise<T>}
   */
  async #do(names, mode, work, otherwise) {
    if (!this.#database) return otherwise;
    try {
      const transaction = this.#database.transaction(names, mode);
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
      });
      const [result] = await Promise.all([work((name) => transaction.objectStore(name)), done]);
      return result;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // the disk is full, the site's data was cleared, ...
      return otherwise;
    }
  }
}

/** Writes the checksums of a run into the journal as they come, by chunks. */
export class SumsKeeper {
  #journal;
  #id;
  #items;
  /** Items before this one are written, or had been. */ #from = 0;
  /** @type {Set<number>} */ #kept = new Set();

  /**
   * @param {Journal} journal
   * @param {number} id
   * @param {readonly Summed[]} items
   */
  constructor(journal, id, items) {
    this.#journal = journal;
    this.#id = id;
    this.#items = items;
  }

  /** What was written is gone: all that is known is written again. */
  restart() {
    this.#from = 0;
    this.#kept.clear();
  }

  /** @returns {Promise<void>} */
  async sweep() {
    /** @type {Row[]} */ const rows = [];
    let isGapless = true;
    for (let index = this.#from; index < this.#items.length && rows.length < CHUNK_ROWS; index += 1) {
      const item = this.#items[index];
      if (!item.md5) isGapless = false;
      else if (!this.#kept.has(index) && !item.isRecalled) {
        rows.push([item.path, Number(item.size), Number(item.lastModified), sumsOf(item)]);
        this.#kept.add(index);
      }
      if (isGapless) {
        this.#kept.delete(index);
        this.#from = index + 1;
      }
    }
    if (rows.length) await this.#journal.addSums(this.#id, rows);
  }
}

/** @param {Summed} file that is measured */
export function useKnown(file) {
  const [, size, lastModified, sums] = file.known ?? [];
  if (size === file.size && lastModified === file.lastModified) file.recalled = sums;
  delete file.known;
}

/**
 * @param {Summed} file
 * @returns {Sums} what reading it gave
 */
export function sumsOf({ md5, multipartMd5, partMd5s, pieces }) {
  return multipartMd5 ? { md5, multipartMd5, partMd5s, pieces } : { md5, pieces };
}

const nameOf = (/** @type {string} */ path) => path.slice(path.lastIndexOf("/") + 1);

/**
 * @template T, K
 * @param {T[]} rows
 * @param {(row: T) => K} keyOf
 */
function counted(rows, keyOf) {
  /** @type {Map<K, number>} */ const counts = new Map();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
}

/**
 * @param {IDBFactory} factory
 * @returns {Promise<IDBDatabase>}
 */
function opened(factory) {
  const request = factory.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(UPLOADS, { keyPath: "id", autoIncrement: true });
    request.result.createObjectStore(SUMS);
  };
  return wanted(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function wanted(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
