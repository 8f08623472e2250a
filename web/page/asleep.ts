// Notices afterwards that the computer slept, or that the browser stopped this
// page: its timers did not run, and the clock went on.

import type { Slept } from "./state.ts";

/** Between two looks at the clock, ms. */
const everyMs = 5_000;
/** A gap that no throttling of hidden tabs makes: browsers let timers run once a minute there. */
const sleptMs = 90_000;

/** Calls `slept` after each time in which nothing ran here. */
export function watchSleep(slept: (slept: Slept) => void): void {
  let last = Date.now();
  const look = (): void => {
    const now = Date.now();
    if (now - last > sleptMs) slept({ from: last, to: now });
    last = now;
  };
  setInterval(look, everyMs);
  document.addEventListener("resume", look); // Chromium, after a freeze
  document.addEventListener("visibilitychange", look);
}
