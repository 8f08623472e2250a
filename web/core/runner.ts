// A machine that has connections and neither lanes nor a disk, with a connection of
// its own to the hub: one that looks what contacts offer, or moves an identity.

import type { FromCore } from "../shared/messages.ts";
import type { CoreToLane } from "../shared/ports.ts";
import type { FailureCode } from "../wire/wire.ts";
import type { Action, MachineEvent } from "./machine.ts";
import { Signal } from "./signal.ts";

const tickMs = 100;
/** From the last event of a machine until it is left: the connection lives a second longer. */
const lastWordMs = 2000;

export interface RunnerAround {
  signalUrl: string;
  post(message: FromCore, transfer?: Transferable[]): void;
  /** The lane worker that takes the channels that nothing goes through. */
  lane(message: CoreToLane): void;
  dead(message: string): void;
}

export class Runner<M extends { handle(now: number, event: MachineEvent): Action[] | FailureCode }> {
  readonly machine: M;
  readonly #around: RunnerAround;
  readonly #show: () => void;
  readonly #signal: Signal;
  /** Events that wait for the machine, the one it has included. */
  readonly #events: MachineEvent[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(machine: M, around: RunnerAround, show: () => void) {
    this.machine = machine;
    this.#around = around;
    this.#show = show;
    this.#signal = new Signal(around.signalUrl, {
      up: () => this.event({ type: "signal.up" }),
      down: (outdated) => this.event({ type: "signal.down", outdated }),
      message: (data) => this.event({ type: "signal.message", data }),
    });
  }

  /** Connects to the hub, and stays connected. */
  start(): void {
    this.#signal.start();
    this.#timer = setInterval(() => this.event({ type: "tick" }), tickMs);
  }

  /** It has said its last word: goes on for as long as that may take to be heard. */
  stop(): void {
    setTimeout(() => {
      clearInterval(this.#timer);
      this.#signal.stop();
    }, lastWordMs);
  }

  /** As Shell: an event that comes up while actions are carried out waits. */
  event(event: MachineEvent): void {
    if (this.#events.push(event) > 1) return;
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      const actions = this.machine.handle(Date.now(), next);
      if (typeof actions === "string") return this.#around.dead(`${actions} at ${next.type}`);
      for (const action of actions) this.#act(action);
      this.#events.shift();
    }
  }

  #act(action: Action): void {
    switch (action.type) {
      case "show":
        return this.#show();
      case "signal.send":
        return this.#signal.send(action.data);
      case "signal.reset":
        return this.#signal.reset();
      case "pc.make":
        return this.#around.post({ ...action, lane: 0 });
      case "pc.close":
        this.#around.lane({ type: "close", session: action.session, pc: action.pc });
        return this.#around.post(action);
      case "pc.remote":
      case "pc.candidates":
        return this.#around.post(action);
      case "ctrl.send":
        return this.#around.post({ type: "ctrl.send", session: action.session, data: action.data.buffer }, [action.data.buffer]);
      default:
        return; // its sessions have neither lanes nor a disk
    }
  }
}
