/** Lists that may be long: some hundred lines on the page, all of them in a file. */

import { el } from "./dom.js";
import { t } from "./messages.js";

const MOST_LINES = 300; // a page of hundreds of thousands of rows answers nobody

/**
 * @param {string} summary
 * @param {readonly string[]} lines
 * @param {string} [text] explains the list
 */
export function folded(summary, lines, text) {
  const body = el("div");
  const details = el("details", {}, el("summary", {}, summary), text ? el("p", {}, text) : null, body);
  details.addEventListener("toggle", () => body.replaceChildren(shortList(lines)), { once: true });
  return details;
}

/** @param {readonly string[]} lines */
export function shortList(lines) {
  const rest = lines.length - MOST_LINES;
  return el(
    "ul",
    { class: "paths" },
    ...lines.slice(0, MOST_LINES).map((line) => el("li", {}, line)),
    rest > 0 && el("li", { class: "hint" }, t("list.more", { count: rest })),
  );
}

/**
 * @param {readonly [string, string]} head
 * @param {readonly (readonly [string, string])[]} rows
 */
export function shortTable(head, rows) {
  const rest = rows.length - MOST_LINES;
  const line = (/** @type {"th"|"td"} */ tag, /** @type {readonly string[]} */ cells) =>
    el("tr", {}, ...cells.map((cell) => el(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  const table = el(
    "table",
    {},
    el("thead", {}, line("th", head)),
    el("tbody", {}, ...rows.slice(0, MOST_LINES).map((row) => line("td", row))),
  );
  return el("div", { class: "scroll", tabindex: "0" }, table, rest > 0 && el("p", { class: "hint" }, t("list.more", { count: rest })));
}

/**
 * @param {string} fileName
 * @param {readonly (readonly string[])[]} rows
 */
export function downloadButton(fileName, rows) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv;charset=utf-8" }));
    el("a", { href: url, download: fileName }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return el("button", { type: "button", onclick: save }, t("list.download"));
}

/**
 * RFC 4180, with a byte-order mark for spreadsheets. What a spreadsheet would take for a formula gets an
 * apostrophe: names come from cards, and cards from anywhere.
 * @param {readonly (readonly string[])[]} rows
 */
export function csv(rows) {
  const cell = (/** @type {string} */ text) => {
    const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
