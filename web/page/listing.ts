// The sender's list as the page shows it: fetched from the core in windows,
// kept in columns, and only as far as somebody looks.

import { signal } from "@preact/signals";
import type { ListEntry, ToCore } from "../shared/messages.ts";

/** Entries in one answer of the core. */
const windowSize = 1000;
/** Entries loaded without being asked: a list of this length still opens at once. */
const loadedByItself = 20_000;

export interface Row {
  index: number;
  kind: "file" | "dir";
  name: string;
  localName: string | null;
  size: number;
}

export class Listing {
  readonly #ask: (message: ToCore) => void;
  readonly #rows: (Row | null)[] = []; // null: taken back
  readonly #children = new Map<number, Row[]>(); // by index of the parent
  #limit = loadedByItself;
  #known = 0; // entries the core has
  #asked = false;

  /** Changes with every window that arrives: views read it to be drawn anew. */
  readonly loaded = signal(0);

  constructor(ask: (message: ToCore) => void) {
    this.#ask = ask;
  }

  /** The core has this many entries now. */
  grow(known: number): void {
    this.#known = known;
    this.#askNext();
  }

  /** The answer to a list.read. */
  add(entries: readonly ListEntry[]): void {
    this.#asked = false;
    for (const { index, parent, kind, name, localName, size } of entries) {
      if (index !== this.#rows.length + 1) continue; // a window that came twice
      if (kind === "gone") {
        this.#rows.push(null);
        continue;
      }
      const row: Row = { index, kind, name, localName, size };
      this.#rows.push(row);
      const siblings = this.#children.get(parent);
      if (siblings === undefined) this.#children.set(parent, [row]);
      else siblings.push(row);
    }
    this.loaded.value = this.#rows.length;
    if (entries.length > 0) this.#askNext();
  }

  /** What lies directly in the directory with this index; 0 is the share itself. */
  below(index: number): readonly Row[] {
    return this.#children.get(index) ?? [];
  }

  /** Entries the core has and the page did not load. */
  get rest(): number {
    return this.#known - this.#rows.length;
  }

  /** True when the rest comes only if somebody asks. */
  get atLimit(): boolean {
    return this.rest > 0 && this.#rows.length >= this.#limit;
  }

  loadMore(): void {
    this.#limit += loadedByItself;
    this.#askNext();
  }

  #askNext(): void {
    if (this.#asked || this.rest <= 0 || this.#rows.length >= this.#limit) return;
    this.#asked = true;
    this.#ask({ type: "list.read", from: this.#rows.length + 1, count: Math.min(windowSize, this.rest) });
  }
}
