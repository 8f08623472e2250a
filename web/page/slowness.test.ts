// What the ends of a session measure becomes what is said of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { noPace, noted } from "./pace.ts";
import { type Seen, Slowness } from "./slowness.ts";

/** Views twice a second for `seconds`, at 1 MB/s. */
function watch(slowness: Slowness, session: number, seconds: number, over: Partial<Seen> = {}): void {
  let pace = noPace;
  for (let at = 500; at <= seconds * 1000; at += 500) {
    pace = noted(pace, at, at * 1000);
    slowness.view(session, { phase: "transferring", route: "direct", pace, idle: false, writing: 0, ...over }, at);
  }
}

test("a destination that is behind", () => {
  const s = new Slowness();
  watch(s, 0, 10, { writing: 0.9 });
  assert.deepEqual(s.said.value, { 0: "disk" });
});

test("a source that is waited for, a processor, a path: each session by itself", () => {
  const s = new Slowness();
  s.lanes(1, { reading: 900, working: 50 }, 1000);
  s.lanes(2, { reading: 10, working: 950 }, 1000);
  s.path(3, { route: "direct", roundTrip: 150, lost: null });
  for (const session of [1, 2, 3, 4]) watch(s, session, 10);
  watch(s, 5, 10, { idle: true });
  assert.deepEqual(s.said.value, { 1: "disk", 2: "processor", 3: "distance", 5: "other" });
});

test("nothing is said of what does not move, and anew only after it moved for a while", () => {
  const s = new Slowness();
  watch(s, 0, 10, { writing: 0.9 });
  s.view(0, { phase: "paused", route: "direct", pace: noPace, idle: false, writing: 1 }, 11_000);
  assert.deepEqual(s.said.value, {});
  watch(s, 0, 4, { writing: 0.9 });
  assert.deepEqual(s.said.value, {});
});
