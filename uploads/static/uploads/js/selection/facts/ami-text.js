/** The text that AMI systems write into their images and sounds: JSON, which may be cut off. Pure. */

import { PLACEHOLDER_ID } from "../../lib/shared.js";
import { noteTime } from "./times.js";

/** @typedef {import("./facts.js").FileFacts} FileFacts */

const EVENTS = ["motion_event_data", "audible_microphone_event_data"]; // the latter of both microphones
const MAKERS = new Set(["camera", "audible_microphone", "ultrasonic_microphone"]);
const NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g; // which Python writes; with the strings, to pass them over
const PLACEHOLDER = new RegExp(PLACEHOLDER_ID);

/**
 * Adds what the text says; what is missing, null or a placeholder says nothing.
 * @param {FileFacts} facts
 * @param {string} text
 */
export function noteAmiText(facts, text) {
  const said = wholePart(text);
  const ids = below(said, "base_ids");
  facts.system = idOf(ids.system_id) || facts.system;
  facts.hardware = idOf(ids.hardware_id) || facts.hardware;
  const settings = below(said, "device_settings");
  notePosition(facts, settings.lat, settings.lon);
  const country = below(said, "spatial_properties").country_code;
  if (typeof country === "string" && /^[A-Z]{3}$/.test(country)) facts.country = country;
  for (const key of EVENTS) {
    const event = below(said, key);
    const madeBy = below(event, "file_characteristics").file_type;
    if (typeof madeBy === "string" && MAKERS.has(madeBy)) facts.madeBy = madeBy;
    noteTime(facts, below(event, "date_fields").event_date);
  }
}

/**
 * What of a JSON object is whole: of one that is cut off, the keys before the cut.
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
export function wholePart(text) {
  /** @type {string[]} */ const waiting = []; // brackets to be closed
  let end = 0;
  let closers = "";
  let inString = false;
  let isEscaped = false;
  const keep = (/** @type {number} */ length) => {
    end = length;
    closers = waiting.toReversed().join("");
  };
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position];
    if (inString) {
      inString = isEscaped || character !== '"';
      isEscaped = character === "\\" && !isEscaped;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") {
      waiting.push(character === "{" ? "}" : "]");
      keep(position + 1);
    } else if (character === "}" || character === "]") {
      if (waiting.pop() !== character) return {};
      keep(position + 1);
      if (!waiting.length) break;
    } else if (character === ",") keep(position);
  }
  try {
    return objectOr(JSON.parse((text.slice(0, end) + closers).replace(NO_NUMBER, (found) => (found.startsWith('"') ? found : "null"))));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/**
 * Adds a position on Earth, in degrees, north and east positive. 0, 0 is what devices without one write.
 * @param {FileFacts} facts
 * @param {unknown} latitude
 * @param {unknown} longitude
 */
export function notePosition(facts, latitude, longitude) {
  const [north, east] = [numberOf(latitude), numberOf(longitude)];
  if (north === null || east === null || Math.abs(north) > 90 || Math.abs(east) > 180 || (!north && !east)) return;
  Object.assign(facts, { latitude: north, longitude: east });
}

/** @param {unknown} value */
function numberOf(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : null;
}

/**
 * @param {Record<string, unknown>} said
 * @param {string} key
 */
function below(said, key) {
  return objectOr(said[key]);
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>} empty where it is none
 */
function objectOr(value) {
  return value && typeof value === "object" && !Array.isArray(value) ? /** @type {Record<string, unknown>} */ (value) : {};
}

/** @param {unknown} value */
function idOf(value) {
  return typeof value === "string" && !PLACEHOLDER.test(value) ? value : "";
}
