import assert from "node:assert/strict";
import { test } from "node:test";
import { Rows } from "./rows.ts";
import { anchored, drawn, inSight, offsetAt, scrollFor, spaceHeight, tallest } from "./scroll.ts";

const box = (rows: number) => ({ rows, rowHeight: 36, height: 400 });

function rowsOf(ids: readonly number[]): Rows {
  const rows = new Rows();
  for (const [n, id] of ids.entries()) rows.push(id, 1, n + 1, ids.length);
  return rows;
}

test("a list that a browser can draw scrolls pixel by pixel", () => {
  assert.equal(offsetAt(box(100_000), 12_345), 12_345);
  assert.equal(spaceHeight(box(100_000)), 3_600_000);
});

test("a taller one ends where it should, both ways", () => {
  const b = box(500_000);
  assert.equal(spaceHeight(b), tallest);
  const end = b.rows * b.rowHeight - b.height;
  assert.ok(Math.abs(offsetAt(b, tallest - b.height) - end) < 1e-3);
  assert.ok(Math.abs(scrollFor(b, end + 1000) - (tallest - b.height)) < 1e-3, "never beyond the end");
  for (const offset of [0, 1, 36, 1_000_000, end]) assert.ok(Math.abs(offsetAt(b, scrollFor(b, offset)) - offset) < 1e-3);
});

test("drawn are the rows in sight and some beyond, never any that are not there", () => {
  assert.deepEqual(drawn(box(100_000), 0), [0, 20]);
  assert.deepEqual(drawn(box(100_000), 36 * 1000 + 5), [992, 1020]);
  assert.deepEqual(drawn(box(5), 0), [0, 5]);
  assert.deepEqual(drawn(box(0), 0), [0, 0]);
});

test("a row comes into sight by as little as can be", () => {
  assert.equal(inSight(box(100), 360, 10), 360);
  assert.equal(inSight(box(100), 360, 5), 180);
  assert.equal(inSight(box(100), 0, 20), 21 * 36 - 400);
});

test("rows that come before the one that is held move nothing", () => {
  assert.equal(anchored(rowsOf([1, 2, 3]), rowsOf([7, 8, 1, 2, 3]), 36, 40, 1), 40 + 72);
  assert.equal(anchored(rowsOf([7, 8, 1, 2, 3]), rowsOf([1, 2, 3]), 36, 112, 3), 40);
});

test("where the row that is held went away, the one nearest to it stays where it is", () => {
  assert.equal(anchored(rowsOf([1, 2, 3, 4]), rowsOf([9, 1, 4]), 36, 36, 1), 72);
  assert.equal(anchored(rowsOf([1, 2, 3, 4]), rowsOf([3, 4]), 36, 108, 1), 36);
  assert.equal(anchored(rowsOf([1, 2, 3]), rowsOf([8, 9]), 36, 50, 1), 50, "nothing is left of it");
});
