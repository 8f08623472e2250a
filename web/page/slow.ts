// Why a transfer is slow when it is, from what was measured and nothing else.
// Pure: times and figures come in, one reason comes out, or none.
//
//	a look a second ──> because() ──> steady(): the same for some seconds ──> a sentence

import type { Route } from "../shared/views.ts";

/**
 * What holds a transfer back. `disk` and `processor` are this computer's, `other`
 * is the recipient's computer as the sender sees it, the rest lies between.
 */
export type Slow = "disk" | "processor" | "other" | "relay" | "loss" | "distance";

/** What one end measured in about a second. Shares are from 0 to 1. */
export interface Look {
  at: number; // ms
  /** Bytes a second, of late. */
  rate: number;
  route: Route;
  /** Round trip of the path in use, ms; null where the browser doesn't say. */
  roundTrip: number | null;
  /** Of the browser's own checks of the path, the share that no answer came to; null while there were too few. */
  lost: number | null;
  /** How much of its time this end waited for its own disk: reading at the sender, writing at the recipient. */
  disk: number;
  /** Likewise for the processor: sealing or opening. */
  processor: number;
  /** At the sender: how much of the time nothing was asked for. */
  idle: number;
}

/** Bytes a second from which on nobody asks why: a browser's connection carries 20 to 33 MB/s (DESIGN 5). */
const fast = 15e6;
/** From which share on something is what is waited for. */
const most = 0.6;
/** From which round trip on it is distance, ms: on one continent it is less. */
const far = 40;
/** From which share of lost checks on it is loss: less can be chance. */
const lossy = 0.05;
/** How long a reason has to hold before it is said, and how long before that is given up, ms. */
const holds = 5000;

/** What holds a transfer back at this look; null if it is fast, or nothing stands out. */
export function because(look: Look): Slow | null {
  if (look.rate >= fast) return null;
  // What was measured at this end comes first: it is sure.
  if (look.disk >= most) return "disk";
  if (look.processor >= most) return "processor";
  if (look.idle >= most) return "other";
  if (look.lost !== null && look.lost >= lossy) return "loss";
  if (look.route === "relayed") return "relay";
  return look.roundTrip !== null && look.roundTrip >= far ? "distance" : null;
}

/** What holds of a series of looks, and since when. */
export interface Steady {
  readonly said: Slow | null;
  /** What the last looks agreed on, said or not. */
  readonly next: Slow | null;
  readonly since: number;
}

export const nothingSlow: Steady = { said: null, next: null, since: 0 };

/** Takes one more look: a reason is said once it held for several seconds, and until another one did. */
export function steady(before: Steady, look: Look): Steady {
  const next = because(look);
  const since = next === before.next ? before.since : look.at;
  const said = look.at - since >= holds ? next : before.said;
  return said === before.said && next === before.next ? before : { said, next, since };
}
