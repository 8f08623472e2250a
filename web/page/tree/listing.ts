// The sender's list as the page shows it: fetched from the core in windows, laid
// out as rows, searched and chosen from.
//
//	core ── windows ──> Entries ──> Layouts ──> Rows ──> views/tree.tsx
//	                       │            └─ Search
//	                       └─ Choice ──> pairs, when Receive is pressed
//
// Nothing here runs longer than a slice (slices.ts), and loading waits while
// nobody looks.
//
// Decisions
//   2026-11-25  Rows are made anew as a whole, never patched: it is done in
//               slices, and a patch that goes wrong shows a file twice.
//   2026-11-25  While the list arrives, rows follow at most three times a second,
//               and less often where making them takes long.

import { signal } from "@preact/signals";
import type { ToCore } from "../../shared/messages.ts";
import type { Choice as Said, ListEntry } from "../../shared/views.ts";
import { Choice, type Tick } from "./choice.ts";
import { Entries } from "./entries.ts";
import { type Id, Layouts } from "./layout.ts";
import { flattened, isOpen, opens, Rows, type Shown } from "./rows.ts";
import { Search } from "./search.ts";
import { Slices } from "./slices.ts";
import { States } from "./states.ts";

/** Entries in one answer of the core. */
const windowSize = 1000;
/** Least time between two makings of the rows because something arrived, ms. */
const pause = 300;
/** And how many times as long as the last one took. */
const rest = 5;

/** What is wanted, in numbers. */
export interface Chosen {
  files: number;
  bytes: number;
  of: number;
  everything: boolean;
  nothing: boolean;
  withJunk: boolean;
}

/** What was looked for. */
export interface Found {
  text: string;
  count: number;
  /** False while names are left to look at. */
  done: boolean;
}

interface Environment {
  later(go: () => void, ms: number): void;
  now(): number;
  /** False while nobody can see the page. */
  visible(): boolean;
}

const browser: Environment = {
  later: (go, ms) => setTimeout(go, ms),
  now: () => performance.now(),
  visible: () => document.visibilityState === "visible",
};

export class Listing {
  readonly entries = new Entries();
  readonly layouts = new Layouts(this.entries);
  readonly states: States;
  /** Entries up to this one were there when all of it was received before; null: it never was. */
  #since: number | null = null;
  /** What came since, by the folder it is somewhere below, in files and empty folders; 0 is the whole list. */
  readonly #news = new Map<number, number>();
  /** What arrives goes into a download: it is checked on the way, and nobody looks back. */
  streamed = false;

  // What views are drawn from.
  readonly rows = signal(new Rows());
  readonly found = signal<Found | null>(null);
  readonly chosen = signal<Chosen>({ files: 0, bytes: 0, of: 0, everything: true, nothing: false, withJunk: true });

  readonly #ask: (message: ToCore) => void;
  readonly #environment: Environment;
  readonly #slices: Slices;
  readonly #choice = new Choice(this.entries);
  #known = 0; // entries the core has
  #complete = false; // nothing will come after those
  #asked = false;

  #search: Search | null = null;
  #toggled = new Set<Id>();
  #toggledFound = new Set<Id>();
  #shown = 0; // entries that the rows know of
  #due = -Infinity; // when rows may be made again because something arrived
  #waiting = false;

  constructor(ask: (message: ToCore) => void, environment: Environment = browser) {
    this.#ask = ask;
    this.#environment = environment;
    this.#slices = new Slices((go) => environment.later(go, 0), () => environment.now());
    this.states = new States((from, count) => ask({ type: "states.read", from, count }));
  }

  // ------------------------------------------------------------------ loading

  /** The core has this many entries now; `complete` when it has all. */
  grow(known: number, complete: boolean): void {
    this.#known = known;
    this.#complete = complete;
    this.#askNext();
  }

  /** The answer to a list.read. */
  add(entries: readonly ListEntry[]): void {
    this.#asked = false;
    let added = false;
    for (const entry of entries) {
      if (!this.entries.add(entry)) continue;
      added = true;
      this.#countNew(entry);
    }
    if (!added) return; // it came twice
    this.#choice.grow();
    this.#askNext();
    this.#follow();
  }

  /** Somebody looks again. */
  resume(): void {
    this.#askNext();
    this.#follow();
  }

  #askNext(): void {
    const missing = this.#known - this.entries.count;
    if (this.#asked || missing <= 0 || !this.#environment.visible()) return;
    this.#asked = true;
    this.#ask({ type: "list.read", from: this.entries.count + 1, count: Math.min(windowSize, missing) });
  }

  // --------------------------------------------------------------------- news

  /** This was received before, when the list ended with this entry. Comes before the list. */
  receivedTo(entry: number): void {
    this.#since = entry;
  }

  /** True where it was, and what came since can be told from the rest. */
  get again(): boolean {
    return this.#since !== null;
  }

  /** The whole list is here: what is new in it can be chosen. */
  get whole(): boolean {
    return this.#complete && this.entries.count === this.#known;
  }

  /** How many files came since, below a folder or of a shot; of a file 1 or 0. */
  news(id: Id): number {
    if (this.#since === null) return 0;
    if (id < 0) return this.layouts.sequence(id).members.filter((i) => this.#isNew(i)).length;
    return id === 0 || this.entries.isDir(id) ? (this.#news.get(id) ?? 0) : this.#isNew(id) ? 1 : 0;
  }

  #isNew(i: number): boolean {
    return this.#since !== null && i > this.#since;
  }

  #countNew({ index, kind }: ListEntry): void {
    if (!this.#isNew(index) || kind !== "file") return;
    for (let i = index; i !== 0; ) {
      i = this.entries.parent(i);
      this.#news.set(i, (this.#news.get(i) ?? 0) + 1);
    }
  }

  /** Wants what came since, and nothing else. The whole list has to be here. */
  chooseNew(): void {
    this.#choice.set(0, false);
    const { withJunk } = this.#choice;
    for (let i = (this.#since ?? 0) + 1; i <= this.entries.count; i++) {
      const through = this.entries.isDir(i) && this.entries.children(i) > 0; // what is in it follows by itself
      if (!through && !this.entries.isGone(i) && (withJunk || !this.entries.isJunk(i))) this.#choice.set(i, true);
    }
    this.#tellChosen();
  }

  // --------------------------------------------------------------------- rows

  isOpen(id: Id): boolean {
    return isOpen(this.#view(), id);
  }

  opens(id: Id): boolean {
    return opens(this.#view(), id);
  }

  toggle(id: Id): void {
    if (!this.opens(id)) return;
    this.#flip(id);
    this.#make(false);
  }

  /** Opens everything beside the row at this place, and it. */
  openSiblings(at: number): void {
    const rows = this.rows.value;
    const level = rows.level(at);
    for (let i = rows.above(at) + 1; i < rows.length && rows.level(i) >= level; i++) {
      const id = rows.id(i);
      if (rows.level(i) === level && this.opens(id) && !this.isOpen(id)) this.#flip(id);
    }
    this.#make(false);
  }

  /** Shows what has this in its name, and where it is; without any text everything. */
  find(text: string): void {
    this.#toggledFound = new Set();
    this.#search = text.trim() === "" ? null : new Search(this.entries, text);
    this.found.value = this.#search === null ? null : { text, count: 0, done: false };
    this.#make(false);
  }

  #view(): Shown {
    return { entries: this.entries, layouts: this.layouts, toggled: this.#flipped, search: this.#search };
  }

  /** What is open otherwise than by itself; a search has its own. */
  get #flipped(): Set<Id> {
    return this.#search === null ? this.#toggled : this.#toggledFound;
  }

  #flip(id: Id): void {
    if (!this.#flipped.delete(id)) this.#flipped.add(id);
  }

  /** Makes rows of what arrived, soon. */
  #follow(): void {
    if (this.#waiting || this.#slices.busy || this.#shown === this.entries.count || !this.#environment.visible()) return;
    const wait = this.#due - this.#environment.now();
    if (wait <= 0) return this.#make(true);
    this.#waiting = true;
    this.#environment.later(() => {
      this.#waiting = false;
      this.#follow();
    }, wait);
  }

  #make(fresh: boolean): void {
    const began = this.#environment.now();
    const shown = this.entries.count;
    this.#slices.run(this.#work(fresh), (rows) => {
      this.rows.value = rows;
      if (fresh) this.#shown = shown;
      const now = this.#environment.now();
      this.#due = now + Math.max(pause, rest * (now - began));
      this.#tellChosen();
      this.#follow();
    });
  }

  *#work(fresh: boolean): Generator<void, Rows> {
    const search = this.#search;
    if (search !== null) {
      yield* search.look();
      this.found.value = { text: this.found.value?.text ?? "", count: search.count, done: true };
    }
    return yield* flattened(this.#view(), fresh);
  }

  // ------------------------------------------------------------------- choice

  tick(id: Id): Tick {
    return id < 0 ? this.#choice.tickOf(this.layouts.sequence(id).members) : this.#choice.tick(id);
  }

  /** Wants this and all in it, or not. 0 is everything. */
  choose(id: Id, on: boolean): void {
    for (const i of id < 0 ? this.layouts.sequence(id).members : [id]) this.#choice.set(i, on);
    this.#tellChosen();
  }

  chooseFound(on: boolean): void {
    for (const i of this.#search?.all() ?? []) this.#choice.set(i, on);
    this.#tellChosen();
  }

  /** What was found and nothing else: where all is ticked from the start, adding would do nothing. */
  chooseOnlyFound(): void {
    this.#choice.set(0, false);
    this.chooseFound(true);
  }

  chooseJunk(on: boolean): void {
    this.#choice.setJunk(on);
    this.#tellChosen();
  }

  /** The choice as the core takes it. */
  pairs(): Said[] {
    return this.#choice.pairs(this.whole);
  }

  #tellChosen(): void {
    const { files, bytes, everything, nothing, withJunk } = this.#choice;
    this.chosen.value = { files, bytes, of: this.entries.files(0), everything, nothing, withJunk };
  }
}
