// Every text in every language, and a text for every code that the portal can answer.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { formOf } from "../../uploads/static/uploads/js/lib/format.js";
import { has, messages, speak, t } from "../../uploads/static/uploads/js/text/messages.js";

await speak("en", []);

const ROOT = new URL("../../", import.meta.url);
const SCRIPTS = new URL("uploads/static/uploads/js/", ROOT);
const read = (path, base = ROOT) => readFileSync(new URL(path, base), "utf8");
const languages = readdirSync(new URL("text/messages/", SCRIPTS)).map((file) => file.replace(".js", ""));
const formsOf = (entry) => (typeof entry === "string" ? { other: entry } : entry);
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

test("every language that the portal offers has its texts", () => {
  const offered = [.../LANGUAGES = \[(.*)\]/.exec(read("amiportal/settings.py"))[1].matchAll(/\("([\w-]+)"/g)].map(([, code]) => code);
  assert.deepEqual(languages.sort(), offered.sort());
});

for (const language of languages) {
  const texts = (await import(new URL(`text/messages/${language}.js`, SCRIPTS))).messages;

  test(`${language}: no text is missing, none is left over`, () => {
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(messages).sort());
  });

  test(`${language}: every form of plural that the language has, and no other`, () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [key, entry] of Object.entries(texts)) {
      assert.equal(typeof entry, typeof messages[key], key);
      if (typeof entry !== "string") assert.deepEqual(Object.keys(entry).sort(), [...pluralCategories].sort(), key);
    }
  });

  test(`${language}: the same values in each text`, () => {
    for (const [key, entry] of Object.entries(texts)) {
      const wanted = new Set(Object.values(formsOf(messages[key])).flatMap(holes));
      const { one, ...others } = formsOf(entry);
      for (const text of Object.values(others)) assert.deepEqual(new Set(holes(text)), wanted, `${key}: ${text}`);
      for (const name of holes(one ?? "")) assert.ok(wanted.has(name), `${key}: ${one}`); // "the file" needs no number
    }
  });
}

const filesUnder = (folder) => readdirSync(new URL(folder, ROOT), { recursive: true }).map((file) => folder + file);
const scripts = filesUnder("uploads/static/uploads/js/")
  .filter((path) => path.endsWith(".js") && !path.includes("/messages/"))
  .map((path) => read(path))
  .join("\n");

test("every text that a script asks for by name is there", () => {
  const asked = [...scripts.matchAll(/\bt\(\s*"([\w.-]+)"/g)].map(([, key]) => key);
  assert.ok(asked.length > 100);
  assert.deepEqual(asked.filter((key) => !has(key)), []);
});

test("every text is asked for by some script, or belongs to a family", () => {
  const families = [...scripts.matchAll(/\b(?:t|has)\(`(\w+)\./g)].map(([, family]) => family);
  const isAsked = (key) => scripts.includes(`"${key}"`) || scripts.includes(`"${key.replace(/Unknown$/, "")}"`);
  assert.deepEqual(Object.keys(messages).filter((key) => !isAsked(key) && !families.includes(key.split(".")[0])), []);
});

test("every code that the portal can answer has a text of its own", () => {
  const sources = ["uploads/", "deployments/", "amiportal/core/", "amiportal/objectstore/"]
    .flatMap(filesUnder)
    .filter((path) => path.endsWith(".py") && !/admin|api\/legacy|management|migrations|probe|deployments.services/.test(path))
    .map((path) => read(path));
  const patterns = [
    /Refusal\(\s*"(\w+)"/g, // a name that is not taken
    /Outcome\.[A-Z]+,\s*"(\w+)"/g, // a file
    /Warned\(\s*"(\w+)"/g,
    /\bcode="(\w+)"/g, // a call
    /^ {4}code = "(\w+)"$/gm, // the default of a class of errors
  ];
  const codes = new Set(sources.flatMap((source) => patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code]) => code))));
  assert.ok(codes.has("stored_differs") && codes.has("deployment_inactive") && codes.has("clock_reset") && codes.has("name_path"));
  const families = ["error", "warning", "portal", "check"];
  const lacking = [...codes].filter((code) => !families.some((family) => has(`${family}.${code}`)));
  assert.deepEqual(lacking.filter((code) => !NOT_FOR_THE_PAGE.has(code)), []);
});
// Answers to calls that this page never makes, and roots of classes that are never answered as such.
const NOT_FOR_THE_PAGE = new Set([
  "error", "bucket_taken", "bucket_reserved", "round_trip_broken", "not_under_way", "no_receipt", "receipt_too_large", "receipts_busy",
  "no_free_name", "reason_missing", "too_many_files", // what maintainers do with files beside others, changed or vanished
  "copy_missing", "destination_taken", "source_changed", // copies within the store
]);

test("singular and plural, numbers written out, a missing value is an error", () => {
  assert.equal(t("review.send", { count: 1, bytes: "2 MB" }), "1 file, 2 MB");
  assert.equal(t("review.send", { count: 3500, bytes: "7 GB" }), "3,500 files, 7 GB");
  assert.throws(() => t("review.send", { count: 2 }), /lacks bytes/);
  assert.throws(() => t("no.such"), /no message/);
});

test("texts, plurals and numbers are in the language that is spoken, English where there is none of it", async () => {
  await speak("es", ["es-AR"]);
  assert.equal(t("review.send", { count: 3500, bytes: "7 GB" }), "3.500 archivos, 7 GB");
  await speak("xx", []);
  assert.match(t("review.send", { count: 3500, bytes: "7 GB" }), /^3.?500 files, 7 GB$/);
  await speak("en", []);
  assert.equal(t("review.send", { count: 3500, bytes: "7 GB" }), "3,500 files, 7 GB");
});

test("numbers and dates are written as where the reader lives, in the page's language", () => {
  assert.equal(formOf("es", ["en-US", "es-AR"]), "es-AR");
  assert.equal(formOf("es", ["en-US"]), "es");
  assert.equal(formOf("en", ["es-PA"]), "en-GB");
  assert.equal(formOf("en", ["en-US"]), "en-US");
});
