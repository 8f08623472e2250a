// How fast it goes and how long it will take. Pure: times come in.

/** How far back a rate looks, in milliseconds: long enough to be calm, short enough to be true. */
const windowMs = 8000;

interface Sample {
  at: number;
  bytes: number;
}

export interface Pace {
  /** When the first byte was seen, ms; null before. */
  readonly startedAt: number | null;
  /** When it was over, ms. */
  readonly endedAt: number | null;
  readonly samples: readonly Sample[];
  /** From the first byte to the last, thinned out: what a picture of the whole needs. */
  readonly history: readonly Sample[];
  /** Between two samples of the history, ms. */
  readonly every: number;
}

/** The most points of a history; then each second one goes. */
const pointsMax = 120;

export const noPace: Pace = { startedAt: null, endedAt: null, samples: [], history: [], every: 1000 };

/** Notes that `bytes` are written at `at`. */
export function noted(pace: Pace, at: number, bytes: number): Pace {
  const last = pace.samples.at(-1);
  if (pace.endedAt !== null || (last !== undefined && bytes < last.bytes)) {
    // Resumed after an end, or a file began anew: old samples say nothing.
    return { ...pace, startedAt: pace.startedAt ?? at, endedAt: null, samples: [{ at, bytes }], ...kept(pace, at, bytes) };
  }
  if (last === undefined && bytes === 0) return pace;
  const samples = [...pace.samples, { at, bytes }];
  // One sample older than the window stays, so that a stall is seen as one.
  while (samples.length > 2 && (samples[1]?.at ?? at) <= at - windowMs) samples.shift();
  return { ...pace, startedAt: pace.startedAt ?? at, endedAt: null, samples, ...kept(pace, at, bytes) };
}

/** The history with one more sample, if it is time for one. */
function kept(pace: Pace, at: number, bytes: number): Pick<Pace, "history" | "every"> {
  const { history, every } = pace;
  if (at - (history.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < every) return { history, every };
  const more = [...history, { at, bytes }];
  return more.length <= pointsMax ? { history: more, every } : { history: more.filter((_, i) => i % 2 === 0), every: every * 2 };
}

/** Rates between the points of the history, bytes a second, with their times in ms. A file that began anew is no negative rate. */
export function rates(pace: Pace): { at: number; rate: number }[] {
  return pace.history.slice(1).map(({ at, bytes }, i) => {
    const before = pace.history[i] ?? { at: at - 1, bytes };
    return { at, rate: Math.max(0, ((bytes - before.bytes) * 1000) / (at - before.at)) };
  });
}

/** Notes that it is over. */
export function ended(pace: Pace, at: number): Pace {
  return pace.endedAt === null ? { ...pace, endedAt: at, samples: [] } : pace;
}

/** Bytes a second of late, or null while it can't be told. */
export function rate(pace: Pace): number | null {
  const first = pace.samples[0];
  const last = pace.samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 500) return null;
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
}

/** Seconds until `left` bytes are there at this pace, or null while it can't be told. */
export function secondsLeft(pace: Pace, left: number): number | null {
  const r = rate(pace);
  return r === null || r <= 0 ? null : left / r;
}

/** Seconds from the first byte to the end, or null before it. */
export function took(pace: Pace): number | null {
  return pace.startedAt === null || pace.endedAt === null ? null : (pace.endedAt - pace.startedAt) / 1000;
}
