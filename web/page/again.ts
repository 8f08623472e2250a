// Links of this browser that have not ended: they are closed, or offered again, with the
// same files. Where the browser kept handles of what was dropped a click is enough;
// elsewhere the person chooses the same once more. A file is known by its path and
// size here, and by samples of its bytes in the core; never by its date.

import { signal } from "@preact/signals";
import type { Source, ToCore } from "../shared/messages.ts";
import type { SharedBefore, SharedEntry } from "../shared/views.ts";
import { Sources } from "./sources.ts";
import { walkHandles } from "./walk.ts";

export type Walk = (sources: Sources, stop: AbortSignal) => Promise<void>;

/** How far it is with the share that is offered again. */
export type Stage =
  | { at: "asking" } // the core for its list
  | { at: "choose"; nothing: boolean } // the person has to choose the files; nothing: of what was chosen nothing was shared
  | { at: "comparing" }
  | { at: "differs"; names: readonly string[]; count: number };

/** What is known of its files: by index, as the core counts them. */
export interface Found {
  share: SharedBefore;
  entries: readonly SharedEntry[];
  files: readonly (File | undefined)[];
  /** Entries that can't be sent any more. */
  missing: number[];
  /** A fresh File of the same place. */
  refresh(index: number): Promise<File | null>;
}

/** Names in a sentence at most. */
const namesShown = 3;

export class OfferedAgain {
  readonly list = signal<readonly SharedBefore[]>([]);
  readonly now = signal<{ share: SharedBefore; stage: Stage } | null>(null);
  readonly #toCore: (message: ToCore) => void;
  readonly #start: (found: Found) => void;
  #entries: readonly SharedEntry[] = [];
  #handles: FileSystemHandle[] = [];
  #found: Found | null = null;

  /** `start` is called once all is there, or the person takes what is. */
  constructor(toCore: (message: ToCore) => void, start: (found: Found) => void) {
    this.#toCore = toCore;
    this.#start = start;
  }

  /** What is dropped or chosen now is meant for it. */
  get takes(): boolean {
    const stage = this.now.value?.stage.at;
    return stage === "choose" || stage === "differs";
  }

  read(): void {
    this.#toCore({ type: "shares.read" });
  }

  /** Closes these links, also those that another tab offers. */
  close(shares: readonly SharedBefore[]): void {
    for (const { id } of shares) {
      if (this.now.value?.share.id === id) this.now.value = null;
      this.#toCore({ type: "shares.forget", id });
    }
    this.read();
  }

  /** Must run in the click: what was dropped has to be asked for again. */
  async offer(share: SharedBefore): Promise<void> {
    this.now.value = { share, stage: { at: "asking" } };
    this.#handles = [];
    const readable = await Promise.all(share.handles.map(mayRead));
    if (readable.every(Boolean)) this.#handles = share.handles;
    this.#toCore({ type: "shares.list", id: share.id });
  }

  listed(id: string, entries: readonly SharedEntry[]): void {
    if (this.now.value?.share.id !== id) return;
    this.#entries = entries;
    if (this.#handles.length === 0) this.#stage({ at: "choose", nothing: false });
    else void this.take((sources, stop) => walkHandles(this.#handles, sources, stop));
  }

  /** Looks in what was dropped or chosen for the files that were shared. */
  async take(walk: Walk): Promise<void> {
    const share = this.now.value?.share;
    if (share === undefined) return;
    this.#stage({ at: "comparing" });
    const walked: (Source | undefined)[] = [undefined]; // by their index in this walk
    const sources = new Sources({ add: (batch) => walked.push(...batch), found: () => undefined });
    await walk(sources, new AbortController().signal).catch(() => undefined); // more than was shared is in it
    const at = new Map<string, number>();
    for (const [n, path] of pathsOf(walked).entries()) at.set(path, n);
    const indices: number[] = [];
    const files: (File | undefined)[] = [];
    const missing: number[] = [];
    const gone = new Set<number>();
    pathsOf([undefined, ...this.#entries]).forEach((path, n) => {
      const entry = this.#entries[n - 1];
      if (entry === undefined) return;
      if (entry.kind === "gone") gone.add(n);
      const index = at.get(path) ?? 0;
      const file = walked[index]?.file;
      indices[n] = index;
      if (entry.kind === "file" && file?.size === entry.size) files[n] = file;
      else if (entry.kind === "file") missing.push(n);
    });
    const there = files.flatMap((file, n): [number, File][] => (file === undefined ? [] : [[n, file]]));
    if (there.length === 0 && missing.length > 0) return this.#stage({ at: "choose", nothing: true });
    this.#found = { share, entries: this.#entries, files, missing, refresh: (n) => sources.refresh(indices[n] ?? 0) };
    this.#toCore({ type: "shares.check", id: share.id, files: there });
  }

  checked(id: string, unlike: readonly number[]): void {
    const found = this.#found;
    if (found === null || found.share.id !== id) return;
    const bad = new Set(unlike);
    this.#found = { ...found, files: found.files.map((file, n) => (bad.has(n) ? undefined : file)), missing: [...found.missing, ...unlike].sort((a, b) => a - b) };
    const { missing } = this.#found;
    if (missing.length === 0) return this.rest();
    const names = missing.slice(0, namesShown).map((n) => found.entries[n - 1]?.name ?? "");
    this.#stage({ at: "differs", names, count: missing.length });
  }

  /** Offers what is there. */
  rest(): void {
    const found = this.#found;
    this.#found = null;
    this.now.value = null;
    if (found !== null) this.#start(found);
  }

  #stage(stage: Stage): void {
    const now = this.now.value;
    if (now !== null) this.now.value = { ...now, stage };
  }
}

/** Adds what was found, in the order of the list, and returns the entries that are not there any more. */
export function refill(sources: Sources, { entries, files, missing, refresh }: Found): number[] {
  sources.elsewhere = refresh;
  for (const [n, entry] of entries.entries()) sources.addKnown(entry, files[n + 1]);
  sources.flush();
  const gone = [...entries.flatMap(({ kind }, n) => (kind === "gone" ? [n + 1] : [])), ...missing];
  for (const n of gone) if (entries[n - 1]?.parent === 0) sources.remove(n);
  return gone;
}

/** The path of each entry, by index. Names can't hold a stroke. */
function pathsOf(entries: readonly ({ parent: number; name: string } | undefined)[]): string[] {
  const paths: string[] = [];
  entries.forEach((entry, n) => {
    paths[n] = entry === undefined ? "" : `${paths[entry.parent] ?? ""}/${entry.name}`;
  });
  return paths;
}

/** True where what is behind this handle may be read; asks where it has to. */
async function mayRead(handle: FileSystemHandle): Promise<boolean> {
  if (handle.queryPermission === undefined || handle.requestPermission === undefined) return false;
  try {
    return (await handle.queryPermission({ mode: "read" })) === "granted" || (await handle.requestPermission({ mode: "read" })) === "granted";
  } catch {
    return false;
  }
}
