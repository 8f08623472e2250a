// How far each file is, asked of the core only for the rows that are on screen.

import { signal } from "@preact/signals";
import { type FileState, fileStates } from "../../shared/views.ts";

/** Ranges that lie closer are asked for as one. */
const near = 64;
/** Frames of one sequence asked for at most: beyond this its row says nothing. */
export const framesAsked = 20_000;

type Ask = (from: number, count: number) => void;

export class States {
  readonly #ask: Ask;
  /** Code and 1, 0 for one that is not known. */
  #codes = new Uint8Array(1024);
  /** Changes with every answer. */
  readonly told = signal(0);

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Asks for these entries, whatever is known of them: they change. */
  want(indexes: readonly number[]): void {
    for (const [from, to] of ranges(indexes)) this.#ask(from, to - from + 1);
  }

  /** The answer. */
  add(from: number, codes: Uint8Array): void {
    const end = from + codes.length;
    if (end > this.#codes.length) {
      const longer = new Uint8Array(Math.max(end, this.#codes.length * 2));
      longer.set(this.#codes);
      this.#codes = longer;
    }
    let changed = false;
    for (const [n, code] of codes.entries()) {
      if (this.#codes[from + n] === code + 1) continue;
      this.#codes[from + n] = code + 1;
      changed = true;
    }
    if (changed) this.told.value++;
  }

  of(index: number): FileState | null {
    const code = this.#codes[index] ?? 0;
    return code === 0 ? null : (fileStates[code - 1] ?? null);
  }
}

/** What covers these indexes, both ends included, in few pieces. */
export function ranges(indexes: readonly number[]): [from: number, to: number][] {
  const out: [number, number][] = [];
  for (const i of [...indexes].sort((a, b) => a - b)) {
    const last = out.at(-1);
    if (last !== undefined && i - last[1] <= near) last[1] = Math.max(last[1], i);
    else out.push([i, i]);
  }
  return out;
}
