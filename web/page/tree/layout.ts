// What is directly in a folder, as rows: folders first, then files and folded
// sequences, in natural order. Made when a folder is opened and kept.

import type { Entries } from "./entries.ts";
import { sorted } from "./order.ts";
import { folded, keyOf, type Sequence, sequenceName } from "./sequence.ts";

/**
 * What a row stands for: the index of an entry, or below 0 a sequence. A
 * sequence keeps its id when more of its frames are listed.
 */
export type Id = number;

interface Layout {
  rows: readonly Id[];
  /** Entries of the folder when it was made. */
  of: number;
}

export class Layouts {
  readonly #entries: Entries;
  readonly #made = new Map<Id, Layout>();
  readonly #sequences: Sequence[] = []; // id -1 is the first
  readonly #folders: number[] = []; // of the sequences
  readonly #ids = new Map<string, Id>();

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** The sequence with this id. */
  sequence(id: Id): Sequence {
    const found = this.#sequences[-id - 1];
    if (found === undefined) throw new Error(`no sequence ${id}`);
    return found;
  }

  /** The folder something is in. */
  parent(id: Id): number {
    return id < 0 ? (this.#folders[-id - 1] ?? 0) : this.#entries.parent(id);
  }

  nameOf(id: Id): string {
    return id < 0 ? sequenceName(this.sequence(id)) : this.#entries.name(id);
  }

  /** Rows of a folder. `fresh` makes them anew where entries came since. */
  *rows(folder: number, fresh: boolean): Generator<void, readonly Id[]> {
    const kept = this.#made.get(folder);
    const of = this.#entries.children(folder);
    if (kept !== undefined && (!fresh || kept.of === of)) return kept.rows;
    const rows = yield* this.#make(folder);
    this.#made.set(folder, { rows, of });
    return rows;
  }

  *#make(folder: number): Generator<void, readonly Id[]> {
    const [dirs, files]: [number[], number[]] = [[], []];
    for (let at = this.#entries.lastBelow(folder); at !== 0; at = this.#entries.previous(at)) {
      (this.#entries.isDir(at) ? dirs : files).push(at);
      if ((dirs.length + files.length) % 4096 === 0) yield;
    }
    // The chain has the last one first.
    dirs.reverse();
    files.reverse();
    const name = (id: number): string => this.#entries.name(id);
    const { sequences, single } = yield* folded(files, name);
    const ids = single.concat(sequences.map((s) => this.#idOf(folder, s)));
    // A sequence stands where its first frame would.
    const order = (id: Id): string => (id < 0 ? name(this.sequence(id).members[0] ?? 0) : name(id));
    return (yield* sorted(dirs, name)).concat(yield* sorted(ids, order));
  }

  #idOf(folder: number, sequence: Sequence): Id {
    const key = `${folder}/${keyOf(sequence)}`;
    const known = this.#ids.get(key);
    if (known !== undefined) {
      this.#sequences[-known - 1] = sequence;
      return known;
    }
    const id = -this.#sequences.push(sequence);
    this.#folders.push(folder);
    this.#ids.set(key, id);
    return id;
  }
}
