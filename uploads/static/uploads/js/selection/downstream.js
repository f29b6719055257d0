/** Which names the species pipelines pass over; as in uploads/domain/downstream.py. Pure. */

import { IMAGE_DECADES, IMAGE_TIME, READ_AS_IMAGE, SOUND_TIME } from "../lib/shared.js";
import { timeOf } from "./device-time.js";

const IMAGE = new RegExp(READ_AS_IMAGE, "i");
const TIME_OF_PIECE = new RegExp(`^${IMAGE_TIME}$`);
const TIME_OF_SOUND = new RegExp(SOUND_TIME);

/** @typedef {""|"recycle"|"no_time"|"time_unread"|"clock"} PassedOver */

/**
 * @param {string} name
 * @returns {PassedOver} why no pipeline will read it, "" when one will
 */
export function passedOver(name) {
  if (name.includes("recycle")) return "recycle";
  const isImage = IMAGE.test(name);
  const stamp = isImage ? pieceOf(name) : (TIME_OF_SOUND.exec(name)?.[0] ?? "");
  if (timeOf(stamp)) return "";
  const time = timeOf(name);
  if (!time) return "no_time";
  return isImage && !isOfDecades(time) ? "clock" : "time_unread";
}

/**
 * The pipeline for images looks between hyphens for what begins with 201 or 202, and takes the first for the time.
 * @param {string} name
 */
function pieceOf(name) {
  const pieces = name.split("-").map((piece) => piece.split(".", 1)[0]);
  const piece = pieces.find(isOfDecades) ?? "";
  return TIME_OF_PIECE.test(piece) ? piece : "";
}

/** @param {string} text */
function isOfDecades(text) {
  return IMAGE_DECADES.some((decade) => text.startsWith(decade));
}
