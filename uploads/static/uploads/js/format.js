/** Numbers, sizes, spans of time and days in the page's language. */

const language = globalThis.document?.documentElement.lang || "en";
// Plain "en" would put the month first, which most of our partners would misread.
const dayLanguage = language === "en" ? "en-GB" : language;
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
const dayForm = new Intl.DateTimeFormat(dayLanguage, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const UNITS = ["B", "kB", "MB", "GB", "TB"]; // decimal, as on the card's label

/** @param {number} value */
export function number(value) {
  return whole.format(value);
}

/** @param {number} size */
export function bytes(size) {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = value < 10 && unit > 0 ? short.format(value) : whole.format(value);
  return `${text}\u00a0${UNITS[unit]}`;
}

/** @param {string} isoDay such as 2025-04-01 */
export function day(isoDay) {
  return dayForm.format(new Date(`${isoDay}T00:00:00Z`));
}

/**
 * Coarse on purpose: an estimate to the second would only flicker.
 * @param {number} seconds
 * @returns {{unit: "soon"|"minutes"|"hours"|"days", count: number}}
 */
export function span(seconds) {
  if (seconds < 60) return { unit: "soon", count: 1 };
  if (seconds < 90 * 60) return { unit: "minutes", count: Math.round(seconds / 60) };
  if (seconds < 36 * 3600) return { unit: "hours", count: Math.round(seconds / 3600) };
  return { unit: "days", count: Math.round(seconds / 86_400) };
}
