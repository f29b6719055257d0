/** What a WAV says of itself: how it was recorded, by which device, and whether it is whole. Pure. */

import { noteAmiText, notePosition } from "./ami-text.js";
import { latinOf, textOf, utf8Of, viewOf } from "./bytes.js";
import { noteTime, offsetOf } from "./times.js";

/** @typedef {import("./facts.js").FileFacts} FileFacts */
/** @typedef {{name: string, start: number, length: number}} Chunk where its content starts in the file */

const HEADER_BYTES = 12;
const UNKNOWN_LENGTH = 0xffffffff; // in RF64, whose lengths stand in a chunk of their own
const AUDIOMOTH = /Recorded at (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d\d)\/(\d\d)\/(\d{4}) \(UTC(?:([+-])(\d\d?)(?::(\d\d))?)?\)/;
const AUDIOMOTH_ID = /AudioMoth ([0-9A-F]{16})/;

/**
 * Adds what the first and the last bytes of a WAV say. They may overlap.
 * @param {FileFacts} facts
 * @param {Uint8Array} head
 * @param {Uint8Array} tail
 * @param {number} size
 */
export function noteWav(facts, head, tail, size) {
  facts.format = "wav";
  const read = { head, tail, size };
  let hasFormat = false;
  let dataBytes = 0;
  for (const { name, start, length } of chunksOf(read)) {
    const content = bytesAt(read, start, length);
    const view = viewOf(content);
    if (name === "fmt " && content.length >= 16) {
      const rate = view.getUint32(4, true);
      hasFormat = rate > 0 && view.getUint16(2, true) > 0;
      facts.sampleRateHz = hasFormat ? rate : null;
    } else if (name === "data") {
      dataBytes = size - start;
      if (start + length > size) facts.damage = dataBytes > 0 ? "shorter" : "header_alone";
    } else if (name === "LIST" && latinOf(content.subarray(0, 4)) === "INFO") {
      for (const piece of piecesOf(content)) noteInfo(facts, piece.name, textOf(piece.content));
    } else if (name === "id3 " || name === "ID3 ") noteAmiText(facts, titleOfId3(content));
    else if (name === "guan") noteGuano(facts, utf8Of(content));
    else if (name === "wamd") noteWildlifeAcoustics(facts, content);
  }
  if (!hasFormat) facts.damage = "no_header";
  else if (!dataBytes) facts.damage = "header_alone";
}

/**
 * @param {{head: Uint8Array, tail: Uint8Array, size: number}} read
 * @returns {Generator<Chunk>} each that can be seen; ends where nothing was read
 */
function* chunksOf(read) {
  let offset = HEADER_BYTES;
  let lengthOfData = 0;
  while (offset + 8 <= read.size) {
    const header = bytesAt(read, offset, 8);
    if (header.length < 8) return;
    const name = latinOf(header.subarray(0, 4));
    let length = viewOf(header).getUint32(4, true);
    if (name === "ds64") {
      const written = bytesAt(read, offset + 16, 8);
      if (written.length === 8) lengthOfData = Number(viewOf(written).getBigUint64(0, true));
    } else if (name === "data" && length === UNKNOWN_LENGTH && lengthOfData) length = lengthOfData;
    yield { name, start: offset + 8, length };
    offset += 8 + length + (length % 2);
  }
}

/**
 * @param {Uint8Array} list
 * @returns {Generator<{name: string, content: Uint8Array}>} the texts of a list of INFO
 */
function* piecesOf(list) {
  for (let at = 4; at + 8 <= list.length; ) {
    const length = viewOf(list).getUint32(at + 4, true);
    yield { name: latinOf(list.subarray(at, at + 4)), content: list.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length % 2);
  }
}

/**
 * @param {{head: Uint8Array, tail: Uint8Array, size: number}} read
 * @param {number} start
 * @param {number} length
 * @returns {Uint8Array} what was read of these bytes of the file
 */
function bytesAt({ head, tail, size }, start, length) {
  if (start < head.length) return head.subarray(start, start + length);
  const fromTail = start - (size - tail.length);
  return fromTail >= 0 ? tail.subarray(fromTail, fromTail + length) : new Uint8Array();
}

/**
 * @param {FileFacts} facts
 * @param {string} name
 * @param {string} text
 */
function noteInfo(facts, name, text) {
  if (name === "INAM") noteAmiText(facts, text);
  else if (name === "ICMT" || name === "IART") noteAudiomoth(facts, text);
}

/**
 * Adds what the comment or the artist of an AudioMoth's recording says.
 * @param {FileFacts} facts
 * @param {string} text
 */
function noteAudiomoth(facts, text) {
  const recorder = AUDIOMOTH_ID.exec(text);
  if (recorder) Object.assign(facts, { recorder: recorder[1], model: "AudioMoth" });
  const found = AUDIOMOTH.exec(text);
  if (!found) return;
  const [, hour, minute, second, day, month, year, sign, hours, minutes] = found;
  noteTime(facts, `${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (facts.takenAt && sign) facts.offsetMinutes = offsetOf(sign, hours, minutes);
}

/**
 * Adds what lines of "Key: value" say.
 * @param {FileFacts} facts
 * @param {string} text
 */
function noteGuano(facts, text) {
  /** @type {Map<string, string>} */ const said = new Map();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    if (colon >= 0) said.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).replace(/^[ \0\t]+|[ \0\t]+$/g, ""));
  }
  noteTime(facts, said.get("timestamp"));
  facts.recorder = said.get("serial") || facts.recorder;
  facts.model = [said.get("make"), said.get("model")].filter(Boolean).join(" ") || facts.model;
  const position = /^(-?\d+(?:\.\d+)?)[ ,]+(-?\d+(?:\.\d+)?)$/.exec(said.get("loc position") ?? "");
  if (position) notePosition(facts, Number(position[1]), Number(position[2]));
}

/**
 * Adds what the tags of a Song Meter say: 2 bytes tag, 4 bytes length, value.
 * @param {FileFacts} facts
 * @param {Uint8Array} content
 */
function noteWildlifeAcoustics(facts, content) {
  const view = viewOf(content);
  /** @type {Map<number, string>} */ const said = new Map();
  for (let at = 0; at + 6 <= content.length; ) {
    const length = view.getUint32(at + 2, true);
    said.set(view.getUint16(at, true), textOf(content.subarray(at + 6, at + 6 + length)));
    at += 6 + length;
  }
  facts.model = said.get(1) || facts.model;
  facts.recorder = said.get(2) || facts.recorder;
  noteTime(facts, said.get(5));
  const position = /(-?\d+\.\d+)\s*,\s*([NS]?)\s*,?\s*(-?\d+\.\d+)\s*,?\s*([EW]?)/.exec(said.get(6) ?? "");
  if (!position) return;
  const [latitude, longitude] = [Number(position[1]), Number(position[3])];
  notePosition(facts, position[2] === "S" ? -Math.abs(latitude) : latitude, position[4] === "W" ? -Math.abs(longitude) : longitude);
}

/**
 * @param {Uint8Array} content
 * @returns {string} the title, of version 2.3 or 2.4; "" where there is none
 */
function titleOfId3(content) {
  if (latinOf(content.subarray(0, 3)) !== "ID3") return "";
  const view = viewOf(content);
  for (let at = 10; at + 10 <= content.length && content[at]; ) {
    const length = content[3] >= 4 ? sevenBits(content.subarray(at + 4, at + 8)) : view.getUint32(at + 4);
    if (latinOf(content.subarray(at, at + 4)) === "TIT2") return id3Text(content.subarray(at + 10, at + 10 + length));
    at += 10 + length;
  }
  return "";
}

/** @param {Uint8Array} four */
function sevenBits(four) {
  return four.reduce((sum, byte) => sum * 128 + byte, 0);
}

/** @param {Uint8Array} content */
function id3Text(content) {
  const text = content.subarray(1);
  const isBigEndian = content[0] === 2 || (text[0] === 0xfe && text[1] === 0xff);
  const encoding = { 0: "latin1", 1: isBigEndian ? "utf-16be" : "utf-16le", 2: "utf-16be" }[content[0]] ?? "utf-8";
  return new TextDecoder(encoding).decode(text).split("\0")[0];
}
