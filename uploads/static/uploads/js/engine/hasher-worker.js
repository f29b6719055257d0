/**
 * Reads files, computes their MD5 and PUTs the small ones, away from the page's own thread. The bytes of a small file
 * are kept from its hashing to its PUT: what is sent is what was hashed, and the card is read once. What comes in and
 * goes out: hasher-messages.js.
 */

import "../../vendor/hash-wasm-4.13.0/md5.umd.min.js"; // sets globalThis.hashwasm
import { END_BYTES, lookInto } from "../selection/facts/look.js";
import { factsOf } from "../selection/facts/read.js";
import { saidBy } from "../selection/sorting.js";

const CHUNK_BYTES = 4 * 1024 * 1024; // per file under way; a whole file is held only on request
const PIECE_BYTES = 4 * 1024; // three of a file: enough to tell two recordings apart, read in a millisecond
const ERROR_BODY_CHARACTERS = 4_000;
const LOOK_LASTS_MS = 500;
const LOOKED_AT_ONCE = 32; // kept files: at most 8 MB

/**
 * @typedef {import("./hasher-messages.js").Job} Job
 * @typedef {import("./hasher-messages.js").Answers} Answers
 * @typedef {{at: number, isUnchanged: Promise<boolean>}} Look at several files together; `at`: when it began
 * @typedef {{file: File, content: Uint8Array<ArrayBuffer>, look: Look}} Held
 */

const { createMD5 } = globalThis.hashwasm;
/** @type {Md5[]} */ const idleHashers = [];
/** @type {Map<number, Held|null>} null while it is being read */ const kept = new Map();
/** @type {Map<number, AbortController>} */ const underWay = new Map();

async function newMd5() {
  return (idleHashers.pop() ?? (await createMD5())).init();
}

/** @param {Md5} hasher */
function digestOf(hasher) {
  const digest = hasher.digest("binary");
  idleHashers.push(hasher);
  return digest;
}

/**
 * @param {import("./hasher-messages.js").DigestJob} job
 * @returns {Promise<Answers["digest"]>}
 */
async function digest({ id, file, partBytes, keep }) {
  if (keep) {
    kept.set(id, null);
    const look = { at: -Infinity, isUnchanged: Promise.resolve(true) };
    const content = new Uint8Array(await file.arrayBuffer());
    if (kept.has(id)) kept.set(id, { file, content, look }); // else let go meanwhile
    const md5 = hex(digestOf((await newMd5()).update(content)));
    const pieces = await piecesMd5(rangesOf(content.byteLength).map(([start, end]) => content.subarray(start, end)));
    const said = saidBy(factsOf(file.name, content.subarray(0, END_BYTES), content.subarray(-END_BYTES), content.byteLength));
    return { bytes: content.byteLength, md5, pieces, said };
  }
  const whole = await newMd5();
  const parts = partBytes ? await newMd5() : null; // over the parts' digests
  /** @type {string[]} */ const partMd5s = [];
  let bytes = 0;
  for (let partStart = 0; partStart < file.size; partStart += partBytes || file.size) {
    const partEnd = partBytes ? Math.min(file.size, partStart + partBytes) : file.size;
    const part = parts ? await newMd5() : null;
    for (let start = partStart; start < partEnd; start += CHUNK_BYTES) {
      const chunk = new Uint8Array(await file.slice(start, Math.min(partEnd, start + CHUNK_BYTES)).arrayBuffer());
      whole.update(chunk);
      part?.update(chunk);
      bytes += chunk.byteLength;
    }
    if (!parts || !part) break;
    const binary = digestOf(part);
    parts.update(binary);
    partMd5s.push(hex(binary));
  }
  const md5 = hex(digestOf(whole));
  const pieces = await piecesOf(file);
  const said = saidBy(await lookInto(file));
  if (!parts) return { bytes, md5, pieces, said };
  return { bytes, md5, pieces, said, partMd5s, multipartMd5: `${hex(digestOf(parts))}-${partMd5s.length}` };
}

/**
 * @param {number} bytes of a file
 * @returns {[start: number, end: number][]} its beginning, its middle and its end
 */
function rangesOf(bytes) {
  const last = Math.max(0, bytes - PIECE_BYTES);
  return [0, Math.floor(last / 2), last].map((start) => [start, Math.min(bytes, start + PIECE_BYTES)]);
}

/** @param {Blob} file */
async function piecesOf(file) {
  const pieces = new Blob(rangesOf(file.size).map(([start, end]) => file.slice(start, end)));
  return piecesMd5([new Uint8Array(await pieces.arrayBuffer())]);
}

/** @param {Uint8Array[]} pieces */
async function piecesMd5(pieces) {
  const md5 = await newMd5();
  for (const piece of pieces) md5.update(piece);
  return hex(digestOf(md5));
}

/** @param {Uint8Array} binary */
function hex(binary) {
  return Array.from(binary, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {import("./hasher-messages.js").PutJob} job
 * @returns {Promise<Answers["put"]>}
 */
async function put({ id, kept: keptId, url, headers, timeoutMs }) {
  const held = kept.get(keptId);
  if (!held) throw new Error("nothing is kept under this id");
  await failIfChanged(held); // old content, once stored, would stand in the way of what the card has now
  const abort = new AbortController();
  underWay.set(id, abort);
  let hasStalled = false;
  const timer = setTimeout(() => {
    hasStalled = true;
    abort.abort();
  }, timeoutMs);
  try {
    const response = await fetch(url, { method: "PUT", headers, body: held.content, signal: abort.signal, credentials: "omit" });
    const body = (await response.text()).slice(0, ERROR_BODY_CHARACTERS);
    return { httpStatus: response.status, body, retryAfter: response.headers.get("Retry-After"), hasStalled: false };
  } catch (error) {
    // TypeError is all that fetch says of a network; AbortError is ours; any other comes from reading the file.
    if (!(error instanceof TypeError || (error instanceof DOMException && error.name === "AbortError"))) throw error;
    return { httpStatus: 0, body: "", retryAfter: null, hasStalled };
  } finally {
    clearTimeout(timer);
    underWay.delete(id);
  }
}

/**
 * Looks whether the card still has what was read, shortly before that is sent. Those that will be sent next are looked
 * at in the same go: browsers compare size and time of each with the moment of the choice, and one reading of many
 * small files takes little longer than that of one.
 * @param {Held} held
 */
async function failIfChanged(held) {
  const now = performance.now();
  if (now - held.look.at > LOOK_LASTS_MS) {
    const due = [held];
    for (const other of kept.values()) {
      if (due.length === LOOKED_AT_ONCE) break;
      if (other && other !== held && now - other.look.at > LOOK_LASTS_MS) due.push(other);
    }
    const reading = new Blob(due.map(({ file }) => file)).arrayBuffer();
    const look = { at: now, isUnchanged: reading.then(() => true, () => false) };
    for (const one of due) one.look = look;
  }
  if (!(await held.look.isUnchanged)) await held.file.arrayBuffer(); // which of them has changed?
}

/**
 * @param {Job} job
 * @returns {Promise<Answers[keyof Answers]>}
 */
async function done(job) {
  switch (job.do) {
    case "digest": return digest(job);
    case "put": return put(job);
    case "pieces": return { pieces: await piecesOf(job.file) };
    default: throw new TypeError(`a worker was asked for ${JSON.stringify(job)}`);
  }
}

/** @param {Job} job */
async function answer(job) {
  try {
    self.postMessage({ id: job.id, ...(await done(job)) });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    self.postMessage({ id: job.id, error: error.name });
  }
}

self.onmessage = (/** @type {MessageEvent<import("./hasher-messages.js").Message>} */ { data }) => {
  if (data.do === "drop") kept.delete(data.id);
  else if (data.do === "abort") underWay.get(data.id)?.abort();
  else void answer(data);
};
// A rejection in a handler reaches nobody by itself; as an error event it ends the run instead of hanging it.
self.onunhandledrejection = (event) => {
  setTimeout(() => {
    throw event.reason;
  });
};
