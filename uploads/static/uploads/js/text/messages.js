/**
 * The texts that the page's script shows, in the language that `speak` was told; each language is a file in messages/,
 * of which en.js is written by hand and the others by `make messages` (docs/translating.md).
 * A text in several forms depends on the parameter `count`; its forms are named as the language's plurals are (CLDR).
 */

import { formOf, number, writeIn } from "../lib/format.js";

/**
 * @typedef {string | ({other: string} & Partial<Record<Intl.LDMLPluralRule, string>>)} Message
 * @typedef {Record<string, Message>} Messages
 */

/** @type {Messages} */ export let messages = {};
let plurals = new Intl.PluralRules("en");

/**
 * The language of all texts, numbers and days from now on. To be waited for before anything is shown.
 * @param {string} language English in place of one that has no texts
 * @param {readonly string[]} preferred the browser's languages
 */
export async function speak(language, preferred) {
  ({ messages } = await import(`./messages/${language}.js`).catch(() => import("./messages/en.js")));
  plurals = new Intl.PluralRules(language);
  writeIn(formOf(language, preferred));
}

/**
 * @param {string} key
 * @param {Record<string, string|number>} [values] numbers are written in the page's language
 */
export function t(key, values = {}) {
  const entry = messages[key];
  if (entry === undefined) throw new Error(`no message ${key}`);
  return filled(typeof entry === "string" ? entry : (entry[plurals.select(Number(values.count))] ?? entry.other), key, values);
}

/**
 * @param {string} key
 * @returns {boolean}
 */
export function has(key) {
  return key in messages;
}

/**
 * @param {string} text
 * @param {string} key
 * @param {Record<string, string|number>} values
 */
function filled(text, key, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`message ${key} lacks ${name}`);
    return typeof value === "number" ? number(value) : value;
  });
}
