import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, noPace, noted, rate, secondsLeft, took } from "./pace.ts";

test("the rate follows the last seconds, not the whole", () => {
  let pace = noPace;
  for (let s = 0; s <= 20; s++) pace = noted(pace, s * 1000, s <= 10 ? s * 100 : 1000 + (s - 10) * 10);
  assert.equal(Math.round(rate(pace) ?? 0), 10);
  assert.equal(secondsLeft(pace, 100), 10);
});

test("a stall is seen as one", () => {
  let pace = noted(noted(noPace, 0, 1), 1000, 1000);
  for (let s = 2; s <= 30; s++) pace = noted(pace, s * 1000, 1000);
  assert.equal(rate(pace), 0);
  assert.equal(secondsLeft(pace, 100), null);
});

test("the clock starts with the first byte and stops at the end", () => {
  let pace = noted(noPace, 5000, 0);
  assert.equal(pace.startedAt, null);
  pace = noted(noted(pace, 6000, 10), 8000, 100);
  assert.equal(took(pace), null);
  assert.equal(took(ended(pace, 8000)), 2);
});

test("a file that begins anew does not make a negative rate", () => {
  const pace = noted(noted(noted(noPace, 0, 10), 1000, 500), 2000, 100);
  assert.equal(rate(pace), null);
});
