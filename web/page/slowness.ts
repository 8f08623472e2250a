// Collects for each session what its ends measure of it, and says what holds it
// back. What it says follows from slow.ts.

import { signal } from "@preact/signals";
import type { Phase, Route } from "../shared/views.ts";
import { type Pace, rate } from "./pace.ts";
import type { PathNow } from "./route.ts";
import { nothingSlow, type Slow, type Steady, steady } from "./slow.ts";

/** Between two looks, ms. */
const every = 1000;

interface Watched {
  steady: Steady;
  lookedAt: number;
  path: Pick<PathNow, "roundTrip" | "lost">;
  /** Of the last second of the lanes, each its share. */
  reading: number;
  processor: number;
  /** Views since the last look, and in how many nothing was asked for, or how full the way to the disk was. */
  views: number;
  idle: number;
  writing: number;
}

/** What a view says of one session. */
export interface Seen {
  phase: Phase;
  route: Route;
  pace: Pace;
  idle: boolean;
  writing: number; // 0..1
}

export class Slowness {
  /** By session; what is not there is not slow. */
  readonly said = signal<Readonly<Record<number, Slow>>>({});
  readonly #watched = new Map<number, Watched>();

  /** What lanes of a session did with their time, ms of `of` ms. The busiest counts. */
  lanes(session: number, spent: { reading: number; working: number }, of: number): void {
    const w = this.#of(session);
    [w.reading, w.processor] = [spent.reading / of, spent.working / of];
  }

  path(session: number, now: PathNow): void {
    this.#of(session).path = now;
  }

  /** A view came: counted, and a look taken when it is time for one. */
  view(session: number, seen: Seen, at: number): void {
    if (seen.phase !== "transferring") return this.#forget(session);
    const w = this.#of(session);
    w.views++;
    w.idle += seen.idle ? 1 : 0;
    w.writing += seen.writing;
    if (at - w.lookedAt < every) return;
    const now = rate(seen.pace);
    if (now !== null) {
      w.steady = steady(w.steady, {
        at, rate: now, route: seen.route, roundTrip: w.path.roundTrip, lost: w.path.lost,
        disk: Math.max(w.reading, w.writing / w.views), processor: w.processor, idle: w.idle / w.views,
      });
      this.#say(session, w.steady.said);
    }
    Object.assign(w, { lookedAt: at, views: 0, idle: 0, writing: 0 });
  }

  #of(session: number): Watched {
    let w = this.#watched.get(session);
    if (w === undefined) {
      w = { steady: nothingSlow, lookedAt: 0, path: { roundTrip: null, lost: null }, reading: 0, processor: 0, views: 0, idle: 0, writing: 0 };
      this.#watched.set(session, w);
    }
    return w;
  }

  #forget(session: number): void {
    const w = this.#watched.get(session);
    if (w === undefined) return;
    w.steady = nothingSlow;
    this.#say(session, null);
  }

  #say(session: number, why: Slow | null): void {
    const { [session]: before, ...others } = this.said.value;
    if ((before ?? null) !== why) this.said.value = why === null ? others : { ...others, [session]: why };
  }
}
