import assert from "node:assert/strict";
import { test } from "node:test";
import { keptUntil } from "./unfinished.ts";

test("only Safari's engine deletes what is unfinished by a date, unless it promised not to", () => {
  const at = Date.UTC(2026, 10, 26, 12);
  const apple = "Apple Computer, Inc.";
  assert.equal(keptUntil(at, apple, false), Date.UTC(2026, 11, 3, 12));
  assert.equal(keptUntil(at, apple, true), null, "it was allowed to stay");
  for (const vendor of ["Google Inc.", ""]) assert.equal(keptUntil(at, vendor, false), null, vendor);
});
