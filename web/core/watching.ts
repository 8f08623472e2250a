// What contacts offer: machines of Go that look, with connections of their own to
// the hub, beside whatever the page shares or receives. One looks at 64 contacts.
//
//	book ── whom ──▶ Go watcher ── knocks ──▶ hub       page ── connections ──▶ Go watcher ── offers ──▶ page

import type { FromCore, ToCore, WatchView } from "../shared/messages.ts";
import type { CoreToLane } from "../shared/ports.ts";
import type { FailureCode } from "../wire/wire.ts";
import type { Action, MachineConfig, MachineEvent, WatchMachine } from "./machine.ts";
import { Signal } from "./signal.ts";

/** Sessions of watchers have numbers above this, those of other machines below: `first` of the n-th is n times it. */
export const watchFrom = 1 << 24;
/** Contacts that a watcher takes: session.WatchMost. */
const most = 64;
const tickMs = 100;
const viewMs = 200;

type OfSession = Extract<ToCore, { session: number }>;

interface Around {
  signalUrl: string;
  make(first: number, config: MachineConfig): WatchMachine | FailureCode;
  config(): MachineConfig;
  post(message: FromCore, transfer?: Transferable[]): void;
  /** The lane worker that takes the channels that nothing goes through. */
  lane(message: CoreToLane): void;
  dead(message: string): void;
}

interface Watcher {
  machine: WatchMachine;
  signal: Signal;
  /** Events that wait for the machine, the one it has included. */
  events: MachineEvent[];
}

export class Watching {
  readonly #around: Around;
  #watchers: Watcher[] = [];
  #on = false;
  #hidden = false;
  /** Contacts in the book; null: none is open. */
  #contacts: number | null = null;
  #ticks = false;
  #viewTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(around: Around) {
    this.#around = around;
  }

  /** The person wants to see what contacts offer, or no longer. */
  watch(on: boolean, hidden: boolean): void {
    this.#on = on;
    this.#hidden = hidden;
    this.#look();
  }

  /** The book has so many contacts now, or others; null: it was closed. */
  book(contacts: number | null): void {
    this.#contacts = contacts;
    this.#look();
  }

  /** Takes what the page says of a watcher's connection. False: it is of another machine's. */
  fromPage(message: ToCore): boolean {
    if (message.type === "network") for (const watcher of this.#watchers) this.#event(watcher, message);
    const session = "session" in message ? (message as OfSession).session : 0;
    if (session < watchFrom) return false;
    const watcher = this.#watchers[Math.floor(session / watchFrom) - 1];
    if (watcher !== undefined) this.#event(watcher, message as MachineEvent);
    return true;
  }

  #look(): void {
    const wanted = this.#on && this.#contacts !== null ? Math.ceil(this.#contacts / most) : 0;
    while (this.#watchers.length < wanted) if (!this.#add()) return;
    // One without a part leaves whom it met, and stays: its families don't vanish from the hub with the last contact.
    for (const [part, watcher] of this.#watchers.entries()) {
      this.#event(watcher, part < wanted ? { type: "watch.contacts", part, hidden: this.#hidden } : { type: "watch.end" });
    }
    if (this.#watchers.length > 0) this.#show();
  }

  #add(): boolean {
    const first = (this.#watchers.length + 1) * watchFrom;
    const machine = this.#around.make(first, this.#around.config());
    if (typeof machine === "string") {
      this.#around.dead(machine);
      return false;
    }
    const watcher: Watcher = {
      machine,
      events: [],
      signal: new Signal(this.#around.signalUrl, {
        up: () => this.#event(watcher, { type: "signal.up" }),
        down: (outdated) => this.#event(watcher, { type: "signal.down", outdated }),
        message: (data) => this.#event(watcher, { type: "signal.message", data }),
      }),
    };
    this.#watchers.push(watcher);
    watcher.signal.start();
    if (!this.#ticks) {
      setInterval(() => {
        for (const each of this.#watchers) this.#event(each, { type: "tick" });
      }, tickMs);
    }
    this.#ticks = true;
    return true;
  }

  /** As Shell: an event that comes up while actions are carried out waits. */
  #event(watcher: Watcher, event: MachineEvent): void {
    if (watcher.events.push(event) > 1) return;
    for (let next = watcher.events[0]; next !== undefined; next = watcher.events[0]) {
      const actions = watcher.machine.handle(Date.now(), next);
      if (typeof actions === "string") return this.#around.dead(`${actions} at ${next.type}`);
      for (const action of actions) this.#act(watcher, action);
      watcher.events.shift();
    }
  }

  #act(watcher: Watcher, action: Action): void {
    switch (action.type) {
      case "show":
        return this.#show();
      case "signal.send":
        return watcher.signal.send(action.data);
      case "signal.reset":
        return watcher.signal.reset();
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
        return; // a listing session has neither lanes nor a disk
    }
  }

  #show(): void {
    this.#viewTimer ??= setTimeout(() => {
      this.#viewTimer = null;
      const views = this.#watchers.map(({ machine }) => machine.view());
      const view: WatchView = { why: views.find(({ why }) => why !== null)?.why ?? null, contacts: views.flatMap(({ contacts }) => contacts) };
      this.#around.post({ type: "watch.view", view });
    }, viewMs);
  }
}
