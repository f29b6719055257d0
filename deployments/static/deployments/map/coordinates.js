/** Coordinates as people type them and as the portal keeps them: decimal degrees, six decimals. Knows no DOM. */

/** @typedef {{latitude: number, longitude: number}} Place */

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const PAIR = /^\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*[,;\s]\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*$/;

/** @param {string} text @param {number} limit @returns {number|null} */
function degrees(text, limit) {
  const clean = text.trim();
  if (!NUMBER.test(clean)) return null;
  const value = Number(clean);
  return Math.abs(value) <= limit ? value : null;
}

/**
 * What two inputs say. Anything half-typed or out of range is no place, and no fault either.
 * @param {string} latitude
 * @param {string} longitude
 * @returns {Place|null}
 */
export function parsed(latitude, longitude) {
  const north = degrees(latitude, 90);
  const east = degrees(longitude, 180);
  return north === null || east === null ? null : { latitude: north, longitude: east };
}

/**
 * Both numbers of a text such as "8.982110, -79.561044", as other maps put it on the clipboard.
 * @param {string} text
 * @returns {Place|null}
 */
export function pair(text) {
  const match = PAIR.exec(text);
  return match && parsed(match[1], match[2]);
}

/**
 * A point of the map as the portal keeps it: the map goes on past the date line, and past the poles.
 * @param {number} latitude
 * @param {number} longitude
 * @returns {Place}
 */
export function onEarth(latitude, longitude) {
  const around = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return { latitude: Math.max(-90, Math.min(90, latitude)), longitude: around };
}

/** @param {number} value @returns {string} six decimals (some 10 cm), as the portal keeps them */
export const written = (value) => (Object.is(Number(value.toFixed(6)), -0) ? 0 : value).toFixed(6);
