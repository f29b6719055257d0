/** Uploads that were interrupted: offered above the steps. */

import { byId, el } from "./dom.js";
import { moment } from "../lib/format.js";
import { t } from "../text/messages.js";

/**
 * @typedef {object} Offer
 * @property {string} text what it is and how far it came
 * @property {string[]} notes what an older program may still overwrite
 * @property {string} hint
 * @property {() => void} onGoOn
 * @property {(() => void)|null} onForget null where this browser has nothing to forget
 */

/**
 * @param {readonly Offer[]} offers
 * @param {readonly {text: string, link: Node}[]} [turned] what came to its end while nobody looked; nothing at all hides
 *   the panel
 */
export function showOffers(offers, turned = []) {
  const panel = byId("resume");
  panel.hidden = offers.length + turned.length === 0;
  const title = offers.length || !turned.length ? t("resume.title", { count: Math.max(1, offers.length) }) : t("resume.turnedTitle");
  panel.replaceChildren(
    el("h2", { id: "resume-title" }, title),
    ...turned.map(({ text, link }) => el("p", {}, text, " ", link)),
    ...offers.map(({ text, notes, hint, onGoOn, onForget }, index) =>
      el(
        "div",
        { class: "offer" },
        el("p", { id: `offer-${index}` }, text),
        ...notes.map((note) => el("p", {}, note)),
        el("p", { class: "hint" }, hint),
        el(
          "p",
          { class: "actions" },
          el("button", { type: "button", class: "primary", onclick: onGoOn, "aria-describedby": `offer-${index}` }, t("resume.goOn")),
          onForget && el("button", { type: "button", class: "quiet", onclick: onForget, "aria-describedby": `offer-${index}` }, t("resume.forget")),
        ),
      ),
    ),
  );
}

/**
 * Why the upload that was asked for is not offered.
 * @param {string} text
 * @param {Node} [link]
 */
export function showNote(text, link) {
  const panel = byId("resume");
  panel.hidden = false;
  panel.replaceChildren(el("h2", { id: "resume-title" }, text), ...(link ? [el("p", {}, link)] : []));
}

/**
 * @param {{folder: string, place: string, id: string, kind: string, safe: number, total: number|null, startedAt: string}} upload
 * @returns {string}
 */
export function offerText({ total, startedAt, ...upload }) {
  const values = { ...upload, when: moment(startedAt) };
  const key = upload.folder ? "resume.folder" : "resume.session";
  return total === null ? t(`${key}Unknown`, values) : t(key, { ...values, total });
}
