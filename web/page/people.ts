// The person's identity and contacts as the page knows them: what the core shows,
// and questions that have an answer. Nothing is decided here.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { CardLook, ContactView, FromPeople, PeopleAnswer, PeopleQuestion, PeopleView, ToPeople } from "../shared/people.ts";
import type { FailureCode } from "../wire/wire.ts";

/** Where the highest generation that was seen is kept: beside what it is of, not in it. */
const markIn = "beeline-people";

/** A card that came in and waits for the person. */
export type Came = { text: string; look: CardLook };

export class People {
  readonly #view = signal<PeopleView | null>(null);
  readonly view: ReadonlySignal<PeopleView | null> = this.#view;
  readonly came = signal<Came | null>(null);
  /** Why the last thing that was asked for did not happen. */
  readonly trouble = signal<FailureCode | null>(null);
  readonly #toCore: (message: ToPeople) => void;
  readonly #asked = new Map<number, (answer: PeopleAnswer) => void>();
  #asks = 0;

  constructor(toCore: (message: ToPeople) => void) {
    this.#toCore = toCore;
  }

  /** Asks what there is. `card`: what stood in the address, to be looked at afterwards. */
  async open(card: string): Promise<void> {
    await this.ask({ what: "read", mark: mark() });
    if (card !== "") await this.look(card);
  }

  /** A contact by its ID; null: somebody who is none. */
  contact(id: string | null): ContactView | null {
    const view = this.#view.value;
    return (view?.at === "open" ? view.contacts.find((contact) => contact.id === id) : null) ?? null;
  }

  ask(question: PeopleQuestion): Promise<PeopleAnswer> {
    const ask = this.#asks++;
    return new Promise((resolve) => {
      this.#asked.set(ask, resolve);
      this.#toCore({ type: "people", ask, question });
    });
  }

  /** Asks for something that changes something. True: it happened. */
  async change(question: PeopleQuestion): Promise<boolean> {
    this.trouble.value = null;
    const answer = await this.ask(question);
    this.trouble.value = answer.kind === "failed" ? answer.why : null;
    return answer.kind === "done";
  }

  /** Looks at a card that was pasted, scanned or opened. */
  async look(pasted: string): Promise<void> {
    const text = cardIn(pasted);
    this.trouble.value = null;
    this.came.value = null;
    const answer = await this.ask({ what: "look", text });
    if (answer.kind === "failed") this.trouble.value = answer.why;
    if (answer.kind === "look") this.came.value = { text, look: answer.look };
  }

  from(message: Exclude<FromPeople, { type: "people.kdf" }>): void {
    if (message.type === "people.view") {
      this.#view.value = message.view;
      if (message.view.at === "open" && message.view.kept) keepMark(message.view.generation);
      return;
    }
    this.#asked.get(message.ask)?.(message.answer);
    this.#asked.delete(message.ask);
  }

  /** Nothing is kept any more: the next identity begins anew. */
  async erase(): Promise<void> {
    if (await this.change({ what: "erase" })) forgetMark();
  }
}

/** The card in what somebody pasted: a link, the text of a card, or either among other words. */
export function cardIn(pasted: string): string {
  return /bl1\.[\w-]*/.exec(pasted)?.[0] ?? pasted.trim().slice(0, 400);
}

function mark(): number {
  try {
    const kept = Number(localStorage.getItem(markIn));
    return Number.isSafeInteger(kept) && kept > 0 ? kept : 0;
  } catch {
    return 0; // storage is switched off
  }
}

function keepMark(generation: number): void {
  try {
    localStorage.setItem(markIn, String(Math.max(generation, mark())));
  } catch {
    // As above.
  }
}

function forgetMark(): void {
  try {
    localStorage.removeItem(markIn);
  } catch {
    // As above.
  }
}
