import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToCore } from "../shared/messages.ts";
import { dayOf, digitsOf, endOf, LinkPolicy, spanOf } from "./policy.ts";

const hour = 3_600_000;

test("digits are taken as people type them, and nothing else", () => {
  for (const typed of ["004213", "004 213", " 00-42-13 ", "0 0 4 2 1 3", "004.213"]) assert.equal(digitsOf(typed), 4213, typed);
  for (const typed of ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "+12345"]) assert.equal(digitsOf(typed), null, typed);
});

test("what are no six digits costs no try", () => {
  const said: ToCore[] = [];
  const policy = new LinkPolicy((message) => said.push(message));
  assert.equal(policy.digits("12 34"), false);
  assert.equal(policy.short.value, true);
  assert.deepEqual(said, []);
  assert.equal(policy.digits("123 456"), true);
  assert.equal(policy.short.value, false);
  assert.deepEqual(said, [{ type: "share.digits", digits: 123456 }]);
});

test("one change leaves the others as they are", () => {
  const said: ToCore[] = [];
  const policy = new LinkPolicy((message) => said.push(message));
  policy.terms({ expires: 7, limit: 2, note: "Hi" }, { limit: 3 });
  policy.terms({ expires: 7, limit: 2, note: "Hi" }, { note: "Ho" }); // the view of before the first change
  policy.choose({ approval: false, oneTime: false }, { approval: true });
  policy.choose({ approval: false, oneTime: false }, { oneTime: true });
  assert.deepEqual(said, [
    { type: "share.terms", expires: 7, limit: 3, note: "Hi" },
    { type: "share.terms", expires: 7, limit: 3, note: "Ho" },
    { type: "share.policy", approval: true, oneTime: false },
    { type: "share.policy", approval: true, oneTime: true },
  ]);
});

test("how long a link lasts is told from its end", () => {
  for (const [left, span] of [[7 * 24 * hour - 1000, "week"], [hour - 1000, "hour"], [24 * hour - 1000, "day"], [30 * 24 * hour, "month"], [3 * 24 * hour, "date"], [-1, "date"]] as const) {
    assert.equal(spanOf({ expires: 1e12 + left }, 1e12), span, String(left));
  }
});

test("a link that lasts until a day lasts until its last moment", () => {
  const end = endOf("2026-12-24") ?? 0;
  assert.equal(dayOf(end), "2026-12-24");
  assert.equal(dayOf(end + 1), "2026-12-25");
  for (const no of ["", "2026-1-2", "x"]) assert.equal(endOf(no), null);
});
