/** Which deployments are asked for. Knows no DOM. */

/**
 * @typedef {object} Properties as deployments/formats/geojson.py writes them, with the address of its page as `link`
 * @property {string} deployment_id
 * @property {string} location_name
 * @property {string} bucket
 * @property {string} bucket_title
 * @property {"active"|"inactive"} status
 * @property {string|null} first_day
 * @property {string|null} last_day
 * @property {string} system_id
 * @property {string} camera_id
 * @property {string} link
 *
 * @typedef {import("geojson").Feature<import("geojson").Point|null, Properties> & {id: string}} Feature
 * @typedef {{status: string, bucket: string, q: string}} Wanted "" is any
 */

/** @type {(keyof Properties)[]} */
const SEARCHED = ["deployment_id", "location_name", "system_id", "camera_id", "bucket", "bucket_title"];

/** Without case and accents: few keyboards have all of them. @param {string} text */
const folded = (text) => text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().trim();

/**
 * @param {Feature[]} features
 * @param {Wanted} wanted
 * @returns {Feature[]}
 */
export function matching(features, { status, bucket, q }) {
  const words = folded(q).split(/\s+/);
  return features.filter(({ properties }) => {
    if (status && properties.status !== status) return false;
    if (bucket && properties.bucket !== bucket) return false;
    const text = folded(SEARCHED.map((name) => properties[name]).join("\n"));
    return words.every((word) => text.includes(word));
  });
}

/** @param {Pick<Properties, "first_day"|"last_day">} properties @returns {string} "" while unknown */
export function season({ first_day, last_day }) {
  return first_day || last_day ? `${first_day ?? "…"} – ${last_day ?? "…"}` : "";
}
