// Time that passes only when nothing else can happen: tests of what overlaps run
// the same way each time, wait for nothing, and notice when all stands still.
// Looking at the clock takes a millisecond, so that work in slices comes to its end.

interface Timer {
  at: number;
  id: number;
  f: () => void;
}

/** Runs f with timers of its own. Throws when f waits and no timer is left. */
export async function virtually<T>(f: () => Promise<T>): Promise<T> {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const look = performance.now;
  const { port1, port2 } = new MessageChannel();
  let timers: Timer[] = [];
  let now = 0;
  let ids = 0;
  let over = false;
  /** Resolves when no promise is left that can go on by itself. */
  const settled = (): Promise<void> => new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
  Object.assign(globalThis, {
    setTimeout: (then: () => void, ms = 0): number => {
      timers.push({ at: now + Math.max(1, ms), id: ++ids, f: then });
      return ids;
    },
    clearTimeout: (id: number): void => {
      timers = timers.filter((t) => t.id !== id);
    },
  });
  performance.now = () => now++;
  try {
    const result = f().finally(() => {
      over = true;
    });
    result.catch(() => undefined);
    for (;;) {
      await settled();
      if (over) break;
      const next = timers.reduce<Timer | null>((first, t) => (first === null || t.at < first.at || (t.at === first.at && t.id < first.id) ? t : first), null);
      if (next === null) throw new Error(`all stands still after ${now} ms`);
      timers = timers.filter((t) => t !== next);
      now = Math.max(now, next.at);
      next.f();
    }
    return await result;
  } finally {
    Object.assign(globalThis, real);
    performance.now = look;
    port1.close();
    port2.close();
  }
}
