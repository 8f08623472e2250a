// What of contacts' shares the person has seen and taken: how much was listed then.
// Entries of a share keep their numbers (wasm/PROTOCOL.md g.2), so one number says
// what came since. It is sealed by the book: it would say whom the person knows.
//
//	list shown, all taken ──▶ Seen ── sealed ──▶ vault        offers ──▶ Seen ──▶ what is new

import { offerLink } from "../shared/messages.ts";
import { InTurn } from "./inturn.ts";
import type { Beside } from "./people.ts";
import type { Vault } from "./vault.ts";

/** Shares that are remembered, those that were looked at last. */
export const seenMost = 1000;

const place = "seen";

/** Of one share, by what opens it. */
interface Mark {
  /** Entries that were listed when the person looked last. */
  seen: number;
  /** Likewise when they had received what they wanted of it; 0: never. */
  taken: number;
  /** When that was, unix ms. */
  at: number;
}

type Marks = Map<string, Mark>;

interface Around {
  vault: Promise<Vault | null>;
  beside: Beside;
  /** Runs f while no other tab writes. */
  alone<T>(f: () => Promise<T>): Promise<T>;
  /** Tells the other tabs that something was written. */
  tell(): void;
  /** Something is new, or no longer. */
  changed(): void;
}

export class Seen {
  readonly #around: Around;
  readonly #vault: InTurn;
  #marks: Marks = new Map();
  /** Contacts in the book; null: none was open yet. */
  #contacts: ReadonlySet<string> | null = null;

  constructor(around: Around) {
    this.#around = around;
    this.#vault = new InTurn(around.vault);
  }

  /** Everybody in the book: what is kept of anybody else is forgotten. Reads what other tabs wrote, too. */
  known(contacts: readonly string[]): void {
    this.#contacts = new Set(contacts);
    void this.#vault.do(async (vault) => {
      const before = this.#read(await vault.seen());
      this.#merge(before);
      if (this.#prune(before)) await this.#write(vault);
      this.#around.changed();
    });
    this.#prune(this.#marks);
  }

  /** How many entries were listed when the person looked last; null: they never did. */
  of(contact: string, share: string): number | null {
    return this.#marks.get(offerLink(contact, share))?.seen ?? null;
  }

  /** And when they had taken it; 0: never. Waits until what is kept has been read. */
  async taken(link: string): Promise<number> {
    await this.#vault.do(async () => undefined);
    return this.#marks.get(link)?.taken ?? 0;
  }

  /** The list of a contact's share is shown; `took`: all that was wanted of it has arrived. */
  saw(link: string, entries: number, took: boolean): void {
    const before = this.#marks.get(link);
    if (before !== undefined && before.seen >= entries && (!took || before.taken >= entries)) return;
    this.#marks.set(link, { seen: Math.max(entries, before?.seen ?? 0), taken: took ? entries : (before?.taken ?? 0), at: Date.now() });
    void this.#vault.do((vault) => this.#write(vault));
    this.#around.changed();
  }

  #write(vault: Vault): Promise<void> {
    return this.#around.alone(async () => {
      this.#merge(this.#read(await vault.seen()));
      this.#prune(this.#marks);
      const box = this.#around.beside.seal(place, [...this.#marks]);
      if (box === null) return;
      await vault.putSeen(box);
      this.#around.tell();
    });
  }

  #read(box: Uint8Array | null): Marks {
    // What opens was written by this code.
    return new Map((box === null ? null : (this.#around.beside.open(place, box) as [string, Mark][] | null)) ?? []);
  }

  #merge(other: Marks): void {
    for (const [link, mark] of other) {
      const own = this.#marks.get(link);
      this.#marks.set(link, own === undefined ? mark : { seen: Math.max(own.seen, mark.seen), taken: Math.max(own.taken, mark.taken), at: Math.max(own.at, mark.at) });
    }
    this.#prune(this.#marks);
  }

  /** Forgets whom the person removed, and what was looked at longest ago. True: something was. */
  #prune(marks: Marks): boolean {
    const before = marks.size;
    for (const link of marks.keys()) if (this.#contacts !== null && !this.#contacts.has(link.slice(1, link.indexOf(" ")))) marks.delete(link);
    const oldest = [...marks].sort(([, a], [, b]) => a.at - b.at);
    for (const [link] of oldest.slice(0, Math.max(0, marks.size - seenMost))) marks.delete(link);
    return marks.size < before;
  }
}
