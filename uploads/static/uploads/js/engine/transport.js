/** PUTs a file to a signed URL. XMLHttpRequest, since fetch tells nothing of how much has been sent. */

import { FileError, putError } from "../lib/errors.js";
import { parseRetryAfter } from "../portal/retry.js";

const STALL_MS = 90_000; // no byte moved and no answer came for so long: the connection is dead
const ERROR_BODY_CHARACTERS = 4_000;

/**
 * @param {{url: string, headers: Record<string, string>, file: Blob, signal: AbortSignal,
 *          onProgress: (sentBytes: number) => void}} job
 * @returns {Promise<void>} rejects with TransferError or FileError
 */
export async function putByXhr({ url, headers, file, signal, onProgress }) {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal.addEventListener("abort", abort, { once: true });
  const stalled = stallWatch(() => request.abort());
  try {
    await new Promise((resolve) => {
      request.upload.onprogress = (event) => {
        stalled.restart();
        onProgress(event.loaded);
      };
      request.onloadend = resolve;
      request.open("PUT", url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.send(file);
    });
  } finally {
    stalled.stop();
    signal.removeEventListener("abort", abort);
  }
  signal.throwIfAborted();
  const error = errorOf(request, stalled.hasFired);
  // Also after a success: what the card has by now may not be what was sent. And of a failure without an answer the
  // browser does not say whether it was the link or the file.
  if (!error || request.status === 0) await throwIfUnreadable(file);
  if (error) throw error;
}

/**
 * @param {XMLHttpRequest} request
 * @param {boolean} hasStalled
 */
function errorOf(request, hasStalled) {
  const { status } = request;
  return putError({
    httpStatus: status,
    body: status ? request.responseText.slice(0, ERROR_BODY_CHARACTERS) : "",
    // Looked up in the list of those that the store exposes: asking for one that it does not is an error in the console.
    retryAfterMs: parseRetryAfter(/^retry-after: *(.+)$/im.exec(request.getAllResponseHeaders())?.[1] ?? null, Date.now()),
    hasStalled,
  });
}

/** @param {Blob} file */
async function throwIfUnreadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (error) {
    if (error instanceof DOMException) throw FileError.fromRead(error.name);
    throw error;
  }
}

/** @param {() => void} onStall */
function stallWatch(onStall) {
  const watch = {
    hasFired: false,
    timer: 0,
    restart() {
      clearTimeout(watch.timer);
      watch.timer = setTimeout(() => {
        watch.hasFired = true;
        onStall();
      }, STALL_MS);
    },
    stop: () => clearTimeout(watch.timer),
  };
  watch.restart();
  return watch;
}
