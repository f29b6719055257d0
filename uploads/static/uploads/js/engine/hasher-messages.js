/**
 * What the page and a hashing worker say to each other, as types alone. The answer to a job has its id; one that failed
 * has nothing else but `error`, the name of the DOMException with which reading the file failed.
 */

/**
 * @typedef {object} DigestJob
 * @property {number} id
 * @property {"digest"} do
 * @property {File} file
 * @property {number} partBytes 0 for a file that goes as a whole
 * @property {boolean} keep its bytes, for their PUT
 *
 * @typedef {{id: number, do: "pieces", file: File}} PiecesJob
 *
 * @typedef {object} PutJob of bytes that are kept
 * @property {number} id
 * @property {"put"} do
 * @property {number} kept the digest's id
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {number} timeoutMs
 *
 * @typedef {{id: number, do: "abort"}} Abort ends the PUT of this id; not answered
 * @typedef {{id: number, do: "drop"}} Drop lets go what the digest of this id keeps; not answered
 *
 * @typedef {object} Digested
 * @property {number} bytes that were read
 * @property {string} md5
 * @property {string} pieces checksum of some pieces of it
 * @property {import("../selection/sorting.js").Said} said
 * @property {string} [multipartMd5]
 * @property {string[]} [partMd5s]
 *
 * @typedef {{pieces: string}} Pieces
 * @typedef {{httpStatus: number, body: string, retryAfter: string|null, hasStalled: boolean}} PutAnswer
 * @typedef {{digest: Digested, pieces: Pieces, put: PutAnswer}} Answers by what the job is to do
 *
 * @typedef {DigestJob|PiecesJob|PutJob} Job
 * @typedef {Job|Abort|Drop} Message
 * @typedef {{id: number, error?: string}} Told
 */

export {};
