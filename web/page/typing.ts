// A code that somebody is typing: the core reads it, which has the words, and says
// what may be meant. The page only asks and shows.

import type { ToCore } from "../shared/messages.ts";
import type { CodeReading } from "../shared/views.ts";

/** Longer than any code with its signs between; what is pasted is cut there. */
export const codeChars = 80;

export class CodeReader {
  readonly #toCore: (message: ToCore) => void;
  readonly #asked = new Map<number, (reading: CodeReading) => void>();
  /** The code that was tried last: where its words were wrong one of them may be right. */
  tried = "";
  #n = 0;

  constructor(toCore: (message: ToCore) => void) {
    this.#toCore = toCore;
  }

  read(text: string): Promise<CodeReading> {
    const n = ++this.#n;
    return new Promise((resolve) => {
      this.#asked.set(n, resolve);
      this.#toCore({ type: "code.read", n, text });
    });
  }

  answered(n: number, reading: CodeReading): void {
    this.#asked.get(n)?.(reading);
    this.#asked.delete(n);
  }
}

/** The text once a word was chosen for the one under way: with a hyphen where another follows. */
export function completed({ head }: CodeReading, word: string): string {
  const before = head.match(/[a-z]+/gi)?.length ?? 0;
  return `${head}${word}${before < 2 ? "-" : ""}`;
}

/**
 * The text as it is put right while it is typed: what the core made of the words
 * before the one under way, and that one as it stands.
 */
export function putRight(text: string, { head }: CodeReading): string {
  const underWay = text.match(/[a-z]*$/i)?.[0] ?? "";
  return head + (head.endsWith(underWay) && /[a-z]$/i.test(head) ? "" : underWay);
}

/** How many minutes are begun, at least one. */
export function minutesLeft(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 60_000));
}

/** What is shown under the field. */
interface Offered {
  /** The active word; -1: none. */
  at: number;
  open: boolean;
  words: number;
}

/** What a key means there: another active word, to take or to close what is offered; null: nothing but itself. */
export function meant(key: string, { at, open, words }: Offered): number | "take" | "close" | null {
  switch (key) {
    case "ArrowDown": return words === 0 ? null : (at + 1) % words;
    case "ArrowUp": return words === 0 ? null : (at <= 0 ? words : at) - 1;
    case "Escape": return open ? "close" : null;
    case "Enter":
    case "Tab": return open && at >= 0 ? "take" : null; // else they leave the field, as anywhere
    default: return null;
  }
}
