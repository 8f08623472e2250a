import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { watchSleep } from "./asleep.ts";
import type { Slept } from "./state.ts";

const minute = 60_000;

/** Watches with a clock and a document of the test. */
function watched(): { seen: Slept[]; tick(ms: number): void; jump(ms: number): void; show(): void; stop(): void } {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 1_000_000 });
  const listeners: (() => void)[] = [];
  Object.assign(globalThis, { document: { addEventListener: (_: string, f: () => void) => listeners.push(f) } });
  const seen: Slept[] = [];
  watchSleep((slept) => seen.push(slept));
  return {
    seen,
    tick: (ms) => mock.timers.tick(ms),
    jump: (ms) => mock.timers.setTime(Date.now() + ms), // the clock goes on, and no timer runs
    show: () => {
      for (const listener of listeners) listener();
    },
    stop: () => {
      mock.timers.reset();
      Reflect.deleteProperty(globalThis, "document");
    },
  };
}

test("a time in which nothing ran is told, with its beginning and end", () => {
  const w = watched();
  w.tick(minute);
  w.jump(20 * minute);
  w.show();
  assert.deepEqual(w.seen, [{ from: 1_000_000 + minute, to: 1_000_000 + 21 * minute }]);
  w.tick(minute);
  w.show();
  assert.equal(w.seen.length, 1, "it was told twice");
  w.stop();
});

test("the throttling of a hidden tab is no sleep", () => {
  const w = watched();
  for (let i = 0; i < 10; i++) {
    w.jump(minute);
    w.show();
  }
  assert.deepEqual(w.seen, []);
  w.stop();
});
