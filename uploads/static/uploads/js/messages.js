/** Every text that the page's script shows. A text with `one` and `other` depends on the parameter `count`. */

import { number } from "./format.js";

/** @type {Record<string, string | {one: string, other: string}>} */
export const messages = {
  "place.choose": "Choose a country or project",
  "place.noDeployments": "{title} – no active deployment",
  "place.none": "There is no active deployment in your buckets, so nothing can be uploaded now. Ask a maintainer to create this season's deployment.",
  "place.shown": { one: "{count} active deployment", other: "{count} active deployments" },
  "place.noMatch": "No active deployment here matches “{text}”. Retired ones are not shown.",
  "place.more": "{shown} of {count} shown: type more of the place, camera, system or id.",
  "place.camera": "Camera {id}",
  "place.system": "System {id}",
  "place.seasonFromTo": "Season {from} – {to}",
  "place.seasonFrom": "Season from {from}",
  "place.seasonTo": "Season until {to}",
  "place.seasonUnknown": "Season not recorded",
  "files.hint": "Wanted: {extensions}. Folders inside the folder are read too.",
  "files.notYet": "Choose deployment and data type first.",
  "files.scanning": { one: "Looking through the folder: {count} file so far …", other: "Looking through the folder: {count} files so far …" },
  "files.planning": "Sorting the files, and reading those that share a name …",
  "files.chosen": { one: "Chosen: {what}, {count} file in all. Drop or choose again to replace it.", other: "Chosen: {what}, {count} files in all. Drop or choose again to replace them." },
  "files.single": "single files",
  "files.dropEmpty": "There was no file or folder in what you dropped.",
  "review.nothing": "None of these files can be sent as {kind}: see below what was left out.",
  "review.send": { one: "{count} file, {bytes}", other: "{count} files, {bytes}" },
  "review.to": "will be sent to {place} ({id}), {kind}.",
  "review.leftOut": { one: "{count} file is left out", other: "{count} files are left out" },
  "review.duplicates": { one: "{count} copy of another file of the same name and content is sent once", other: "{count} copies of other files of the same name and content are sent once" },
  "review.duplicate": "{path} – same content as {sentAs}",
  "review.collisionsTitle": { one: "{count} name stands for several different files", other: "{count} names stand for several different files" },
  "review.collisionsText": "All files of a deployment share one folder in the store, so only one of each could keep its name. None of them is sent, and the card is not called safe to wipe. Rename them on a copy, or upload one folder at a time where their names differ.",
  "review.nameMissing": "Give your name in step 2.",
  "reason.hidden": { one: "{count} hidden file", other: "{count} hidden files" },
  "reason.system": { one: "{count} file of the operating system", other: "{count} files of the operating system" },
  "reason.empty": { one: "{count} empty file (0 bytes)", other: "{count} empty files (0 bytes)" },
  "reason.extension": { one: "{count} file of another type", other: "{count} files of another type" },
  "reason.unreadable": { one: "{count} file or folder that could not be read", other: "{count} files or folders that could not be read" },
  "list.more": { one: "… and {count} more", other: "… and {count} more" },
  "list.download": "Download the list (CSV)",
  "running.title": "Uploading – please leave this page open",
  "running.checking": "Checking names with the portal …",
  "running.finishing": "Sent. Comparing the last files with the store …",
  "running.where": "{place} ({id}), {kind}",
  "running.of": "{done} of {total}",
  "running.rate": "Rate",
  "running.rateValue": "{bytes}/s",
  "running.left": "Time left",
  "running.verified": "Verified in the store",
  "running.stored": "Stored before",
  "running.retries": "Tries repeated",
  "running.notStored": "Not stored",
  "running.notStoredList": { one: "{count} file could not be stored", other: "{count} files could not be stored" },
  "running.storeAway": "The store does not answer. Trying again by itself; nothing is lost.",
  "running.portalAway": "The portal does not answer. Trying again by itself; nothing is lost.",
  "running.announce": "{done} of {total} files. {left}",
  "running.cancelling": "Stopping, and asking what has arrived …",
  "running.pageTitle": "{percent} % uploaded",
  "left.unknown": "being estimated",
  "left.soon": "under a minute",
  "left.minutes": { one: "about {count} minute", other: "about {count} minutes" },
  "left.hours": { one: "about {count} hour", other: "about {count} hours" },
  "left.days": { one: "about {count} day", other: "about {count} days" },
  "verdict.safe": { one: "{count} file stored and verified; it may be wiped", other: "{count} files stored and verified; they may be wiped" },
  "verdict.safeText": "The portal compared size and MD5 checksum of every one of them with what the store holds.",
  "verdict.before": { one: "{count} of them had been stored before, with the same content.", other: "{count} of them had been stored before, with the same content." },
  "verdict.unsafe": "Do not wipe the card: {missing} of {total} files are not safely stored",
  "verdict.unsafePortal": "Do not wipe the card: the portal could not confirm that all is stored",
  "verdict.cancelled": "Cancelled – do not wipe the card",
  "verdict.stopped": "The upload has stopped – do not wipe the card",
  "verdict.proven": { one: "{count} file is stored and verified, and stays so.", other: "{count} files are stored and verified, and stay so." },
  "verdict.provenNone": "No file has been verified.",
  "verdict.where": "{place} ({id}), {kind} · upload session {session}",
  "verdict.notCovered": { one: "Not covered by this: {count} file that was left out", other: "Not covered by this: {count} files that were left out" },
  "verdict.notCoveredText": "They are on the card alone. Keep it if you need them.",
  "verdict.listTitle": "Files that are not safely stored",
  "verdict.file": "File",
  "verdict.reason": "Why",
  "verdict.notSent": "Not sent.",
  "verdict.collision": "Shares its name with a different file of this folder.",
  "verdict.unreported": "The portal could not be told of these failures: please send the list to a maintainer.",
  "verdict.again": "Try these again",
  "verdict.goOn": "Go on with the upload",
  "verdict.another": "Upload another folder",
  "verdict.titleSafe": "Safe to wipe",
  "verdict.titleUnsafe": "Not safe to wipe",
  "warning.outside_season": { one: "{count} file was taken outside the season of this deployment. Is it the right one?", other: "{count} files were taken outside the season of this deployment. Is it the right one?" },
  "warning.clock_reset": { one: "{count} file has a time before 2000: the device's clock had been reset.", other: "{count} files have a time before 2000: the device's clock had been reset." },
  "warning.clock_ahead": { one: "{count} file has a time that lies in the future.", other: "{count} files have a time that lies in the future." },
  "warning.no_device_time": { one: "The name of {count} file holds no time, so it cannot be assigned to a night.", other: "The names of {count} files hold no time, so they cannot be assigned to a night." },
  "error.file_changed": "It changed after it was chosen. Choose the folder again.",
  "error.file_unreadable": "It could not be read from the card. Check the card and try again.",
  "error.network": "The store could not be reached, though it was tried many times.",
  "error.stalled": "The connection to the store stood still, though it was tried many times.",
  "error.stored_differs": "The store already holds another file of this name, which is not overwritten.",
  "error.reserved": "Another upload is sending another file of this name.",
  "error.missing": "The store does not have it, although it was sent. Try again.",
  "error.mismatch": "The store holds other content under this name.",
  "error.http_403": "The store refused it (403). Please tell a maintainer.",
  "error.http": "The store answered with an error ({code}), though it was tried again where that makes sense.",
  "error.other": "It could not be stored ({code}).",
  "trouble.network": "The portal cannot be reached. Check the connection; then go on, nothing that was stored is lost.",
  "trouble.signedOut": "You have been signed out, or may not upload here any more. Sign in again and choose the same folder: what is stored is not sent twice.",
  "trouble.portal": "The portal answered: {message}",
  "trouble.worker": "This browser could not start the part that computes checksums. Please use a current Firefox, Chrome, Edge or Safari.",
  "trouble.unexpected": "Something unexpected happened. Reload the page and choose the same folder: what is stored is not sent twice.",
  "trouble.load": "The list of deployments could not be loaded. {reason}",
  "trouble.reload": "Load again",
};

const plurals = new Intl.PluralRules(globalThis.document?.documentElement.lang || "en");

/**
 * @param {string} key
 * @param {Record<string, string|number>} [values] numbers are written in the page's language
 */
export function t(key, values = {}) {
  const entry = messages[key];
  if (entry === undefined) throw new Error(`no message ${key}`);
  const isOne = typeof entry !== "string" && plurals.select(Number(values.count)) === "one";
  const text = typeof entry === "string" ? entry : isOne ? entry.one : entry.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`message ${key} lacks ${name}`);
    return typeof value === "number" ? number(value) : value;
  });
}

/**
 * @param {string} key
 * @returns {boolean}
 */
export function has(key) {
  return key in messages;
}
