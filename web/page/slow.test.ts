import assert from "node:assert/strict";
import { test } from "node:test";
import { because, type Look, nothingSlow, type Slow, steady } from "./slow.ts";

const look = (over: Partial<Look> = {}): Look => ({
  at: 0, rate: 2e6, route: "direct", roundTrip: 5, lost: null, disk: 0, processor: 0, idle: 0, ...over,
});

const cases: [string, Partial<Look>, Slow | null][] = [
  ["nothing stands out", {}, null],
  ["the disk is waited for", { disk: 0.7 }, "disk"],
  ["a little waiting is no reason", { disk: 0.5, processor: 0.5, idle: 0.5 }, null],
  ["sealing takes all the time", { processor: 0.9 }, "processor"],
  ["the recipient asks for nothing", { idle: 0.8 }, "other"],
  ["the path is long", { roundTrip: 120 }, "distance"],
  ["the path is not long", { roundTrip: 39 }, null],
  ["the browser does not say how long it is", { roundTrip: null }, null],
  ["checks are lost", { lost: 0.1, roundTrip: 120 }, "loss"],
  ["one check is lost", { lost: 0.03, roundTrip: 120 }, "distance"],
  ["a relay", { route: "relayed", roundTrip: 120 }, "relay"],
  ["a relay that is not what is waited for", { route: "relayed", disk: 0.9 }, "disk"],
  ["it is fast", { rate: 20e6, disk: 0.9, processor: 0.9, idle: 0.9, route: "relayed", roundTrip: 200, lost: 0.5 }, null],
];
for (const [what, over, want] of cases) {
  test(`${what}: ${want ?? "nothing is said"}`, () => assert.equal(because(look(over)), want));
}

/** What is said after each look, one a second. */
function said(looks: Partial<Look>[]): (Slow | null)[] {
  let now = nothingSlow;
  return looks.map((over, i) => {
    now = steady(now, look({ ...over, at: 10_000 + i * 1000 }));
    return now.said;
  });
}

test("a reason is said once it held for 5 s, and no sooner", () => {
  const disk = { disk: 0.9 };
  assert.deepEqual(said([disk, disk, disk, disk, disk, disk, disk]), [null, null, null, null, null, "disk", "disk"]);
});

test("what comes and goes is never said", () => {
  const [disk, idle] = [{ disk: 0.9 }, { idle: 0.9 }];
  assert.deepEqual(said([disk, disk, idle, disk, disk, idle, disk, disk, {}, disk]), Array(10).fill(null));
});

test("what was said stays until something else held as long", () => {
  const disk = { disk: 0.9 };
  const slow = [disk, disk, disk, disk, disk, disk];
  assert.deepEqual(said([...slow, {}, disk, {}, {}, {}, {}, {}, {}]).slice(5), ["disk", "disk", "disk", "disk", "disk", "disk", "disk", "disk", null]);
});

test("nothing new is the same value: nothing is drawn anew", () => {
  const one = steady(nothingSlow, look({ disk: 0.9, at: 1 }));
  assert.equal(steady(one, look({ disk: 0.8, at: 2 })), one);
});
