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
}

export const noPace: Pace = { startedAt: null, endedAt: null, samples: [] };

/** Notes that `bytes` are written at `at`. */
export function noted(pace: Pace, at: number, bytes: number): Pace {
  const last = pace.samples.at(-1);
  if (pace.endedAt !== null || (last !== undefined && bytes < last.bytes)) {
    // Resumed after an end, or a file began anew: old samples say nothing.
    return { startedAt: pace.startedAt ?? at, endedAt: null, samples: [{ at, bytes }] };
  }
  if (last === undefined && bytes === 0) return pace;
  const samples = [...pace.samples, { at, bytes }];
  // One sample older than the window stays, so that a stall is seen as one.
  while (samples.length > 2 && (samples[1]?.at ?? at) <= at - windowMs) samples.shift();
  return { startedAt: pace.startedAt ?? at, endedAt: null, samples };
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
