/**
 * What a failed PUT or a failed call means, and so what follows: judged by what was said, not by how often it was said.
 * One table for the store's answers and one for the portal's. The script client keeps the same rules;
 * tests/data/rules/refusals.json holds both to them. Pure.
 *
 * | verdict | what follows                                                              | until when                      |
 * | again   | another try after a pause; a Retry-After is never shortened               | MAX_TRIES, PORTAL_PATIENCE_MS   |
 * | renew   | a new URL at once                                                         | as often as the link needs it   |
 * | ask     | the portal compares: somebody stored this key, perhaps we ourselves       | once                            |
 * | gone    | the portal is asked for another upload in parts                           | as PartsSender has rounds       |
 * | final   | the file is told by name; the run ends where the portal refuses           |                                 |
 */

/**
 * @typedef {"again"|"renew"|"ask"|"gone"|"final"} Verdict
 * @typedef {"good"|"over"|"fresh"} UrlState of the URL when the answer came. `over`: it had run out by its own time.
 *   `fresh`: it had not, and was signed because one that had not run out either was refused.
 *
 * @typedef {object} Rule the first that fits decides
 * @property {readonly string[]} [codes] S3's or the portal's
 * @property {readonly number[]} [statuses]
 * @property {(status: number) => boolean} [range]
 * @property {Verdict|"url"} then `url`: it depends on the URL's state
 */

// 0: nothing came, or nothing that the browser lets a page see, be it a refusal. 425, 429: come later.
const PASSING = [0, 408, 425, 429];
const isServerFault = (/** @type {number} */ status) => status >= 500;
// An answer of success that is none: an error in the body, or something between that answers in another's place.
const isSuccess = (/** @type {number} */ status) => status >= 200 && status < 300;
// What a server cannot do, and what it does not speak, it will not a minute later.
const NEVER = [501, 505];

/** @type {readonly Rule[]} */
const PUT_RULES = [
  // Faults on the way although the status is 4xx: the S3 API reference, "Error responses".
  { codes: ["RequestTimeout", "BadDigest", "IncompleteBody", "SlowDown"], then: "again" },
  // Another write to the key is under way, and nobody knows yet how it ends.
  { codes: ["ConditionalRequestConflict", "OperationAborted"], then: "again" },
  { codes: ["QuotaExceeded"], then: "final" },
  { codes: ["NoSuchUpload"], then: "gone" },
  { codes: ["RequestTimeTooSkewed", "ExpiredToken"], then: "url" },
  // `If-None-Match: *` met an object: 412, and 304 or 409 in the words of some stores.
  { statuses: [304, 409, 412], then: "ask" },
  { statuses: [401, 403], then: "url" },
  { statuses: NEVER, then: "final" },
  { statuses: PASSING, then: "again" },
  { range: isServerFault, then: "again" },
  { range: isSuccess, then: "again" },
];

/** @type {readonly Rule[]} */
const CALL_RULES = [
  { codes: ["conflict"], then: "again" }, // two at once; the portal undid ours
  { statuses: NEVER, then: "final" },
  { statuses: PASSING, then: "again" },
  { range: isServerFault, then: "again" },
  { codes: ["not_json"], then: "again" }, // a network that asks for a sign-in, say
];

/**
 * A refused URL that had run out by its own time says nothing about the file. One that had not may have been signed with
 * a key or by a clock that has been changed since; a fresh one that is refused too is meant.
 * @type {Record<UrlState, Verdict>}
 */
const BY_URL = { over: "renew", good: "renew", fresh: "final" };

/**
 * @param {{httpStatus: number, storeCode: string}} answer the store's to a PUT; `httpStatus` 0 for none
 * @param {UrlState} url
 * @returns {Verdict}
 */
export function judgePut({ httpStatus, storeCode }, url) {
  const then = judged(PUT_RULES, httpStatus, storeCode);
  return then === "url" ? BY_URL[url] : then;
}

/**
 * @param {{httpStatus: number, code: string}} answer the portal's to a call; `httpStatus` 0 for none
 * @returns {Verdict}
 */
export function judgeCall({ httpStatus, code }) {
  return /** @type {Verdict} */ (judged(CALL_RULES, httpStatus, code));
}

/**
 * @param {readonly Rule[]} rules
 * @param {number} status
 * @param {string} code
 */
function judged(rules, status, code) {
  const rule = rules.find(({ codes, statuses, range }) => codes?.includes(code) || statuses?.includes(status) || range?.(status));
  return rule?.then ?? "final";
}
