/** From the first and the last bytes of a file to what it says of itself. Pure. */

import { CAMERA_IN_NAME, RECORDER_IN_NAME } from "../../lib/shared.js";
import { latinOf } from "./bytes.js";
import { noFacts } from "./facts.js";
import { noteJpeg } from "./jpeg.js";
import { noteWav } from "./wav.js";

const CAMERA = new RegExp(CAMERA_IN_NAME);
const RECORDER = new RegExp(RECORDER_IN_NAME);

/**
 * @param {string} name
 * @param {Uint8Array} head the first bytes
 * @param {Uint8Array} tail the last; they may overlap
 * @param {number} size of the whole file
 * @returns {import("./facts.js").FileFacts} what a file says of itself
 */
export function factsOf(name, head, tail, size) {
  const facts = noFacts();
  if (!size) return facts;
  const start = latinOf(head.subarray(0, 12));
  if (head[0] === 0xff && head[1] === 0xd8) noteJpeg(facts, head, tail, size);
  else if (/^(RIFF|RF64)[^]{4}WAVE/.test(start)) noteWav(facts, head, tail, size);
  else if (head.every((byte) => !byte) && tail.every((byte) => !byte)) facts.damage = "zeros";
  else facts.damage = isText(head) ? "text" : "no_header";
  const camera = CAMERA.exec(name);
  const recorder = RECORDER.exec(name);
  if (camera && facts.format !== "wav") facts.camera ||= camera[1];
  if (recorder && facts.format !== "jpeg") facts.recorder ||= recorder[1];
  return facts;
}

/** @param {Uint8Array} head */
function isText(head) {
  for (const byte of head.subarray(0, 512)) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
  return head.length > 0;
}
