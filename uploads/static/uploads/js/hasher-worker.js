/**
 * Reads files and computes their MD5, away from the page's own thread. In: {id, file}. Out: {id, md5, bytes} or
 * {id, error}, the name of the DOMException with which reading failed.
 */

import "../vendor/hash-wasm-4.13.0/md5.umd.min.js"; // sets globalThis.hashwasm

const CHUNK_BYTES = 4 * 1024 * 1024; // per file under way; the whole file is never held

const { createMD5 } = /** @type {any} */ (globalThis).hashwasm;
/** @type {any[]} */ const idleHashers = [];

/** @param {File} file */
async function md5(file) {
  const hasher = idleHashers.pop() ?? (await createMD5());
  hasher.init();
  let bytes = 0;
  for (let start = 0; start < file.size; start += CHUNK_BYTES) {
    const chunk = await file.slice(start, start + CHUNK_BYTES).arrayBuffer();
    hasher.update(new Uint8Array(chunk));
    bytes += chunk.byteLength;
  }
  const digest = hasher.digest("hex");
  idleHashers.push(hasher);
  return { md5: digest, bytes };
}

self.onmessage = async (/** @type {MessageEvent<{id: number, file: File}>} */ { data: { id, file } }) => {
  try {
    self.postMessage({ id, ...(await md5(file)) });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    self.postMessage({ id, error: error.name });
  }
};
// A rejection in a handler reaches nobody by itself; as an error event it ends the run instead of hanging it.
self.onunhandledrejection = (event) => {
  setTimeout(() => {
    throw event.reason;
  });
};
