import assert from "node:assert/strict";
import { test } from "node:test";
import { TitleMax } from "../wire/wire.ts";
import { fitting, titleOf } from "./walk.ts";

// What does not fit is cut by the core as well: the sender must see what the recipient will.
test("a title is as much as travels, cut at a character", () => {
  assert.equal(fitting("Day 4"), "Day 4");
  assert.equal(fitting("a".repeat(300)), "a".repeat(TitleMax));
  assert.equal(fitting("日".repeat(120)), "日".repeat(66));
  assert.equal(fitting(`${"a".repeat(198)}🎬`), "a".repeat(198));
  assert.equal(titleOf(["🎬".repeat(51)], String), "🎬".repeat(50));
});
