import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Listing } from "./listing.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function megabytes(): number {
  collect();
  collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return (arrayBuffers + heapUsed) / 1e6;
}

test("100,000 entries, all of them shown, cost at most 20 MB", (t) => {
  const total = 100_000;
  const before = megabytes();
  const later: (() => void)[] = [];
  const listing = new Listing(() => undefined, { later: (go) => later.push(go), now: () => performance.now(), visible: () => true });
  for (let from = 1; from <= total; from += 1000) {
    // Each name is a string of its own, as one that came in a message.
    listing.add(Array.from({ length: 1000 }, (_, n) => ({ index: from + n, parent: 0, kind: "file" as const, name: structuredClone(`A001C${from + n}_251125_R1AB.mov`), localName: null, size: n })));
  }
  for (let go = later.shift(); go !== undefined; go = later.shift()) go();
  assert.equal(listing.rows.value.length, total);
  const cost = megabytes() - before;
  t.diagnostic(`${cost.toFixed(1)} MB`); // the figure of PAGES.md
  assert.ok(cost > 2 && cost < 20, `${cost.toFixed(1)} MB`);
  assert.equal(listing.entries.count, total); // and it is still there
});
