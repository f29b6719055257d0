/** Files whose content cannot be right, beneath a verdict. Used by the upload and by the check of a card. */

import { el } from "./dom.js";
import { folded } from "./lists.js";
import { FAILING_DAMAGE } from "../lib/shared.js";
import { t } from "../text/messages.js";

/** @typedef {{path: string, damage: string}} Damaged */

/**
 * Those that speak of a card that fails, or that are no image or sound at all.
 * @param {readonly Damaged[]} damaged
 */
export function failingOf(damaged) {
  return damaged.filter(({ damage }) => FAILING_DAMAGE.includes(damage));
}

/**
 * @param {readonly Damaged[]} damaged
 * @param {(() => void)|null} onKnown for whom says that the card really holds them so; null where it changes nothing
 */
export function damagedPanel(damaged, onKnown) {
  if (!damaged.length) return [];
  const lines = damaged.map(({ path, damage }) => `${path}: ${t(`damage.${damage}`)}`);
  return [
    el(
      "div",
      { class: "notice", id: "damaged" },
      el("h3", {}, t("damaged.title", { count: damaged.length })),
      el("p", {}, failingOf(damaged).length ? t("damaged.failing") : t("damaged.power")),
      folded(t("damaged.list"), lines),
      onKnown && el("p", { class: "actions no-print" }, el("button", { type: "button", onclick: onKnown }, t("damaged.known"))),
    ),
  ];
}
