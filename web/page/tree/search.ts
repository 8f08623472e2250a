// Finding names: a piece of a name, whatever its case and accents.

import type { Entries } from "./entries.ts";
import { longer } from "./entries.ts";

/** Names looked at between two looks at the clock. */
const stride = 256;

const accents = /\p{M}+/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
const plain = /^[\x00-\x7f]*$/;

/** A name as it is compared: "Größe" and "GRO\u0308ßE" are the same. */
export function comparable(name: string): string {
  return plain.test(name) ? name.toLowerCase() : name.normalize("NFKD").replace(accents, "").toLowerCase();
}

/** One search, which goes on as the list grows. */
export class Search {
  readonly #entries: Entries;
  readonly #wanted: string;
  #marks = new Uint8Array(1024);
  #looked = 0; // entries up to this one
  #found = 0;

  constructor(entries: Entries, text: string) {
    this.#entries = entries;
    this.#wanted = comparable(text.trim());
  }

  /** Looks at what was not looked at. */
  *look(): Generator<void> {
    while (this.#looked < this.#entries.count) {
      const i = ++this.#looked;
      if (i % stride === 0) yield;
      if (i >= this.#marks.length) this.#marks = longer(this.#marks, new Uint8Array(this.#marks.length * 2));
      if (this.#entries.isGone(i) || !comparable(this.#entries.name(i)).includes(this.#wanted)) continue;
      this.#found++;
      this.#marks[i] = this.#mark(i) | matches;
      for (let at = this.#entries.parent(i); at !== 0 && (this.#mark(at) & leads) === 0; at = this.#entries.parent(at)) {
        this.#marks[at] = this.#mark(at) | leads;
      }
    }
  }

  /** Entries found so far. */
  get count(): number {
    return this.#found;
  }

  /** True for what has the text in its name. */
  has(i: number): boolean {
    return (this.#mark(i) & matches) !== 0;
  }

  /** True for a folder with something found in it. */
  leadsTo(i: number): boolean {
    return (this.#mark(i) & leads) !== 0;
  }

  /** All that was found. */
  *all(): Generator<number> {
    for (let i = 1; i <= this.#looked; i++) if (this.has(i)) yield i;
  }

  #mark(i: number): number {
    return this.#marks[i] ?? 0;
  }
}

const matches = 1;
const leads = 2;
