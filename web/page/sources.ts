// What is being shared, as the page knows it: entries go to the core in running
// order and in batches, and only what is needed to find a file again stays here.

import { EntriesBrowser } from "../wire/wire.ts";
import type { Source } from "../shared/messages.ts";
import type { SharedEntry } from "../shared/views.ts";
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

/** By what a thing was dropped, or is offered again: with it a fresh File of it is found. */
export type Origin = FileSystemEntry | FileSystemHandle;

/** More entries than a browser can share. */
export class TooMany extends Error {}

/** Collects the entries of one share. */
export class Sources {
  readonly #hooks: Hooks;
  #batch: Source[] = [];
  // By index; 0 is the share itself. Kept to find a file again by its path.
  readonly #parents: number[] = [0];
  readonly #names: string[] = [""];
  /** By index, of top-level things. Chosen files have none: the browser can't give a fresh one. */
  readonly #origins = new Map<number, Origin>();
  /** Top-level things by index, in the order they came; those taken out are gone from it. */
  readonly #roots = new Map<number, Root>();
  readonly #rootOf: number[] = [0]; // index of the top-level thing that an entry lies in
  readonly #topNames = new Set<string>();
  #files = 0;
  #bytes = 0;
  #unreadable = 0;
  #leftOut = 0;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  addDir(parent: number, name: string, origin?: Origin): number {
    return this.#add({ parent, kind: "dir", name }, origin);
  }

  addFile(parent: number, file: File, origin?: Origin): void {
    this.#add({ parent, kind: "file", name: file.name, file }, origin);
  }

  /** An entry of a share that is offered again; a file without its bytes is not there any more. */
  addKnown({ parent, kind, name }: SharedEntry, file: File | undefined): void {
    this.#known++;
    this.#add({ parent, kind: kind === "file" ? "file" : "dir", name, ...(file === undefined ? {} : { file }) });
  }

  /** Counts something the browser would not read. */
  skip(): void {
    this.#unreadable++;
  }

  /** Counts a folder of what is not complete, or not released. */
  leaveOut(): void {
    this.#leftOut++;
  }

  /** Sends what is collected. */
  flush(): void {
    if (this.#batch.length > 0) this.#hooks.add(this.#batch);
    this.#batch = [];
    this.#hooks.found(this.walked());
  }

  walked(): Walked {
    return {
      roots: firstOf(this.#roots.values(), rootsShown).map((root) => ({ ...root })),
      more: Math.max(0, this.#roots.size - rootsShown),
      files: this.#files,
      bytes: this.#bytes,
      unreadable: this.#unreadable,
      leftOut: this.#leftOut,
    };
  }

  /** Indices of the top-level things there are. */
  tops(): number[] {
    return [...this.#roots.keys()];
  }

  /** Takes a top-level thing out with all that is in it, also what a walk still finds there. */
  remove(index: number): void {
    const root = this.#roots.get(index);
    if (root === undefined) return;
    this.#roots.delete(index);
    this.#files -= root.files;
    this.#bytes -= root.bytes;
    this.flush(); // the core counts entries by the order they come: what has an index goes there
  }

  /** Where files are found again that were chosen for a share of an earlier page. */
  elsewhere: ((index: number) => Promise<File | null>) | null = null;
  #known = 0; // entries of that

  /** A fresh File of the same place, or null where there is none any more. */
  async refresh(index: number): Promise<File | null> {
    if (this.elsewhere !== null && index <= this.#known) return this.elsewhere(index);
    const path: string[] = [];
    let at = index;
    while (at > 0 && !this.#origins.has(at)) {
      path.unshift(this.#names[at] ?? "");
      at = this.#parents[at] ?? 0;
    }
    const origin = this.#origins.get(at);
    if (origin === undefined) return null;
    try {
      if ("kind" in origin) return await fileIn(origin, path);
      return path.length === 0 ? await fileOf(origin as FileSystemFileEntry) : await fileOf(await fileBelow(origin as FileSystemDirectoryEntry, path));
    } catch {
      return null;
    }
  }

  #add(source: Source, origin?: Origin): number {
    const { parent, kind } = source;
    const index = this.#names.length;
    const top = parent === 0 ? index : (this.#rootOf[parent] ?? 0);
    if (parent !== 0 && !this.#roots.has(top)) return parent; // taken out meanwhile
    if (index > EntriesBrowser) throw new TooMany();
    const name = parent === 0 ? this.#unique(source.name) : source.name;
    if (parent === 0) this.#roots.set(index, { index, name, kind, files: 0, bytes: 0 });
    this.#names.push(name);
    this.#parents.push(parent);
    this.#rootOf.push(top);
    if (origin !== undefined) this.#origins.set(index, origin);
    const root = this.#roots.get(top);
    if (root !== undefined && source.file !== undefined) {
      this.#files++;
      this.#bytes += source.file.size;
      root.files++;
      root.bytes += source.file.size;
    }
    this.#batch.push({ ...source, name });
    if (this.#batch.length >= batchSize) this.flush();
    return index;
  }

  /** A name that no top-level thing has had: something added later may be called like an earlier one. */
  #unique(name: string): string {
    const dot = name.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let unique = name;
    for (let n = 2; this.#topNames.has(unique); n++) unique = `${stem} (${n})${extension}`;
    this.#topNames.add(unique);
    return unique;
  }
}

function firstOf<T>(all: Iterable<T>, n: number): T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length === n) break;
    first.push(one);
  }
  return first;
}

/** The File behind an entry of a drop. */
export function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function fileBelow(dir: FileSystemDirectoryEntry, path: string[]): Promise<FileSystemFileEntry> {
  return new Promise((resolve, reject) => dir.getFile(path.join("/"), {}, (entry) => resolve(entry as FileSystemFileEntry), reject));
}

/** The same by handles: names lead from the top-level thing to the file. */
async function fileIn(handle: FileSystemHandle, path: readonly string[]): Promise<File> {
  const last = path.at(-1);
  if (last === undefined) return (handle as FileSystemFileHandle).getFile();
  let dir = handle as FileSystemDirectoryHandle;
  for (const name of path.slice(0, -1)) dir = await dir.getDirectoryHandle(name);
  return (await dir.getFileHandle(last)).getFile();
}
