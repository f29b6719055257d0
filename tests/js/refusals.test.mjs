import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { putError } from "../../uploads/static/uploads/js/lib/errors.js";
import { judgeCall, judgePut } from "../../uploads/static/uploads/js/portal/refusals.js";
import { isTransient } from "../../uploads/static/uploads/js/portal/retry.js";
import { refused } from "./fakes.mjs";

const cases = JSON.parse(await readFile(new URL("../data/rules/refusals.json", import.meta.url), "utf8"));

for (const { what, status, code, url, then } of cases.puts) {
  test(`a PUT: ${what} (${status} ${code}, ${url}) -> ${then}`, () => {
    assert.equal(judgePut({ httpStatus: status, storeCode: code }, url), then);
  });
}

for (const { what, status, code, then } of cases.calls) {
  test(`a call: ${what} (${status} ${code}) -> ${then}`, () => assert.equal(judgeCall({ httpStatus: status, code }), then));
}

test("an error beneath a 200 is one, and is tried again", () => {
  const answer = (body) => putError({ httpStatus: 200, body, retryAfterMs: null });
  assert.equal(answer(""), null);
  assert.equal(answer("<?xml version='1.0'?>"), null);
  const error = answer("<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>");
  assert.deepEqual([error.httpStatus, error.storeCode, error.code, isTransient(error)], [200, "InternalError", "error_in_answer", true]);
});

test("two at once, or another's page in the portal's place: asked again", () => {
  const conflict = refused(409);
  conflict.code = "conflict";
  assert.equal(isTransient(conflict), true);
  assert.equal(isTransient(refused(409)), false);
});
