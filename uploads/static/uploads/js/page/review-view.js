/** Step 4: what will be sent, and what is left out and why. */

import { collisionsPanel } from "./collisions-view.js";
import { byId, el } from "./dom.js";
import { bytes } from "../lib/format.js";
import { folded } from "./lists.js";
import { t } from "../text/messages.js";
import { unsettledLines } from "../text/reasons.js";

/**
 * @typedef {import("../selection/selection.js").Plan} Plan
 * @typedef {import("../selection/selection.js").Sending} Sending
 * @typedef {{deployment: import("../portal/api.js").Deployment, dataType: string}} Place
 * @typedef {{place: string, id: string, kind: string}} Where as people read it
 */

/** @type {import("../selection/selection.js").Reason[]} */
const REASONS = ["unreadable", "other_type", "extension", "empty", "hidden", "system"];

/**
 * @param {Place} place
 * @returns {Where}
 */
export function whereOf({ deployment, dataType }) {
  return { place: deployment.location_name, id: deployment.deployment_id, kind: t(`kind.${dataType}`) };
}

/**
 * Whoever is within it by keyboard stays there.
 * @param {{plan: Plan, sending: Sending, where: Where, resumed: import("./offers.js").Resumed|null}} what
 * @param {Parameters<typeof collisionsPanel>[1]} collisions
 */
export function showReview({ plan, sending, where, resumed }, collisions) {
  const count = sending.files.length;
  const counted = plan.isMeasured ? t("review.send", { count, bytes: bytes(sending.bytes) }) : t("review.sendUnmeasured", { count });
  const line = el("p", { class: "review-line" }, el("strong", {}, counted), " ", t("review.to", where));
  const nothing = el("p", { class: "notice bad" }, t("review.nothing", { kind: where.kind }));
  const headline = count ? line : plan.groups.length ? null : nothing;
  const review = byId("review");
  const hadFocus = review.contains(document.activeElement);
  review.replaceChildren(
    ...(headline ? [headline] : []),
    ...unsettledLines(resumed?.unsettled, resumed?.unsettledUntil).map((line) => el("p", { class: "notice" }, line)),
    ...collisionsPanel(plan, collisions),
    ...duplicates(plan),
    ...leftOutLine(plan),
    ...leftOut(plan),
  );
  if (hadFocus) /** @type {HTMLElement} */ (review.querySelector(":checked") ?? byId("review-title")).focus();
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
