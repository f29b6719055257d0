/** What is known of a file from its own bytes. See docs/card.md for what devices write, and where. Pure. */

/**
 * @typedef {object} FileFacts what one file says of itself; what it does not say is "" or null
 * @property {"jpeg"|"wav"|""} format "" where the bytes are neither
 * @property {Damage|""} damage why the content cannot be right
 * @property {string} madeBy "camera", "audible_microphone" or "ultrasonic_microphone", in the words of AMI systems
 * @property {string} system
 * @property {string} hardware
 * @property {string} camera its serial
 * @property {string} recorder its serial
 * @property {string} model
 * @property {number|null} latitude
 * @property {number|null} longitude
 * @property {string} country three letters, ISO 3166
 * @property {string} takenAt in the device's own time, such as 2025-07-14T22:00:31
 * @property {number|null} offsetMinutes of that time, ahead of UTC
 * @property {number|null} sampleRateHz
 *
 * @typedef {"zeros"|"no_header"|"text"|"cut_off"|"header_alone"|"shorter"} Damage
 */

/** @returns {FileFacts} */
export function noFacts() {
  return {
    format: "",
    damage: "",
    madeBy: "",
    system: "",
    hardware: "",
    camera: "",
    recorder: "",
    model: "",
    latitude: null,
    longitude: null,
    country: "",
    takenAt: "",
    offsetMinutes: null,
    sampleRateHz: null,
  };
}
