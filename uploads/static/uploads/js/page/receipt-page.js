/** The page on which a signed receipt is checked: the portal does it, by the code that the script client has too. */

import "./language.js";
import { byId, el, sign } from "./dom.js";
import { t } from "../text/messages.js";

/**
 * @typedef {object} Genuine what the portal says of a receipt that it signed
 * @property {true} valid
 * @property {boolean} safe_to_wipe
 * @property {string} message
 * @property {[string, string][]} facts
 * @property {string[]} notes
 * @property {string} now the address of the receipt's own page
 */
/** @typedef {Genuine | {valid?: false, message: string}} Answer without `valid`: it was not checked at all */

const drop = byId("drop");
const input = /** @type {HTMLInputElement} */ (byId("file"));
const state = byId("state");
const told = byId("told");
let latest = 0;

/** @param {File} file */
async function check(file) {
  const turn = ++latest;
  told.hidden = true;
  state.textContent = t("receipt.checking", { name: file.name });
  let answer = /** @type {Answer} */ ({ message: t("receipt.unanswered") });
  try {
    answer = await ask(file);
  } catch {
    // No connection, or an answer that is none of ours: said above.
  }
  if (turn !== latest) return; // another receipt was dropped meanwhile
  state.textContent = "";
  told.replaceChildren(...(answer.valid ? genuine(answer, file.name) : refused(answer, file.name)));
  told.className = `card verdict ${lookOf(answer)}`;
  told.hidden = false;
  byId("told-title").focus();
}

/**
 * The colour of a good verdict is for a receipt that says "safe", not for one that is merely genuine.
 * @param {Answer} answer
 */
function lookOf(answer) {
  if (answer.valid) return answer.safe_to_wipe ? "good" : "bad";
  return answer.valid === false ? "bad" : "open";
}

/**
 * Packed, because a card of a hundred thousand files has a receipt of 28 MB, and links are slow.
 * @param {File} file
 * @returns {Promise<Answer>}
 */
async function ask(file) {
  const packed = await new Response(file.stream().pipeThrough(new CompressionStream("gzip"))).blob();
  const response = await fetch(drop.dataset.check ?? "", {
    method: "POST",
    headers: { "Content-Type": "application/gzip" },
    body: packed,
    credentials: "same-origin",
  });
  return response.json();
}

/**
 * @param {Genuine} answer
 * @param {string} name
 */
function genuine({ safe_to_wipe: isSafe, message, facts, notes, now }, name) {
  const record = facts.map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", {}, text)));
  return [
    isSafe ? head("good", t("receipt.genuine", { name })) : head("bad", t("receipt.genuineUnsafe", { name })),
    el("p", {}, el("strong", {}, message)),
    ...notes.map((note) => el("div", { class: "notice" }, el("p", {}, note))),
    el("dl", { class: "record" }, ...record),
    el("p", { class: "since" }, t("receipt.since"), " ", el("a", { href: now }, t("receipt.now"))),
  ];
}

/**
 * @param {{valid?: false, message: string}} answer
 * @param {string} name
 */
function refused({ valid, message }, name) {
  return [head("bad", t(valid === false ? "receipt.refused" : "receipt.unchecked", { name })), el("p", {}, message)];
}

/**
 * @param {"good"|"bad"} kind
 * @param {string} title
 */
function head(kind, title) {
  return el("div", { class: "verdict-head" }, sign(kind), el("h2", { id: "told-title", tabindex: "-1" }, title));
}

byId("pick").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  const [file] = input.files ?? [];
  if (file) check(file);
  input.value = "";
});
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const [file] = event.dataTransfer?.files ?? [];
  if (file) check(file);
});
