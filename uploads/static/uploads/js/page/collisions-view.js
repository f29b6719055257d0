/** Names that stand for several different files: shown before anything starts, with one choice for all of them. */

import { el } from "./dom.js";
import { folded } from "./lists.js";
import { t } from "../text/messages.js";
import { whyNotSent } from "../text/reasons.js";
import { sendingOf } from "../selection/selection.js";

/** @typedef {import("../selection/selection.js").Choice} Choice */

const EXAMPLES = 4;

/**
 * @param {import("../selection/selection.js").Plan} plan
 * @param {{choice: Choice|null, onChoice: (choice: Choice) => void}} options
 * @returns {HTMLElement[]} none where there is nothing to choose
 */
export function collisionsPanel(plan, { choice, onChoice }) {
  const { groups } = plan;
  if (!groups.length) return [];
  const lines = groups.map(({ name, files }) => `${name}: ${files.map(({ path }) => path).join(", ")}`);
  const { renamed, unsent } = sendingOf(plan, "folder");
  const unnamed = unsent.filter(({ code }) => code !== "unreadable");
  const count = groups.reduce((sum, { files }) => sum + files.length, 0);
  return [
    el(
      "div",
      { class: choice ? "ask" : "ask open", id: "collisions" },
      el("h3", {}, t("collisions.title", { count: groups.length })),
      el("p", {}, t("collisions.text")),
      folded(t("collisions.list", { count: groups.length }), lines),
      el(
        "fieldset",
        { class: "field options" },
        el("legend", {}, t("collisions.question", { count })),
        option("folder", t("collisions.folder"), choice, onChoice, [
          el("ul", { class: "renamings" }, ...renamed.slice(0, EXAMPLES).map(renaming)),
          renamed.length > EXAMPLES && folded(t("collisions.newNames", { count: renamed.length }), renamed.map(renamingLine)),
          ...unnamedList(unnamed),
        ]),
        option("leave-out", t("collisions.leaveOut", { count }), choice, onChoice, [el("p", {}, t("collisions.leaveOutText"))]),
      ),
    ),
  ];
}

/**
 * @param {Choice} value
 * @param {string} label
 * @param {Choice|null} choice
 * @param {(choice: Choice) => void} onChoice
 * @param {(Node|false)[]} more
 */
function option(value, label, choice, onChoice, more) {
  const onchange = () => onChoice(value);
  const radio = el("input", { type: "radio", name: "collisions", value, checked: value === choice, onchange });
  return el("div", { class: "option" }, el("label", {}, radio, el("span", {}, label)), el("div", { class: "option-more" }, ...more));
}

/** @param {{path: string, name: string}} change */
function renaming({ path, name }) {
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" }, "→");
  const words = el("span", { class: "visually-hidden" }, t("collisions.becomes"));
  return el("li", {}, el("code", {}, path), el("span", {}, arrow, words), el("code", { class: "new" }, name));
}

/** @param {{path: string, name: string}} change */
const renamingLine = ({ path, name }) => `${path} → ${name}`;

/** @param {{path: string, code: string}[]} unnamed */
function unnamedList(unnamed) {
  if (!unnamed.length) return [];
  const lines = unnamed.map((file) => `${file.path}: ${whyNotSent(file)}`);
  return [folded(t("collisions.unnamed", { count: unnamed.length }), lines)];
}
