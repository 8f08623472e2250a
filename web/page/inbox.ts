// What contacts share with the person: the core looks for it while a page shows it,
// because whoever is looked for can see that.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { offerLink, type ToCore, type WatchedContact, type WatchView } from "../shared/messages.ts";
import type { PeopleView } from "../shared/people.ts";

/** Stands for the click on Open through the loading of the page that receives, in this tab only. */
const opening = "beeline-open";

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
  /** Why nothing is heard of anybody. */
  readonly why = computed(() => this.#view.value?.why ?? null);

  constructor(people: ReadonlySignal<PeopleView | null>, toCore: (message: ToCore) => void) {
    this.#people = people;
    this.#toCore = toCore;
    this.senders = computed(() => sendersOf(this.#people.value, this.#view.value));
  }

  /** A page shows it from now on; returns what ends that. */
  show(hidden: boolean): () => void {
    if (this.#shown++ === 0) this.#toCore({ type: "watch", on: true, hidden });
    return () => {
      if (--this.#shown === 0) this.#toCore({ type: "watch", on: false, hidden: false });
    };
  }

  from(view: WatchView): void {
    this.#view.value = view;
  }

  /** Goes to the page that receives it. The click on Open is all that page waits for. */
  open(contact: string, share: string): void {
    const link = offerLink(contact, share);
    sessionStorage.setItem(opening, link);
    location.assign(`/r#${encodeURIComponent(link)}`);
    if (location.pathname === "/r") location.reload(); // only the fragment differs
  }
}

/** True once, where Open was pressed for this. */
export function pressedOpen(link: string): boolean {
  const pressed = sessionStorage.getItem(opening) === link;
  sessionStorage.removeItem(opening);
  return pressed;
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
