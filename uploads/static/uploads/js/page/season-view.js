/** Whether the files were taken in the deployment's season, told before the start; with the way to the right place. */

import { byId, el } from "./dom.js";
import { day, longDay, month, year } from "../lib/format.js";
import { t } from "../text/messages.js";
import { factsOf } from "./place-view.js";
import { sideOf } from "../selection/season.js";

/**
 * @typedef {import("../portal/api-types.js").Survey} Survey
 * @typedef {import("../selection/season.js").Times} Times
 */

const MOST_PLACES = 3;
const MOST_REASON_CHARACTERS = 500;

/**
 * @typedef {object} SeasonActions
 * @property {string} reason typed so far
 * @property {(reason: string) => void} onReason
 * @property {(deploymentId: string) => void} onSwitch
 */

/**
 * @param {{survey: Survey, times: Times}} what
 * @param {SeasonActions} actions
 */
export function showSeason({ survey, times }, actions) {
  const { season } = survey;
  show([
    ...(survey.outside ? [outsidePanel(survey, actions)] : []),
    ...(survey.in_season && !survey.outside && season.first_day ? [fitsLine(survey)] : []),
    ...clockLines(survey),
    ...ignoredPanel(times),
  ]);
}

/** While the portal is asked. */
export function showSeasonPending() {
  show([el("p", { class: "hint" }, t("season.pending"))]);
}

/**
 * @param {string} reason why the portal could not compare
 * @param {{times: Times, onAgain: () => void}} parts
 */
export function showSeasonUnknown(reason, { times, onAgain }) {
  const again = el("button", { type: "button", onclick: onAgain }, t("season.again"));
  show([el("div", { class: "notice" }, el("p", {}, t("season.unknown", { reason })), el("p", { class: "actions" }, again)), ...ignoredPanel(times)]);
}

export function hideSeason() {
  show([]);
}

/** @param {HTMLElement[]} parts */
function show(parts) {
  byId("season").replaceChildren(...parts);
}

/** @param {Survey} survey */
function fitsLine({ first_day: first, last_day: last, season }) {
  const values = { from: day(String(first)), to: day(String(last)), id: season.deployment };
  return el("p", { class: "fine" }, t("season.fits", values));
}

/**
 * @param {Survey} survey
 * @param {SeasonActions} actions
 */
function outsidePanel(survey, { reason, onReason, onSwitch }) {
  const { season, fits } = survey;
  const outside = t("season.outside", {
    count: survey.outside,
    total: survey.files,
    period: periodOf(String(survey.outside_first_day), String(survey.outside_last_day)),
    season: seasonWords(survey),
  });
  const field = el("textarea", {
    id: "season-reason", rows: "2", maxlength: String(MOST_REASON_CHARACTERS), required: true, "aria-describedby": "season-reason-hint",
    oninput: () => onReason(field.value.trim()),
  });
  field.value = reason;
  return el(
    "div",
    { class: "ask open", id: "outside-season" },
    el("h3", {}, t("season.title")),
    el("p", {}, [outside, fits.length ? t("season.othersFit", { id: fits[0].deployment }) : t("season.noneFits")].join(" ")),
    fits.length > 0 && el("ul", { class: "places" }, ...fits.slice(0, MOST_PLACES).map((place) => placeRow(place, onSwitch))),
    el("label", { for: "season-reason" }, t("season.reason", { id: season.deployment })),
    field,
    el("p", { class: "hint", id: "season-reason-hint" }, t("season.reasonHint")),
  );
}

/**
 * @param {import("../portal/api-types.js").Neighbour} place
 * @param {(deploymentId: string) => void} onSwitch
 */
function placeRow(place, onSwitch) {
  const { deployment: id, files: count, may_upload: mayUpload } = place;
  const facts = factsOf(place).filter(Boolean).join(" · ");
  const onclick = () => onSwitch(id);
  return el(
    "li",
    {},
    el("span", { class: "choice-text" }, el("strong", {}, id), el("span", { class: "facts" }, facts), el("span", {}, t("season.fitting", { count }))),
    mayUpload ? el("button", { type: "button", onclick }, t("season.switch", { id })) : el("span", { class: "facts" }, t("season.closed")),
  );
}

/** @param {Survey} survey */
function seasonWords(survey) {
  const { deployment: id, first_day: first, last_day: last } = survey.season;
  const side = sideOf(survey);
  if (side === "began") return t("season.began", { id, day: longDay(String(first)) });
  if (side === "ended") return t("season.ended", { id, day: longDay(String(last)) });
  return t("season.spans", { id, from: longDay(String(first)), to: longDay(String(last)) });
}

/**
 * @param {string} first
 * @param {string} last
 */
function periodOf(first, last) {
  const ends = { from: month(first), to: month(last), fromYear: year(first), toYear: year(last) };
  if (ends.fromYear !== ends.toYear) return t("period.years", ends);
  return ends.from === ends.to ? t("period.month", { month: ends.from, year: ends.toYear }) : t("period.months", { from: ends.from, to: ends.to, year: ends.toYear });
}

/** @param {Survey} survey */
function clockLines({ reset, ahead, nights }) {
  const shift = nights.shift_h ?? 0;
  const lines = [
    reset && t("season.reset", { count: reset }),
    ahead && t("season.ahead", { count: ahead }),
    nights.verdict === "shifted" && t("season.shifted", { count: Math.abs(shift) }),
    nights.verdict === "daylight" && t("season.daylight", { dark: nights.dark, judged: nights.judged }),
  ].filter((line) => typeof line === "string");
  if (!lines.length) return [];
  return [el("div", { class: "notice", id: "clock" }, el("h3", {}, t("season.clock")), ...lines.map((line) => el("p", {}, line)), el("p", { class: "hint" }, t("season.unchanged")))];
}

/** @param {Times} times */
function ignoredPanel({ ignored }) {
  const found = Object.entries(ignored).filter(([, { count }]) => count);
  if (!found.length) return [];
  const kinds = found.map(([reason, { count, example }]) => t(`ignored.${reason}`, { count, example }));
  const title = el("h3", {}, t("ignored.title", { count: found.reduce((sum, [, { count }]) => sum + count, 0) }));
  return [el("div", { class: "notice", id: "ignored" }, title, el("ul", {}, ...kinds.map((kind) => el("li", {}, kind))), el("p", { class: "hint" }, t("ignored.text")))];
}
