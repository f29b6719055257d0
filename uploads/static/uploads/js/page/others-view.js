/** What a card holds beside the data type of a verdict. Used by the upload and by the check of a card. */

import { el } from "./dom.js";
import { t } from "../text/messages.js";

/** @typedef {ReadonlyMap<string, number>} Others files by data type, "" where nothing tells it */

/** @param {Others} counts */
export function sumOf(counts) {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/**
 * @param {Others} found
 * @returns {string[]} a few words for each data type
 */
export function kindWords(found) {
  return [...found].map(([dataType, count]) => (dataType ? t("card.kind", { kind: t(`kind.${dataType}`), count }) : t("card.unsorted", { count })));
}

/**
 * @param {Others} others
 * @param {readonly string[]} taken data types that the deployment takes
 * @param {{text: string, onclick: () => void}} button to go on with them
 */
export function othersPanel(others, taken, { text, onclick }) {
  if (!others.size) return [];
  const words = kindWords(others);
  const lines = [...others.keys()].map((dataType, index) => {
    const isTaken = !dataType || taken.includes(dataType);
    return el("li", {}, isTaken ? words[index] : t("others.notTaken", { what: words[index] }));
  });
  const canGoOn = [...others.keys()].some((dataType) => taken.includes(dataType));
  return [
    el(
      "div",
      { class: "notice", id: "others" },
      el("h3", {}, t("others.title")),
      el("ul", {}, ...lines),
      canGoOn && el("p", { class: "actions no-print" }, el("button", { type: "button", class: "primary", onclick }, text)),
    ),
  ];
}

/**
 * A plan without the files of other data types, which the panel tells of.
 * @param {import("../selection/selection.js").Plan} plan
 */
export function withoutOthers(plan) {
  return { ...plan, leftOut: plan.leftOut.filter(({ reason }) => reason !== "other_type") };
}
