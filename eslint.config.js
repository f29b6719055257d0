// What `make lint` asks of our scripts: eslint's recommended rules, and two borders that keep the scripts of the upload
// page testable without a browser: which rooms touch the page, and which room may know which.

import { pathToFileURL } from "node:url";

import js from "@eslint/js";
import globals from "globals";

const SCRIPTS = "uploads/static/uploads/js/";

// A room knows itself and those beneath it; two of one floor do not know each other.
const FLOORS = [["lib"], ["portal"], ["selection", "text"], ["engine"], ["page"]];

const WITHOUT_A_PAGE = [
  ...FLOORS.flat().filter((room) => room !== "page").map((room) => `${SCRIPTS}${room}/**/*.{js,mjs}`),
  "deployments/static/deployments/map/{coordinates,filter}.js",
];
// What a page has and a worker has not; and what both have, but a page for its own matters.
const OF_THE_PAGE = [
  ...Object.keys(globals.browser).filter((name) => !(name in globals.worker)),
  "addEventListener", "location", "navigator", "removeEventListener", "self",
];
const MESSAGE = "Only page/ touches the page: let what is needed be handed in.";

/** Each import goes down or stays in its room: of modules, of workers, and of types in JSDoc. */
const floors = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      up: "{{from}}/ must not know {{to}}/, only the rooms beneath it.",
      out: "Name a module of these rooms, or of vendor/, by its relative address.",
    },
  },
  create(context) {
    const here = pathToFileURL(context.filename);
    const from = roomOf(here);
    if (!from) return {};
    floorOf(from); // a room without a floor is a fault, whatever its files hold
    const check = (place, address) => {
      const target = /^\.\.?\//.test(address ?? "") ? new URL(address, here) : null;
      const to = target && roomOf(target);
      if (!to && !target?.pathname.includes("/vendor/")) context.report({ ...place, messageId: "out" });
      else if (to && to !== from && floorOf(to) >= floorOf(from)) context.report({ ...place, messageId: "up", data: { from, to } });
    };
    const checkSource = ({ source }) => source && check({ node: source }, addressIn(source));
    return {
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      "NewExpression[callee.name='URL'] > MetaProperty, NewExpression[callee.name='URL'] > MemberExpression > MetaProperty": (meta) => {
        const [address] = context.sourceCode.getAncestors(meta).findLast(({ type }) => type === "NewExpression").arguments;
        check({ node: address }, addressIn(address));
      },
      Program() {
        for (const { value, range: [start] } of context.sourceCode.getAllComments()) {
          for (const { 1: address, index } of value.matchAll(/(?:\bimport\(\s*|@import\s[^"']*\bfrom\s+)["'](\.[^"']+)["']/g)) {
            const at = start + "/*".length + index;
            check({ loc: { start: context.sourceCode.getLocFromIndex(at), end: context.sourceCode.getLocFromIndex(at + address.length) } }, address);
          }
        }
      },
    };
  },
};

/** What is written of an address; of one that is put together its beginning, undefined for what nobody can read. */
function addressIn(node) {
  return node.type === "TemplateLiteral" ? node.quasis[0].value.cooked : node.value;
}

/** @param {URL} module @returns {string|undefined} undefined for what stands elsewhere, such as vendored code */
function roomOf({ pathname }) {
  return pathname.split(`/${SCRIPTS}`)[1]?.split("/")[0];
}

/** @param {string} room */
function floorOf(room) {
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room));
  if (floor < 0) throw new Error(`eslint.config.js knows no floor for ${SCRIPTS}${room}`);
  return floor;
}

export default [
  { ignores: ["**/vendor/", "staticfiles/", "var/", ".venv/"] },
  js.configs.recommended,
  { linterOptions: { noInlineConfig: true }, languageOptions: { globals: globals.browser } },
  { files: [`${SCRIPTS}**/*.{js,mjs}`], plugins: { portal: { rules: { floors } } }, rules: { "portal/floors": "error" } },
  {
    files: WITHOUT_A_PAGE,
    rules: {
      "no-restricted-globals": ["error", { globals: OF_THE_PAGE.map((name) => ({ name, message: MESSAGE })), checkGlobalObject: true }],
      "no-restricted-syntax": ["error", { selector: "VariableDeclarator[init.name='globalThis']", message: MESSAGE }],
    },
  },
  {
    files: [`${SCRIPTS}**/*-worker.js`], // `self` and the like are their own
    languageOptions: { globals: Object.fromEntries(Object.keys(globals.browser).map((name) => [name, "off"])) },
    rules: { "no-restricted-globals": "off" },
  },
  { files: [`${SCRIPTS}**/*-worker.js`], languageOptions: { globals: globals.worker } },
  { files: ["tests/js/**/*.mjs", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
