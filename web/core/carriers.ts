// The lane workers as the core sees them: which of them has a lane, and how much each
// lane may have waiting. What a lane does is in lane/.

import type { CoreToLane } from "../shared/ports.ts";
import { QueueMany, QueueOne } from "../wire/wire.ts";

/** Names a lane: a connection of a session. */
export interface LaneName {
  session: number;
  pc: number;
}

export class Carriers {
  readonly #workers: readonly MessagePort[];
  /** By lane: whose it is, which worker has it, and whether it sends. */
  readonly #lanes = new Map<string, { session: number; worker: number; sends: boolean }>();

  constructor(workers: readonly MessagePort[]) {
    this.#workers = workers;
  }

  /** A new lane; returns the number of the worker that has it from now on: of those with the fewest the first. */
  make(lane: LaneName): number {
    const counts = this.#workers.map(() => 0);
    for (const { worker } of this.#lanes.values()) counts[worker] = (counts[worker] ?? 0) + 1;
    const worker = counts.indexOf(Math.min(...counts));
    this.#lanes.set(keyOf(lane), { session: lane.session, worker, sends: false });
    return worker;
  }

  close({ session, pc }: LaneName): void {
    this.to({ session, pc }, { type: "close", session, pc });
    this.#lanes.delete(keyOf({ session, pc }));
    this.#tellDepth(session);
  }

  /** From now on the lane sends. */
  out(lane: LaneName, message: CoreToLane): void {
    this.to(lane, message);
    const of = this.#lanes.get(keyOf(lane));
    if (of !== undefined) of.sends = true;
    this.#tellDepth(lane.session);
  }

  to(lane: LaneName, message: CoreToLane): void {
    const of = this.#lanes.get(keyOf(lane));
    if (of !== undefined) this.#workers[of.worker]?.postMessage(message);
  }

  /** To each worker that has lanes of a session; the others may not even have started. */
  toAll(message: CoreToLane & { session: number }): void {
    const workers = new Set<number>();
    for (const of of this.#lanes.values()) if (of.session === message.session) workers.add(of.worker);
    for (const worker of workers) this.#workers[worker]?.postMessage(message);
  }

  /** Says how much each lane of a session may have waiting, when their number has changed. */
  #tellDepth(session: number): void {
    const senders = [...this.#lanes.values()].filter((lane) => lane.sends && lane.session === session).length;
    if (senders > 0) this.toAll({ type: "depth", session, bytes: senders > 1 ? QueueMany : QueueOne });
  }
}

function keyOf(lane: LaneName): string {
  return `${lane.session}/${lane.pc}`;
}
