/** Errors of the uploader. Each carries a `code` for machines; messages.js has the words for people. */

/** What the portal's API answered, or that it did not answer (`httpStatus` 0). */
export class ApiError extends Error {
  /**
   * @param {{code: string, message: string, httpStatus: number, fields?: Record<string, string[]>,
   *          retryAfterMs?: number|null}} answer
   */
  constructor({ code, message, httpStatus, fields = {}, retryAfterMs = null }) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.httpStatus = httpStatus;
    this.fields = fields;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What the store answered to a PUT, or that it did not answer (`httpStatus` 0). */
export class TransferError extends Error {
  /**
   * @param {{code: string, httpStatus?: number, storeCode?: string, retryAfterMs?: number|null}} answer
   *   `storeCode` is S3's own, "" where the answer could not be read (an error without CORS headers).
   */
  constructor({ code, httpStatus = 0, storeCode = "", retryAfterMs = null }) {
    super([code, httpStatus || "", storeCode].filter(Boolean).join(" "));
    this.name = "TransferError";
    this.code = code;
    this.httpStatus = httpStatus;
    this.storeCode = storeCode;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The store's answer to a PUT as an error, null for success. Knows neither XMLHttpRequest nor fetch.
 * @param {{httpStatus: number, body: string, retryAfterMs: number|null, hasStalled?: boolean}} answer `httpStatus` 0
 *   when nothing came, or nothing that the browser lets a page see
 */
export function putError({ httpStatus, body, retryAfterMs, hasStalled = false }) {
  const isSuccess = httpStatus >= 200 && httpStatus < 300;
  if (isSuccess && !body.includes("<Error")) return null; // some put an error beneath a 200
  return new TransferError({
    code: isSuccess ? "error_in_answer" : httpStatus ? `http_${httpStatus}` : hasStalled ? "stalled" : "network",
    httpStatus,
    storeCode: /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? "",
    retryAfterMs,
  });
}

/**
 * The file on the card is not the one that was chosen any more, cannot be read, or is of another data type by its
 * content. Trying again is no use.
 */
export class FileError extends Error {
  /** @param {"file_changed"|"file_unreadable"|"other_type"} code */
  constructor(code) {
    super(code);
    this.name = "FileError";
    this.code = code;
  }

  /**
   * What a failed read says. Browsers give NotReadableError when size or time of a file differ from the moment
   * it was chosen (File API, "snapshot state"), and NotFoundError when it has gone.
   * @param {string} name of the DOMException
   */
  static fromRead(name) {
    return new FileError(name === "NotReadableError" ? "file_changed" : "file_unreadable");
  }
}

/** The hashing workers could not start or broke down. */
export class WorkerError extends Error {
  /** @param {string} message the browser's */
  constructor(message) {
    super(message);
    this.name = "WorkerError";
    this.code = "worker";
  }
}
