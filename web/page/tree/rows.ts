// The rows of the list from top to bottom: what is open, flattened. Typed
// arrays, so that 500,000 rows are 7 MB and a toggle copies them in a moment.

import type { Entries } from "./entries.ts";
import type { Id, Layouts } from "./layout.ts";
import type { Search } from "./search.ts";

/** Rows walked between two looks at the clock. */
const stride = 1024;

/** What can be said of a row by its place. */
export class Rows {
  length = 0;
  #ids = new Int32Array(256);
  #levels = new Uint8Array(256);
  #places = new Uint32Array(256); // among its siblings, from 1
  #siblings = new Uint32Array(256);

  push(id: Id, level: number, place: number, siblings: number): void {
    const at = this.length++;
    if (at >= this.#ids.length) this.#grow();
    this.#ids[at] = id;
    this.#levels[at] = level;
    this.#places[at] = place;
    this.#siblings[at] = siblings;
  }

  id(at: number): Id {
    return at < this.length ? (this.#ids[at] ?? 0) : 0;
  }

  /** 1 for what is directly in the share. */
  level(at: number): number {
    return this.#levels[at] ?? 1;
  }

  place(at: number): number {
    return this.#places[at] ?? 1;
  }

  siblings(at: number): number {
    return this.#siblings[at] ?? 1;
  }

  /** Where this is, or -1. */
  find(id: Id): number {
    return this.#ids.subarray(0, this.length).indexOf(id);
  }

  /** The row this one is in, or -1. */
  above(at: number): number {
    const level = this.level(at) - 1;
    for (let i = at - 1; i >= 0; i--) if (this.level(i) === level) return i;
    return -1;
  }

  #grow(): void {
    const length = this.#ids.length * 2;
    const [ids, levels, places, siblings] = [new Int32Array(length), new Uint8Array(length), new Uint32Array(length), new Uint32Array(length)];
    ids.set(this.#ids);
    levels.set(this.#levels);
    places.set(this.#places);
    siblings.set(this.#siblings);
    [this.#ids, this.#levels, this.#places, this.#siblings] = [ids, levels, places, siblings];
  }
}

/** What rows are made from. */
export interface Shown {
  entries: Entries;
  layouts: Layouts;
  /** Opened or closed against what is usual. */
  toggled: ReadonlySet<Id>;
  search: Search | null;
}

/** True for what can be opened. */
export function opens({ entries }: Shown, id: Id): boolean {
  return id < 0 || (entries.isDir(id) && entries.children(id) > 0);
}

/**
 * Folders are closed, but one that is the whole share, and while something is
 * looked for those that lead to it.
 */
export function isOpen({ entries, toggled, search }: Shown, id: Id): boolean {
  const usual = search === null ? id > 0 && entries.parent(id) === 0 && entries.children(0) === 1 : id > 0 && search.leadsTo(id);
  return usual !== toggled.has(id);
}

/** Makes the rows. `fresh` puts entries that came since into folders that were shown before. */
export function* flattened(shown: Shown, fresh: boolean): Generator<void, Rows> {
  const rows = new Rows();
  yield* fill(rows, shown, fresh, yield* inside(shown, 0, fresh, false), 1, false);
  return rows;
}

/** `whole`: below a folder that was found by its own name everything is shown. */
function* fill(rows: Rows, shown: Shown, fresh: boolean, ids: readonly Id[], level: number, whole: boolean): Generator<void> {
  for (const [n, id] of ids.entries()) {
    rows.push(id, level, n + 1, ids.length);
    if (rows.length % stride === 0) yield;
    if (!opens(shown, id) || !isOpen(shown, id)) continue;
    const below = whole || (shown.search !== null && id > 0 && !shown.search.leadsTo(id));
    yield* fill(rows, shown, fresh, yield* inside(shown, id, fresh, below), level + 1, below);
  }
}

function* inside({ entries, layouts, search }: Shown, id: Id, fresh: boolean, whole: boolean): Generator<void, readonly Id[]> {
  if (id < 0) return layouts.sequence(id).members;
  const all = yield* layouts.rows(id, fresh);
  if (search === null || whole) return all;
  const found: Id[] = [];
  for (const [n, row] of all.entries()) {
    if (n % stride === stride - 1) yield;
    if (row > 0) {
      if (search.has(row) || (entries.isDir(row) && search.leadsTo(row))) found.push(row);
      continue;
    }
    // Folded only where all of it was found: a part of it would seem to have gaps.
    const members = layouts.sequence(row).members.filter((m) => search.has(m));
    if (members.length === layouts.sequence(row).members.length) found.push(row);
    else for (const member of members) found.push(member); // spread, 150,000 are too many arguments
  }
  return found;
}
