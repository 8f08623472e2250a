// What is being shared, as the page knows it: entries go to the core in running
// order and in batches, and only what is needed to find a file again stays here.

import { EntriesBrowser } from "../wire/wire.ts";
import type { Source } from "../shared/messages.ts";
import type { Root, Walked } from "./state.ts";

/** Entries in one message to the core. */
const batchSize = 1000;
/** The list of top-level things is for people; beyond this only their number is shown. */
const rootsShown = 200;

interface Hooks {
  /** Gets entries in running order. */
  add(sources: Source[]): void;
  /** Gets the counts, after each batch. */
  found(walked: Walked): void;
}

/** More entries than a browser can share. */
export class TooMany extends Error {}

/** Collects the entries of one share. */
export class Sources {
  readonly #hooks: Hooks;
  #batch: Source[] = [];
  // By index; 0 is the share itself. Kept to find a file again by its path.
  readonly #parents: number[] = [0];
  readonly #names: string[] = [""];
  /** The dropped entries, by index. Chosen files have none: the browser can't give a fresh one. */
  readonly #dropped = new Map<number, FileSystemEntry>();
  readonly #roots: Root[] = [];
  readonly #rootOf: number[] = [-1]; // index into #roots
  #files = 0;
  #dirs = 0;
  #bytes = 0;
  #unreadable = 0;
  #rootCount = 0;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  addDir(parent: number, name: string, dropped?: FileSystemEntry): number {
    this.#dirs++;
    return this.#add({ parent, kind: "dir", name }, 0, dropped);
  }

  addFile(parent: number, file: File, dropped?: FileSystemEntry): void {
    this.#files++;
    this.#bytes += file.size;
    this.#add({ parent, kind: "file", name: file.name, file }, file.size, dropped);
  }

  /** Counts something the browser would not read. */
  skip(): void {
    this.#unreadable++;
  }

  /** Sends what is collected. */
  flush(): void {
    if (this.#batch.length > 0) this.#hooks.add(this.#batch);
    this.#batch = [];
    this.#hooks.found(this.walked());
  }

  walked(): Walked {
    return {
      roots: this.#roots.map((root) => ({ ...root })),
      more: this.#rootCount - this.#roots.length,
      files: this.#files,
      dirs: this.#dirs,
      bytes: this.#bytes,
      unreadable: this.#unreadable,
    };
  }

  /** A fresh File of the same place, or null where there is none any more. */
  async refresh(index: number): Promise<File | null> {
    const path: string[] = [];
    let at = index;
    while (at > 0 && !this.#dropped.has(at)) {
      path.unshift(this.#names[at] ?? "");
      at = this.#parents[at] ?? 0;
    }
    const entry = this.#dropped.get(at);
    if (entry === undefined) return null;
    try {
      return path.length === 0 ? await fileOf(entry as FileSystemFileEntry) : await fileOf(await fileBelow(entry as FileSystemDirectoryEntry, path));
    } catch {
      return null;
    }
  }

  #add(source: Source, bytes: number, dropped?: FileSystemEntry): number {
    const index = this.#names.length;
    if (index > EntriesBrowser) throw new TooMany();
    this.#names.push(source.name);
    this.#parents.push(source.parent);
    if (dropped !== undefined) this.#dropped.set(index, dropped);
    this.#count(source, bytes);
    this.#batch.push(source);
    if (this.#batch.length >= batchSize) this.flush();
    return index;
  }

  #count(source: Source, bytes: number): void {
    let at = this.#rootOf[source.parent] ?? -1;
    if (source.parent === 0) {
      this.#rootCount++;
      at = this.#roots.length < rootsShown ? this.#roots.push({ name: source.name, kind: source.kind, files: 0, bytes: 0 }) - 1 : -1;
    }
    this.#rootOf.push(at);
    const root = this.#roots[at];
    if (root === undefined || source.kind !== "file") return;
    root.files++;
    root.bytes += bytes;
  }
}

/** The File behind an entry of a drop. */
export function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function fileBelow(dir: FileSystemDirectoryEntry, path: string[]): Promise<FileSystemFileEntry> {
  return new Promise((resolve, reject) => dir.getFile(path.join("/"), {}, (entry) => resolve(entry as FileSystemFileEntry), reject));
}
