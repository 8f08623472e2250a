// The sender's list in columns: an object an entry would take five times the
// memory and make the browser collect garbage while the list is scrolled.
//
// What the whole list costs is held by cost.test.ts.

import type { ListEntry } from "../../shared/views.ts";

const isDirFlag = 1;
const isGoneFlag = 2;
const isJunkFlag = 4;

/** A smaller file is there before anybody has looked at its parts, bytes. */
const partsFrom = 64 << 20;

/** What a computer keeps for itself beside people's files. */
export function isJunk(name: string): boolean {
  return name.startsWith("._") || name === ".DS_Store" || name === "Thumbs.db" || name === "desktop.ini";
}

export class Entries {
  /** Entries there are; the last has this index. 0 is the share itself. */
  #count = 0;
  #parent = new Uint32Array(1024);
  #flags = new Uint8Array(1024);
  /** Of a file its own, of a folder everything below it. */
  #bytes = new Float64Array(1024);
  #files = new Uint32Array(1024); // below
  #children = new Uint32Array(1024); // directly below, without those that are gone
  // Children of a folder as a chain, the one that came last first: a folder is sorted when it is opened.
  #last = new Uint32Array(1024);
  #before = new Uint32Array(1024);
  readonly #names: string[] = [""];
  /** Few names land differently. */
  readonly #localNames = new Map<number, string>();
  #junk = { files: 0, bytes: 0 };

  constructor() {
    this.#flags[0] = isDirFlag;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes the next entry; false for one that is there already or out of order. */
  add({ index, parent, kind, name, localName, size }: ListEntry): boolean {
    if (index !== this.#count + 1) return false;
    if (index >= this.#parent.length) this.#grow();
    this.#count = index;
    this.#names.push(name);
    // A parent comes before its children; one that does not is no reason to lose the entry.
    const above = parent < index ? parent : 0;
    this.#parent[index] = above;
    if (kind === "gone") {
      this.#flags[index] = isGoneFlag;
      return true;
    }
    const junk = kind === "file" && isJunk(name);
    this.#flags[index] = (kind === "dir" ? isDirFlag : 0) | (junk ? isJunkFlag : 0);
    if (localName !== null) this.#localNames.set(index, localName);
    this.#before[index] = this.#last[above] ?? 0;
    this.#last[above] = index;
    this.#children[above] = this.children(above) + 1;
    if (kind === "file") this.#countFile(index, size, junk);
    return true;
  }

  name(i: number): string {
    return this.#names[i] ?? "";
  }

  /** The name it gets here, where that differs. */
  localName(i: number): string | null {
    return this.#localNames.get(i) ?? null;
  }

  parent(i: number): number {
    return this.#parent[i] ?? 0;
  }

  isDir(i: number): boolean {
    return ((this.#flags[i] ?? 0) & isDirFlag) !== 0;
  }

  /** Taken out by the sender: its index counts, and nothing else of it. */
  isGone(i: number): boolean {
    return ((this.#flags[i] ?? 0) & isGoneFlag) !== 0;
  }

  isJunk(i: number): boolean {
    return ((this.#flags[i] ?? 0) & isJunkFlag) !== 0;
  }

  /** Bytes of a file, or of everything in a folder. */
  bytes(i: number): number {
    return this.#bytes[i] ?? 0;
  }

  /** Whether it is a file so large that people want to see which parts of it are there. */
  hasParts(i: number): boolean {
    return i > 0 && i <= this.#count && !this.isDir(i) && this.bytes(i) >= partsFrom;
  }

  /** Files in a folder, those in its folders too. */
  files(i: number): number {
    return this.#files[i] ?? 0;
  }

  /** Things directly in a folder. */
  children(i: number): number {
    return this.#children[i] ?? 0;
  }

  /** The last thing in a folder, or 0; `previous` leads on to the others. */
  lastBelow(i: number): number {
    return this.#last[i] ?? 0;
  }

  previous(i: number): number {
    return this.#before[i] ?? 0;
  }

  get junk(): { files: number; bytes: number } {
    return this.#junk;
  }

  #countFile(index: number, size: number, junk: boolean): void {
    this.#bytes[index] = size;
    if (junk) this.#junk = { files: this.#junk.files + 1, bytes: this.#junk.bytes + size };
    for (let at = this.parent(index); ; at = this.parent(at)) {
      this.#bytes[at] = this.bytes(at) + size;
      this.#files[at] = this.files(at) + 1;
      if (at === 0) return;
    }
  }

  #grow(): void {
    const length = this.#parent.length * 2;
    this.#parent = longer(this.#parent, new Uint32Array(length));
    this.#flags = longer(this.#flags, new Uint8Array(length));
    this.#bytes = longer(this.#bytes, new Float64Array(length));
    this.#files = longer(this.#files, new Uint32Array(length));
    this.#children = longer(this.#children, new Uint32Array(length));
    this.#last = longer(this.#last, new Uint32Array(length));
    this.#before = longer(this.#before, new Uint32Array(length));
  }
}

interface Column {
  set(from: this): void;
}

/** The larger column with what the smaller one holds. */
export function longer<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}
