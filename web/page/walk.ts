// Walks what was dropped or chosen, breadth first, into Sources. A drop is
// walked by entries in every browser, because Chromium's directory handles hide
// files whose names it would not create (folders.md).

import { TitleMax } from "../wire/wire.ts";
import { fileOf, type Sources } from "./sources.ts";

/** Files asked for at once. Deep recursion without a limit has crashed Chrome (platform.md 2.6). */
const outstanding = 32;

/** What has to be read in the very task of a drop: afterwards the items are gone. */
export interface Dropped {
  entries: FileSystemEntry[];
  /** The same as handles, on Chromium: a destination, or for coming back. */
  handles: Promise<FileSystemHandle | null>[];
}

/** Takes entries and handles out of a drop, synchronously. */
export function takeDrop(transfer: DataTransfer): Dropped {
  const dropped: Dropped = { entries: [], handles: [] };
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    if (entry !== null) dropped.entries.push(entry);
    if (item.getAsFileSystemHandle !== undefined) dropped.handles.push(item.getAsFileSystemHandle().catch(() => null));
  }
  return dropped;
}

/**
 * What a folder has beside what arrived in it: files that are not complete, or that no scan has
 * released. Nothing of it is anybody's to have. As in backend/peer/walk.go; a disk may tell no case apart.
 */
const ownFolder = /^beeline \((unfinished|quarantine)\)( \(\d+\))?$/i;

/** A name for a share of these things. */
export function titleOf(names: readonly string[], items: (n: number) => string): string {
  return fitting(names.length === 1 ? (names[0] ?? "") : items(names.length));
}

/** As much of a title as travels, so that both sides read the same: 200 bytes, cut at a character. PROTOCOL.md g. */
export function fitting(title: string): string {
  const room = new Uint8Array(TitleMax);
  const { read } = new TextEncoder().encodeInto(title, room);
  return title.slice(0, read);
}

/** Walks dropped entries until nothing is left or `signal` aborts. */
export async function walkEntries(entries: readonly FileSystemEntry[], sources: Sources, signal: AbortSignal): Promise<void> {
  const dirs: { index: number; entry: FileSystemDirectoryEntry }[] = [];
  await addAll(entries, 0, true);
  for (let next = 0; next < dirs.length; next++) {
    const dir = dirs[next];
    if (dir === undefined) break;
    // Let go of what is walked: a card has many folders, and each entry is held by the browser.
    dirs[next] = undefined as never;
    await addAll(await readAll(dir.entry, sources), dir.index, false);
    if (signal.aborted) return;
  }
  sources.flush();

  async function addAll(children: readonly FileSystemEntry[], parent: number, dropped: boolean): Promise<void> {
    for (let i = 0; i < children.length && !signal.aborted; i += outstanding) {
      const some = children.slice(i, i + outstanding);
      const files = await Promise.all(some.map((entry) => (isFile(entry) ? fileOf(entry).catch(() => null) : null)));
      for (const [n, entry] of some.entries()) {
        const kept = dropped ? entry : undefined;
        const file = files[n];
        if (isDir(entry) && ownFolder.test(entry.name)) sources.leaveOut();
        else if (isDir(entry)) dirs.push({ index: sources.addDir(parent, entry.name, kept), entry });
        else if (file) sources.addFile(parent, file, kept);
        else sources.skip();
      }
    }
  }
}

/** Everything in a directory, sorted by name. Chromium gives at most 100 a call. */
async function readAll(dir: FileSystemDirectoryEntry, sources: Sources): Promise<FileSystemEntry[]> {
  const reader = dir.createReader();
  const all: FileSystemEntry[] = [];
  try {
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) break;
      all.push(...some);
    }
  } catch {
    sources.skip();
  }
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Adds files of an <input>: plain ones, or a folder's with their paths in webkitRelativePath. */
export async function walkFiles(files: readonly File[], sources: Sources, signal: AbortSignal): Promise<void> {
  const dirs = new Map<string, number | null>(); // path → index; null: left out, with all that is in it
  const dirFor = (path: string): number | null => {
    if (path === "") return 0;
    const known = dirs.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    const parent = dirFor(path.slice(0, Math.max(cut, 0)));
    const own = parent !== null && ownFolder.test(name);
    if (own) sources.leaveOut();
    const index = parent === null || own ? null : sources.addDir(parent, name);
    dirs.set(path, index);
    return index;
  };
  for (const [n, file] of files.entries()) {
    if (signal.aborted) return;
    const path = file.webkitRelativePath;
    const parent = dirFor(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
    if (parent !== null) sources.addFile(parent, file);
    if (n % 5000 === 4999) await new Promise((resolve) => setTimeout(resolve)); // the page stays alive
  }
  sources.flush();
}

/** Walks handles, breadth first and by name as a drop is walked. Some names a browser doesn't show (folders.md). */
export async function walkHandles(handles: readonly FileSystemHandle[], sources: Sources, signal: AbortSignal): Promise<void> {
  const dirs: { index: number; dir: FileSystemDirectoryHandle }[] = [];
  const add = async (parent: number, handle: FileSystemHandle): Promise<void> => {
    const origin = parent === 0 ? handle : undefined;
    if (handle instanceof FileSystemDirectoryHandle) {
      if (ownFolder.test(handle.name)) sources.leaveOut();
      else dirs.push({ index: sources.addDir(parent, handle.name, origin), dir: handle });
    } else if (handle instanceof FileSystemFileHandle) {
      const file = await handle.getFile().catch(() => null);
      if (file === null) sources.skip();
      else sources.addFile(parent, file, origin);
    }
  };
  for (const handle of handles) await add(0, handle);
  for (let next = dirs.shift(); next !== undefined && !signal.aborted; next = dirs.shift()) {
    const children: FileSystemHandle[] = [];
    try {
      for await (const child of next.dir.values()) children.push(child);
    } catch {
      sources.skip();
    }
    children.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const child of children) await add(next.index, child);
  }
  sources.flush();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDir(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
