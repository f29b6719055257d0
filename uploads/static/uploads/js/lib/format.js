/** Numbers, sizes, spans of time and days in the page's language. */

const UNITS = ["B", "kB", "MB", "GB", "TB"]; // decimal, as on the card's label
let forms = formsIn(formOf("en", []));

/**
 * How all is written from now on.
 * @param {string} form a language with or without its region, such as "es-PA"
 */
export function writeIn(form) {
  forms = formsIn(form);
}

/** @param {string} form */
function formsIn(form) {
  return {
    whole: new Intl.NumberFormat(form, { maximumFractionDigits: 0, useGrouping: true }),
    short: new Intl.NumberFormat(form, { maximumSignificantDigits: 2 }),
    fraction: new Intl.NumberFormat(form, { maximumFractionDigits: 2, useGrouping: false }),
    day: new Intl.DateTimeFormat(form, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
    longDay: new Intl.DateTimeFormat(form, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }),
    month: new Intl.DateTimeFormat(form, { month: "long", timeZone: "UTC" }),
    year: new Intl.DateTimeFormat(form, { year: "numeric", timeZone: "UTC" }),
    moment: new Intl.DateTimeFormat(form, { dateStyle: "medium", timeStyle: "short" }),
    clock: new Intl.DateTimeFormat(form, { timeStyle: "short" }),
  };
}

/**
 * The page's language as it is written where the reader lives: 3,412 in Panama, 3.412 in Argentina.
 * @param {string} pageLanguage
 * @param {readonly string[]} preferred the browser's languages
 */
export function formOf(pageLanguage, preferred) {
  const regional = preferred.find((tag) => tag.startsWith(`${pageLanguage}-`));
  // Plain "en" would put the month first, which most of our partners would misread.
  return regional ?? (pageLanguage === "en" ? "en-GB" : pageLanguage);
}

/** @param {number} value */
export function number(value) {
  return forms.whole.format(value);
}

/** @param {number} value as it may be typed again */
export function decimal(value) {
  return forms.fraction.format(value);
}

/** @param {number} size */
export function bytes(size) {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = value < 10 && unit > 0 ? forms.short.format(value) : forms.whole.format(value);
  return `${text}\u00a0${UNITS[unit]}`;
}

/** @param {string} isoDay such as 2025-04-01 */
export function day(isoDay) {
  return forms.day.format(dateOf(isoDay));
}

/** @param {string} isoDay */
export function longDay(isoDay) {
  return forms.longDay.format(dateOf(isoDay));
}

/** @param {string} isoDay */
export function month(isoDay) {
  return forms.month.format(dateOf(isoDay));
}

/** @param {string} isoDay */
export function year(isoDay) {
  return forms.year.format(dateOf(isoDay));
}

/** @param {string} isoMoment with its time zone; shown in the reader's */
export function moment(isoMoment) {
  return forms.moment.format(new Date(isoMoment));
}

/**
 * As short as it can be told.
 * @param {string} isoMoment with its time zone; shown in the reader's
 */
export function clockTime(isoMoment) {
  const then = new Date(isoMoment);
  return then.toDateString() === new Date().toDateString() ? forms.clock.format(then) : forms.moment.format(then);
}

/** @param {string} isoDay */
function dateOf(isoDay) {
  return new Date(`${isoDay}T00:00:00Z`);
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
