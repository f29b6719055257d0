/** Which names the species pipelines pass over; as in uploads/domain/downstream.py. Pure. */

import { timeOf } from "./device-time.js";

const IMAGE = /\.jpe?g$/i;
const PIECE_TIME = /^\d{14}$/;
const SOUND_TIME = /\d{8}_\d{6}/;

/** @typedef {""|"recycle"|"no_time"|"time_unread"|"clock"} PassedOver */

/**
 * @param {string} name
 * @returns {PassedOver} why no pipeline will read it, "" when one will
 */
export function passedOver(name) {
  if (name.includes("recycle")) return "recycle";
  const isImage = IMAGE.test(name);
  const stamp = isImage ? pieceOf(name) : (SOUND_TIME.exec(name)?.[0] ?? "");
  if (timeOf(stamp)) return "";
  const time = timeOf(name);
  if (!time) return "no_time";
  return isImage && !/^20[12]/.test(time) ? "clock" : "time_unread";
}

/**
 * The pipeline for images looks between hyphens for what begins with 201 or 202, and takes the first for the time.
 * @param {string} name
 */
function pieceOf(name) {
  const pieces = name.split("-").map((piece) => piece.split(".", 1)[0]);
  const piece = pieces.find((each) => each.startsWith("201") || each.startsWith("202")) ?? "";
  return PIECE_TIME.test(piece) ? piece : "";
}
