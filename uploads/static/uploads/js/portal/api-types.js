/** What the portal answers, as types alone. */

/**
 * @typedef {object} Verdict of a session
 * @property {boolean|null} safe_to_wipe null while it is open
 * @property {number} [unsettled] files that an older program may still overwrite
 * @property {string|null} [unsettled_until]
 * @property {number} [comparing] files that are still to be looked at once more: it is asked for again until 0
 * @property {number} [waitMs] until that, by the portal's clock at its answer
 * @property {number} [refused] names answered with a conflict or a refusal that nothing has mended
 *
 * @typedef {object} SessionFacts an upload of one account into one place, as the portal's answers show it
 * @property {number} id
 * @property {string} deployment its id
 * @property {string} data_type
 * @property {string} account whose it is, by user name
 * @property {string} uploader_name
 * @property {string} season_reason
 * @property {string} location_name
 * @property {number|null} files as declared
 * @property {number} max_batch files per call
 * @property {number} verified files
 * @property {number} stored_before files
 * @property {string} started_at
 * @property {string|null} finished_at
 * @property {number} [multipart_above_bytes] larger files go in parts; none where the portal takes no parts
 * @property {number} [part_size_bytes]
 * @typedef {SessionFacts & Verdict} Session
 *
 * @typedef {object} Claim what a client says of a file that it asks about
 * @property {string} name
 * @property {number|null} size bytes
 * @property {string} [md5] 32 hex digits
 * @property {string} [multipart_md5] as the ETag of an upload in parts
 * @property {string} [damage] why its content cannot be right
 *
 * @typedef {object} Part of a large file
 * @property {number} number from 1
 * @property {string} md5 32 hex digits
 *
 * @typedef {object} Upload of a large file in parts
 * @property {string|number} id
 * @property {number} part_size_bytes
 * @property {number} parts how many there are to be
 *
 * @typedef {object} Completion
 * @property {"completed"|"incomplete"|"mismatch"|"conflict"} status
 * @property {number[]} missing numbers of parts
 * @property {string} code
 * @property {string} message
 *
 * @typedef {object} Neighbour a deployment at the same place
 * @property {string} deployment
 * @property {string} location_name
 * @property {string} camera_id
 * @property {string} system_id
 * @property {string|null} first_day
 * @property {string|null} last_day
 * @property {boolean} is_active
 * @property {boolean} may_upload
 * @property {number} files how many of the selection fall into its season
 *
 * @typedef {object} Survey what the portal makes of a selection's device times
 * @property {number} files
 * @property {number} dated
 * @property {number} undated
 * @property {number} reset before 2000
 * @property {number} ahead more than a day in the future
 * @property {number} in_season
 * @property {number} outside
 * @property {string|null} first_day
 * @property {string|null} last_day
 * @property {string|null} outside_first_day
 * @property {string|null} outside_last_day
 * @property {{deployment: string, first_day: string|null, last_day: string|null}} season
 * @property {boolean} needs_reason
 * @property {Neighbour[]} fits best first
 * @property {{judged: number, dark: number, verdict: "fine"|"shifted"|"daylight"|"unknown", shift_h?: number}} nights
 */

export {};
