import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, noPace, noted, rate, rates, secondsLeft, took } from "./pace.ts";

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

test("the picture of a transfer of any length has few points, from its beginning to now", () => {
  let pace = noPace;
  const hours = 12 * 3600;
  for (let s = 0; s <= hours; s++) pace = noted(pace, s * 1000, 1 + s * 500);
  const points = rates(pace);
  assert.ok(points.length >= 55 && points.length < 120, `${points.length} points`);
  assert.equal(pace.history[0]?.at, 0);
  assert.ok((points.at(-1)?.at ?? 0) > hours * 1000 * 0.95, `it ends at ${points.at(-1)?.at}`);
  for (const { rate } of points) assert.equal(Math.round(rate), 500);
  const gaps = pace.history.slice(1).map(({ at }, i) => at - (pace.history[i]?.at ?? at));
  assert.ok(Math.max(...gaps) <= 2 * Math.min(...gaps), `between ${Math.min(...gaps)} and ${Math.max(...gaps)} ms apart`);
});

test("a picture shows a stall, and no negative rate where a file began anew", () => {
  let pace = noPace;
  for (const [s, bytes] of [[0, 10], [1, 1010], [2, 1010], [3, 400], [4, 900]] as const) pace = noted(pace, s * 1000, bytes);
  assert.deepEqual(rates(pace).map((p) => p.rate), [1000, 0, 0, 500]);
});
