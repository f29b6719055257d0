/** Which data type a file is of: by what it says of itself, then by its folder, then by its name. Pure. */

import { FOLDERS_OF_TYPES, IMAGE_EXTENSIONS, LEAST_ULTRASOUND_HZ, MOST_AUDIBLE_HZ, MOTION_NAME, SNAPSHOT_NAME, SOUND_EXTENSIONS } from "../lib/shared.js";

/** @typedef {import("./facts/facts.js").FileFacts} FileFacts */

const AUDIBLE = "audible_recordings";
const ULTRASOUND = "ultrasound_recordings";
const SNAPSHOT = "snapshot_images";
const MOTION = "motion_images";
const SOUNDS = new Set([AUDIBLE, ULTRASOUND]); // what a sample rate tells apart
const IMAGES = new Set([SNAPSHOT, MOTION]);
const SNAPSHOT_FORM = new RegExp(SNAPSHOT_NAME, "i");
const MOTION_FORM = new RegExp(MOTION_NAME, "i");
const FOLDERS = Object.entries(FOLDERS_OF_TYPES);

/**
 * @param {string} name
 * @returns {"jpeg"|"wav"|""} by the name alone
 */
export function formatOf(name) {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (IMAGE_EXTENSIONS.includes(extension)) return "jpeg";
  return SOUND_EXTENSIONS.includes(extension) ? "wav" : "";
}

/**
 * @param {Pick<FileFacts, "format"|"madeBy"|"sampleRateHz">} facts
 * @returns {string} by the text of an AMI system, then by the sample rate; "" where neither tells
 */
export function typeByContent({ format, madeBy, sampleRateHz }) {
  if (format !== "wav") return "";
  if (madeBy === "audible_microphone") return AUDIBLE;
  if (madeBy === "ultrasonic_microphone") return ULTRASOUND;
  if (sampleRateHz === null) return "";
  if (sampleRateHz >= LEAST_ULTRASOUND_HZ) return ULTRASOUND;
  return sampleRateHz <= MOST_AUDIBLE_HZ ? AUDIBLE : "";
}

/**
 * @typedef {{dataType: string, damage: import("./facts/facts.js").Damage|""}} Said by the content of a file: of which data
 *   type it is, "" where it does not tell, and why it cannot be right
 */

/**
 * @param {FileFacts} facts
 * @returns {Said}
 */
export function saidBy(facts) {
  return { dataType: typeByContent(facts), damage: facts.damage };
}

/**
 * @param {string} path
 * @returns {string} by the nearest folder with a known name that fits the format, then by the file's own name; "" where
 *   none tells
 */
export function typeByPlace(path) {
  const folders = path.split("/");
  const name = String(folders.pop());
  const isImage = formatOf(name) === "jpeg";
  for (const folder of folders.reverse()) {
    const letters = folder.toLowerCase().replace(/[^a-z]/g, "");
    const found = FOLDERS.find(([dataType, names]) => IMAGES.has(dataType) === isImage && names.includes(letters));
    if (found) return found[0];
  }
  if (isImage && SNAPSHOT_FORM.test(name)) return SNAPSHOT;
  return isImage && MOTION_FORM.test(name) ? MOTION : "";
}

/**
 * @param {string} said the data type by the content, "" where that does not tell
 * @param {string} dataType
 * @returns {boolean} whether the content is of another one
 */
export function contradicts(said, dataType) {
  return said !== "" && SOUNDS.has(dataType) && said !== dataType;
}
