import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListEntry, ToCore } from "../shared/messages.ts";
import { Listing } from "./listing.ts";

function entry(index: number, parent = 0, kind: "file" | "dir" = "file"): ListEntry {
  return { index, parent, kind, name: `n${index}`, localName: null, size: index };
}

/** A core with `total` entries that answers each question when told to. */
function core(total: number) {
  const asked: { from: number; count: number }[] = [];
  const listing = new Listing((m: ToCore) => {
    if (m.type === "list.read") asked.push({ from: m.from, count: m.count });
  });
  const answer = () => {
    const q = asked.shift();
    if (q === undefined) return false;
    const count = Math.min(q.count, total - q.from + 1);
    listing.add(Array.from({ length: count }, (_, i) => entry(q.from + i)));
    return true;
  };
  return { asked, listing, answer };
}

test("one window is asked for at a time, until all are there", () => {
  const { asked, listing, answer } = core(2500);
  listing.grow(2500);
  listing.grow(2500);
  assert.deepEqual(asked, [{ from: 1, count: 1000 }]);
  while (answer());
  assert.equal(listing.below(0).length, 2500);
  assert.equal(listing.rest, 0);
});

test("the list of a huge share stops by itself and goes on when asked", () => {
  const { asked, listing, answer } = core(50_000);
  listing.grow(50_000);
  while (answer());
  assert.equal(listing.loaded.value, 20_000);
  assert.equal(listing.atLimit, true);
  listing.loadMore();
  assert.equal(asked.length, 1);
  while (answer());
  assert.equal(listing.loaded.value, 40_000);
});

test("what comes twice is taken once, and children find their folder", () => {
  const { listing } = core(0);
  listing.grow(3);
  listing.add([entry(1, 0, "dir"), entry(2, 1)]);
  listing.add([entry(1, 0, "dir"), entry(2, 1), entry(3, 1)]);
  assert.deepEqual(listing.below(1).map((r) => r.index), [2, 3]);
  assert.deepEqual(listing.below(0).map((r) => r.index), [1]);
});
