// The borders between the rooms of the page's scripts, as `make lint` keeps them.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const eslint = await import("eslint").catch(() => null); // `make lint` installs it
const root = fileURLToPath(new URL("../../", import.meta.url));
const linter = eslint && new eslint.ESLint({ cwd: root });
const skip = eslint ? false : "eslint is not installed";

/** The rules that a line breaks in a file of this room. */
async function broken(file, line) {
  const [{ messages }] = await linter.lintText(`${line}\n`, { filePath: `${root}uploads/static/uploads/js/${file}` });
  return messages.map(({ ruleId }) => ruleId);
}

for (const [file, line] of [
  ["lib/new.js", 'export * from "../portal/api.js";'],
  ["portal/new.js", 'export { planOf } from "../selection/selection.js";'],
  ["selection/new.js", 'import "../text/messages.js";'],
  ["text/new.js", 'import "../selection/scan.js";'],
  ["engine/new.js", 'await import("../page/dom.js");'],
  ["engine/new.js", "export const load = (name) => import(`../page/${name}.js`);"],
  ["selection/new.js", 'new Worker(new URL("../engine/hasher-worker.js", import.meta.url));'],
  ["lib/new.js", '/** @type {import("../engine/tally.js").Item|null} */ export const item = null;'],
  ["lib/new.js", "/** @import {Item} from '../engine/tally.js' */"],
  ["engine/new.js", "export const load = (name) => import(name);"],
  ["engine/new.js", 'export const load = (name) => import("../page/" + name);'],
  ["engine/new.js", 'await import("/static/uploads/js/page/dom.js");'],
  ["lib/new.js", 'import "../../admin/exports.js";'],
]) {
  test(`${file} does not know what stands above it: ${line}`, { skip }, async () => {
    assert.deepEqual(await broken(file, line), ["portal/floors"]);
  });
}

for (const line of ["document.title;", "globalThis.document.title;", "window.name;", "navigator.onLine;", 'new HTMLElement();', 'self.close();']) {
  for (const room of ["lib", "portal", "selection", "text", "engine"]) {
    test(`${room}/ does not touch the page: ${line}`, { skip }, async () => {
      assert.ok((await broken(`${room}/new.js`, line)).includes("no-restricted-globals"));
    });
  }
}

test("nor by a second name for all globals", { skip }, async () => {
  assert.deepEqual(await broken("lib/new.js", "const { document } = globalThis; document.title;"), ["no-restricted-syntax"]);
});

test("no comment switches a border off", { skip }, async () => {
  assert.ok((await broken("engine/new.js", "/* eslint-disable */ await import('../page/run.js');")).includes("portal/floors"));
});

test("a room that has no floor is a fault", { skip }, async () => {
  await assert.rejects(broken("util/new.js", "export const one = 1;"), /no floor/);
});

test("what is allowed: downward, in the page, in a worker", { skip }, async () => {
  assert.deepEqual(await broken("engine/new.js", 'import "../lib/errors.js"; import "../selection/scan.js"; import "./tally.js";'), []);
  assert.deepEqual(await broken("page/new.js", 'import "../engine/tally.js"; document.title = navigator.language;'), []);
  assert.deepEqual(await broken("engine/new-worker.js", 'self.postMessage("done");'), []);
  assert.deepEqual(await broken("engine/new-worker.js", 'document.title = "done";'), ["no-undef"]);
});
