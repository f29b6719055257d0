/** Lists that may be long: some hundred lines on the page, all of them in a file. */

import { el } from "./dom.js";
import { t } from "../text/messages.js";

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
    { class: "paths", tabindex: "0" }, // scrolls, so the keyboard must reach it
    ...lines.slice(0, MOST_LINES).map((line) => el("li", {}, line)),
    rest > 0 && el("li", { class: "hint" }, t("list.more", { count: rest })),
  );
}

/**
 * Rows become blocks where the screen is narrow; each cell then stands under its column's name.
 * @param {string} caption for screen readers
 * @param {readonly [string, string]} head
 * @param {readonly (readonly [string, string])[]} rows
 */
export function shortTable(caption, head, rows) {
  const rest = rows.length - MOST_LINES;
  const line = (/** @type {readonly string[]} */ cells) =>
    el("tr", { role: "row" }, ...cells.map((cell, index) => el("td", { role: "cell", "data-label": head[index] }, cell)));
  // The roles are said aloud since browsers drop a table's own when its rows are laid out as blocks.
  const table = el(
    "table",
    { role: "table", "aria-label": caption },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head.map((cell) => el("th", { scope: "col", role: "columnheader" }, cell)))),
    el("tbody", { role: "rowgroup" }, ...rows.slice(0, MOST_LINES).map(line)),
  );
  const more = rest > 0 && el("p", { class: "hint" }, t("list.more", { count: rest }));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table, more);
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
