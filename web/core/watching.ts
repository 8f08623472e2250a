// What contacts offer: machines of Go that look, with connections of their own to
// the hub, beside whatever the page shares or receives. One looks at 64 contacts.
//
//	book ── whom ──▶ Go watcher ── knocks ──▶ hub       page ── connections ──▶ Go watcher ── offers ──▶ page

import type { ToCore } from "../shared/messages.ts";
import type { WatchView } from "../shared/views.ts";
import type { FailureCode } from "../wire/wire.ts";
import type { MachineConfig, MachineEvent, WatchMachine } from "./machine.ts";
import { Runner, type RunnerAround } from "./runner.ts";

/** Sessions of watchers have numbers above this, those of other machines below: `first` of the n-th is n times it. */
export const watchFrom = 1 << 24;
/** Contacts that a watcher takes: session.WatchMost. */
const most = 64;
const viewMs = 200;

type OfSession = Extract<ToCore, { session: number }>;

interface Around extends RunnerAround {
  make(first: number, config: MachineConfig): WatchMachine | FailureCode;
  config(): MachineConfig;
  /** How much of a contact's share was listed when the person looked last; null: they never did. */
  seen(contact: string, share: string): number | null;
}

export class Watching {
  readonly #around: Around;
  #watchers: Runner<WatchMachine>[] = [];
  #on = false;
  #hidden = false;
  /** Contacts in the book; null: none is open. */
  #contacts: number | null = null;
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

  /** What the person has seen is another than before. */
  seen(): void {
    if (this.#watchers.length > 0) this.#show();
  }

  /** Takes what the page says of a watcher's connection. False: it is of another machine's. */
  fromPage(message: ToCore): boolean {
    if (message.type === "network") for (const watcher of this.#watchers) watcher.event(message);
    const session = "session" in message ? (message as OfSession).session : 0;
    if (session < watchFrom) return false;
    this.#watchers[Math.floor(session / watchFrom) - 1]?.event(message as MachineEvent);
    return true;
  }

  #look(): void {
    const wanted = this.#on && this.#contacts !== null ? Math.ceil(this.#contacts / most) : 0;
    while (this.#watchers.length < wanted) if (!this.#add()) return;
    // One without a part leaves whom it met, and stays: its families don't vanish from the hub with the last contact.
    for (const [part, watcher] of this.#watchers.entries()) {
      watcher.event(part < wanted ? { type: "watch.contacts", part, hidden: this.#hidden } : { type: "watch.end" });
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
    const watcher = new Runner(machine, this.#around, () => this.#show());
    this.#watchers.push(watcher);
    watcher.start();
    return true;
  }

  #show(): void {
    this.#viewTimer ??= setTimeout(() => {
      this.#viewTimer = null;
      const views = this.#watchers.map(({ machine }) => machine.view());
      const contacts = views.flatMap((view) => view.contacts.map((it) => ({ ...it, offers: it.offers.map((offer) => ({ ...offer, seen: this.#around.seen(it.id, offer.id) })) })));
      const view: WatchView = { why: views.find(({ why }) => why !== null)?.why ?? null, relay: views.every(({ relay }) => relay), contacts };
      this.#around.post({ type: "watch.view", view });
    }, viewMs);
  }
}
