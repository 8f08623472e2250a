// What contacts share with the person: the core looks for it while a page shows it,
// because whoever is looked for can see that.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ToCore } from "../shared/messages.ts";
import type { SeenOffer, WatchedContact, WatchView } from "../shared/views.ts";
import type { PeopleView } from "../shared/people.ts";

/** The person wants to look for what contacts share, on every page that shows it: contacts then learn the address. */
const looking = "beeline-look";

/** What came to a share since the person looked last: all of it, so many files and folders, or nothing. */
export function newsOf({ seen, entries }: SeenOffer): "all" | number {
  return seen === null ? "all" : Math.max(0, entries - seen);
}

/** Their address is shown to nobody but a relay meanwhile, and when they open something. */
const hiding = "beeline-look-hidden";

/** A contact and what they share now. */
export interface Sender {
  id: string;
  petname: string;
  verified: boolean;
  online: boolean;
  offers: WatchedContact["offers"];
}

export class Inbox {
  readonly #view = signal<WatchView | null>(null);
  readonly #people: ReadonlySignal<PeopleView | null>;
  readonly #toCore: (message: ToCore) => void;
  #shown = 0;
  /** Contacts by whom something may come: those who share first, then as they are called. */
  readonly senders: ReadonlySignal<readonly Sender[]>;
  /** How many of the shares are new, or have something new in them. */
  readonly news: ReadonlySignal<number>;
  /** It is known what they share: the view is one of a connection that stands. */
  readonly heard = computed(() => this.#view.value?.why === null);
  /** Why nothing is heard of anybody. */
  readonly why = computed(() => this.#view.value?.why ?? null);
  readonly #looks = signal(stored(looking));
  /** The person wants it. */
  readonly looks: ReadonlySignal<boolean> = this.#looks;

  readonly #hides = signal(stored(hiding));
  /** They hide their address from those they look for. */
  readonly hides: ReadonlySignal<boolean> = this.#hides;
  /** They do, and there is no relay: nobody can be found. */
  readonly stuck = computed(() => this.#hides.value && this.#view.value?.relay === false);

  constructor(people: ReadonlySignal<PeopleView | null>, toCore: (message: ToCore) => void) {
    this.#people = people;
    this.#toCore = toCore;
    this.senders = computed(() => sendersOf(this.#people.value, this.#view.value));
    this.news = computed(() => this.senders.value.flatMap(({ offers }) => offers).filter((offer) => newsOf(offer) !== 0).length);
  }

  /** A page shows it from now on; returns what ends that. */
  show(): () => void {
    this.#shown++;
    this.#tell();
    return () => {
      this.#shown--;
      this.#tell();
    };
  }

  /** To look from now on, or no more. */
  look(on: boolean): void {
    this.#looks.value = on;
    store(looking, on);
    this.#tell();
  }

  /** To hide the address, from the next connection on. */
  hide(on: boolean): void {
    this.#hides.value = on;
    store(hiding, on);
    this.#tell();
  }

  #tell(): void {
    this.#toCore({ type: "watch", on: this.#shown > 0 && this.#looks.value, hidden: this.#hides.value });
  }

  from(view: WatchView): void {
    this.#view.value = view;
  }

}

function store(key: string, on: boolean): void {
  try {
    if (on) localStorage.setItem(key, "yes");
    else localStorage.removeItem(key);
  } catch {
    // then it holds for this page
  }
}

function stored(key: string): boolean {
  try {
    return localStorage.getItem(key) === "yes";
  } catch {
    return false;
  }
}

/** Names beside what is offered. Whose key changed is met by nobody. */
export function sendersOf(people: PeopleView | null, view: WatchView | null): Sender[] {
  if (people?.at !== "open") return [];
  const found = new Map(view?.contacts.map((contact) => [contact.id, contact]));
  return people.contacts
    .filter(({ state }) => state !== "changed")
    .map(({ id, petname, state }) => ({ id, petname, verified: state === "verified", online: found.get(id)?.online ?? false, offers: found.get(id)?.offers ?? [] }))
    .sort((a, b) => Number(b.offers.length > 0) - Number(a.offers.length > 0) || a.petname.localeCompare(b.petname));
}
