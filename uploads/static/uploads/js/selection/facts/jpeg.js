/** What a JPEG says of itself: EXIF, and whether it is whole. Pure. */

import { noteAmiText, notePosition } from "./ami-text.js";
import { indexOf, latinOf, textOf, viewOf } from "./bytes.js";
import { noteTime, offsetOf } from "./times.js";

/** @typedef {import("./facts.js").FileFacts} FileFacts */
/** @typedef {Map<number, {kind: number, count: number, at: number}>} Directory of tags, with where their values stand */

const SOS = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;
const END_OF_IMAGE = [0xff, 0xd9];
const GOES_ON = /MPF\0|MicroVideo|MotionPhoto/; // of files that hold more behind the first image, whose end is anywhere

// Tags of EXIF
const [DESCRIPTION, MAKE, MODEL, WHEN, ZONE_HOURS] = [0x010e, 0x010f, 0x0110, 0x0132, 0x882a];
const [EXIF_IFD, GPS_IFD] = [0x8769, 0x8825];
const [TAKEN, TAKEN_OFFSET, SERIAL] = [0x9003, 0x9011, 0xa431];
const [NORTH, LATITUDE, EAST, LONGITUDE] = [1, 2, 3, 4];
/** @type {Record<number, number>} */ const BYTES_EACH = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 8: 2, 9: 4, 10: 8 };

/**
 * Adds what the first and the last bytes of a JPEG say. They may overlap.
 * @param {FileFacts} facts
 * @param {Uint8Array} head
 * @param {Uint8Array} tail
 * @param {number} size
 */
export function noteJpeg(facts, head, tail, size) {
  facts.format = "jpeg";
  const view = viewOf(head);
  let offset = 2;
  let goesOn = false;
  let imageAt = 0;
  while (offset + 4 <= head.length) {
    if (head[offset] !== 0xff) {
      facts.damage = offset === 2 ? "no_header" : "";
      break;
    }
    const marker = head[offset + 1];
    if (marker === 0xff) {
      offset += 1; // filled up
      continue;
    }
    if (marker === SOS) {
      imageAt = offset;
      break;
    }
    const length = view.getUint16(offset + 2);
    const payload = head.subarray(offset + 4, Math.max(offset + 2 + length, offset + 4));
    const sign = latinOf(payload.subarray(0, 6));
    if (marker === APP1 && sign === "Exif\0\0") noteExif(facts, payload.subarray(6));
    goesOn ||= (marker === APP1 || marker === APP2) && GOES_ON.test(latinOf(payload));
    offset += 2 + Math.max(length, 2);
  }
  if (goesOn || facts.damage) return;
  // An end before the image itself is that of a thumbnail.
  const tailFrom = Math.max(imageAt || Math.min(offset, size), size - tail.length);
  if (indexOf(tail.subarray(tail.length - (size - tailFrom)), END_OF_IMAGE) < 0) facts.damage = "cut_off";
}

/**
 * Adds what a TIFF block says.
 * @param {FileFacts} facts
 * @param {Uint8Array} tiff
 */
export function noteExif(facts, tiff) {
  const order = latinOf(tiff.subarray(0, 2));
  if ((order !== "II" && order !== "MM") || tiff.length < 8) return;
  const block = new Tiff(tiff, order === "II");
  const main = block.directory(block.longAt(4));
  const inner = block.directory(block.number(main, EXIF_IFD));
  const gps = block.directory(block.number(main, GPS_IFD));
  facts.model = [block.text(main, MAKE), block.text(main, MODEL)].filter(Boolean).join(" ");
  facts.camera = block.text(inner, SERIAL);
  noteTime(facts, block.text(inner, TAKEN) || block.text(main, WHEN));
  const zone = /^([+-])(\d\d):(\d\d)$/.exec(block.text(inner, TAKEN_OFFSET));
  const hours = block.signed(main, ZONE_HOURS);
  if (zone && facts.takenAt) facts.offsetMinutes = offsetOf(zone[1], zone[2], zone[3]);
  else if (hours !== null && facts.takenAt && Math.abs(hours) <= 14) facts.offsetMinutes = hours * 60;
  const north = block.degrees(gps, LATITUDE);
  const east = block.degrees(gps, LONGITUDE);
  if (north !== null && east !== null) {
    const isSouth = block.text(gps, NORTH).startsWith("S");
    const isWest = block.text(gps, EAST).startsWith("W");
    notePosition(facts, isSouth ? -north : north, isWest ? -east : east);
  }
  noteAmiText(facts, block.text(main, DESCRIPTION));
}

class Tiff {
  #data;
  #view;
  #isLittle;

  /**
   * @param {Uint8Array} data
   * @param {boolean} isLittle whether the lowest byte comes first
   */
  constructor(data, isLittle) {
    this.#data = data;
    this.#view = viewOf(data);
    this.#isLittle = isLittle;
  }

  /**
   * @param {number|null} start
   * @returns {Directory}
   */
  directory(start) {
    /** @type {Directory} */ const found = new Map();
    if (!start || start + 2 > this.#data.length) return found;
    for (let number = 0; number < this.#shortAt(start); number += 1) {
      const at = start + 2 + 12 * number;
      if (at + 12 > this.#data.length) break;
      const tag = this.#shortAt(at);
      const kind = this.#shortAt(at + 2);
      const count = this.longAt(at + 4);
      const length = (BYTES_EACH[kind] ?? 0) * count;
      const valueAt = length <= 4 ? at + 8 : this.longAt(at + 8);
      if (length && valueAt < this.#data.length && !found.has(tag)) found.set(tag, { kind, count, at: valueAt });
    }
    return found;
  }

  /**
   * @param {Directory} directory
   * @param {number} tag
   */
  text(directory, tag) {
    const value = directory.get(tag);
    return value?.kind === 2 ? textOf(this.#data.subarray(value.at, value.at + value.count)) : "";
  }

  /**
   * @param {Directory} directory
   * @param {number} tag
   */
  number(directory, tag) {
    const value = directory.get(tag);
    return value?.kind === 4 && value.at + 4 <= this.#data.length ? this.longAt(value.at) : null;
  }

  /**
   * @param {Directory} directory
   * @param {number} tag
   */
  signed(directory, tag) {
    const value = directory.get(tag);
    if (!value || (value.kind !== 3 && value.kind !== 8) || value.at + 2 > this.#data.length) return null;
    return this.#view.getInt16(value.at, this.#isLittle);
  }

  /**
   * From degrees, minutes and seconds.
   * @param {Directory} directory
   * @param {number} tag
   */
  degrees(directory, tag) {
    const value = directory.get(tag);
    if (value?.kind !== 5 || value.count !== 3 || value.at + 24 > this.#data.length) return null;
    const parts = [0, 1, 2].map((number) => [this.longAt(value.at + 8 * number), this.longAt(value.at + 8 * number + 4)]);
    if (parts.some(([, below]) => !below)) return null;
    const [degrees, minutes, seconds] = parts.map(([above, below]) => above / below);
    return Math.round((degrees + minutes / 60 + seconds / 3600) * 1e6) / 1e6;
  }

  /** @param {number} at */
  #shortAt(at) {
    return this.#view.getUint16(at, this.#isLittle);
  }

  /** @param {number} at */
  longAt(at) {
    return this.#view.getUint32(at, this.#isLittle);
  }
}
