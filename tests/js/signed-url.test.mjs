import assert from "node:assert/strict";
import { test } from "node:test";

import { goodForMs, signedUrl } from "../../uploads/static/uploads/js/portal/signed-url.js";
import { fakeClock } from "./fakes.mjs";

const SIGNED_AT = Date.parse("2026-11-26T07:31:05Z");
const url = (life) => `https://store/key?X-Amz-Date=20261126T073105Z&X-Amz-Expires=${life}&X-Amz-Signature=0`;
const HOUR = 3_600_000;

test("what is left, by the URL's own word and the portal's clock", () => {
  assert.equal(goodForMs(url(3_600), { dateMs: SIGNED_AT }), HOUR);
  assert.equal(goodForMs(url(3_600), { dateMs: SIGNED_AT + 600_000 }), HOUR - 600_000);
  assert.equal(goodForMs(url(3_600), { dateMs: null }), HOUR);
});

test("a Date of another clock's is not believed: what was signed just now is not over, nor lives longer", () => {
  assert.equal(goodForMs(url(60), { dateMs: SIGNED_AT + HOUR }), 60_000);
  assert.equal(goodForMs(url(60), { dateMs: SIGNED_AT - HOUR }), 60_000);
});

test("a URL that does not say: the portal's word for it, or nobody's", () => {
  const expiresAt = new Date(SIGNED_AT + HOUR).toISOString();
  for (const bare of ["https://store/key", "https://store/key?X-Amz-Date=soon&X-Amz-Expires=60"]) {
    assert.equal(goodForMs(bare, { expiresAt, dateMs: SIGNED_AT }), HOUR);
    assert.equal(goodForMs(bare, { expiresAt, dateMs: null }), null);
    assert.equal(goodForMs(bare, { dateMs: SIGNED_AT }), null);
  }
});

function granted(lifeMs) {
  const clock = fakeClock();
  const asked = { ms: clock.now(), wallMs: clock.wall() };
  return { clock, grant: signedUrl({ url: "u", headers: {}, goodForMs: lifeMs }, asked, clock) };
}

test("over a little before its end: times are cut to seconds, and the store's clock may be ahead", async () => {
  const { clock, grant } = granted(HOUR);
  await clock.sleep(HOUR - 5_001);
  assert.equal(grant.isOver(), false);
  await clock.sleep(1);
  assert.equal(grant.isOver(), true);
  const short = granted(2_000);
  await short.clock.sleep(799);
  assert.equal(short.grant.isOver(), false);
  await short.clock.sleep(1);
  assert.equal(short.grant.isOver(), true);
});

test("a computer that slept, or whose clock was set: the hand that went further counts", () => {
  const slept = granted(HOUR);
  slept.clock.skewBy(2 * HOUR);
  assert.equal(slept.grant.isOver(), true);
  const setBack = granted(HOUR);
  setBack.clock.skewBy(-100 * HOUR);
  assert.equal(setBack.grant.isOver(), false);
});

test("where nobody knows its life, the store says when it is over", () => {
  const { clock, grant } = granted(null);
  clock.skewBy(100 * HOUR);
  assert.equal(grant.isOver(), false);
});
