/** Step 4: what will be sent, and what is left out and why. */

import { byId, el } from "./dom.js";
import { bytes } from "./format.js";
import { folded, shortList } from "./lists.js";
import { t } from "./messages.js";

/**
 * @typedef {import("./selection.js").Plan} Plan
 * @typedef {{place: string, id: string, kind: string}} Where as people read it
 */

/** @type {import("./selection.js").Reason[]} */
const REASONS = ["extension", "empty", "unreadable", "hidden", "system"];

/**
 * @param {Plan} plan
 * @param {Where} where
 */
export function showReview(plan, where) {
  const count = plan.send.length;
  const headline = count
    ? el("p", { class: "review-line" }, el("strong", {}, t("review.send", { count, bytes: bytes(plan.sendBytes) })), " ", t("review.to", where))
    : el("p", { class: "notice bad" }, t("review.nothing", { kind: where.kind }));
  byId("review").replaceChildren(headline, ...collisions(plan), ...duplicates(plan), ...leftOutLine(plan), ...leftOut(plan));
}

/**
 * Names that stand for several files: always open, nobody should have to look for them.
 * @param {Plan} plan
 */
function collisions(plan) {
  if (!plan.collisions.length) return [];
  const title = t("review.collisionsTitle", { count: plan.collisions.length });
  const list = shortList(plan.collisions.map(({ name, paths }) => `${name}: ${paths.join(", ")}`));
  return [el("div", { class: "notice bad", id: "collisions" }, el("h3", {}, title), el("p", {}, t("review.collisionsText")), list)];
}

/**
 * Also used beneath the verdict, which covers these files too.
 * @param {Plan} plan
 */
export function duplicates(plan) {
  if (!plan.duplicates.length) return [];
  const lines = plan.duplicates.map((copy) => t("review.duplicate", copy));
  return [folded(t("review.duplicates", { count: lines.length }), lines)];
}

/** @param {Plan} plan */
function leftOutLine({ leftOut: { length: count } }) {
  return count ? [el("p", { class: "left-out-line" }, t("review.leftOut", { count }), ":")] : [];
}

/**
 * Also used beneath the verdict, which does not cover these files.
 * @param {Plan} plan
 */
export function leftOut(plan) {
  return REASONS.flatMap((reason) => {
    const paths = plan.leftOut.filter((file) => file.reason === reason).map(({ path }) => path);
    return paths.length ? [folded(t(`reason.${reason}`, { count: paths.length }), paths)] : [];
  });
}
