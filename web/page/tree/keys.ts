// What a key does in the list: the tree pattern of the ARIA Authoring Practices.

import type { Id } from "./layout.ts";
import type { Rows } from "./rows.ts";
import { comparable } from "./search.ts";

/** Letters that follow each other sooner belong to one word, ms. */
const oneWord = 600;

export type Move =
  | { do: "go"; to: number }
  | { do: "toggle" } // opens what is closed, closes what is open
  | { do: "tick" }
  | { do: "siblings" };

export interface At {
  rows: Rows;
  at: number;
  /** Rows in sight. */
  page: number;
  opens: boolean;
  open: boolean;
}

/** What a key does, or null where it is none of the list's. */
export function moveFor(key: string, { rows, at, page, opens, open }: At): Move | null {
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return { do: "go", to: Math.min(at + 1, last) };
    case "ArrowUp":
      return { do: "go", to: Math.max(at - 1, 0) };
    case "PageDown":
      return { do: "go", to: Math.min(at + page, last) };
    case "PageUp":
      return { do: "go", to: Math.max(at - page, 0) };
    case "Home":
      return { do: "go", to: 0 };
    case "End":
      return { do: "go", to: last };
    case "ArrowRight":
      if (!opens) return { do: "go", to: at };
      return open ? { do: "go", to: Math.min(at + 1, last) } : { do: "toggle" };
    case "ArrowLeft":
      if (opens && open) return { do: "toggle" };
      return { do: "go", to: rows.level(at) === 1 ? at : rows.above(at) };
    case "Enter":
      return opens ? { do: "toggle" } : { do: "go", to: at };
    case " ":
      return { do: "tick" };
    case "*":
      return { do: "siblings" };
    default:
      return null;
  }
}

/** True for the key that empties the search: Firefox has none of its own. */
export function clears(key: string): boolean {
  return key === "Escape";
}

/** Goes to a name by its first letters. */
export class TypeAhead {
  #typed = "";
  #at = -Infinity;

  /** Where the letter leads from the row at `at`; -1 for nowhere. */
  type(letter: string, now: number, rows: Rows, at: number, name: (id: Id) => string): number {
    const again = now - this.#at > oneWord;
    // The same letter over and over walks through the names that begin with it.
    this.#typed = again || this.#typed === letter ? letter : this.#typed + letter;
    this.#at = now;
    const wanted = comparable(this.#typed);
    const from = wanted.length === 1 ? at + 1 : at;
    for (let n = 0; n < rows.length; n++) {
      const i = (from + n) % rows.length;
      // A letter and its accents are few characters: the rest of a long name need not be looked at.
      if (comparable(name(rows.id(i)).slice(0, wanted.length * 4)).startsWith(wanted)) return i;
    }
    return -1;
  }
}
