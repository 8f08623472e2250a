// The browser's own storage: a folder below `beeline/` in the origin's private
// file system, written through access handles, which only workers have.

import { freeSpace } from "../shared/room.ts";
import { Journal, journalName } from "./journal.ts";
import { nameOf, sleep } from "./sink.ts";
import type { Store, StoredFile } from "./store.ts";

const folderName = "beeline";

/** Says that a transfer was handed to the person. */
const deliveredName = "delivered";

/** How long a delivered transfer is kept, in ms: its download may still be running, and nobody tells when it ends. */
const keptFor = 3_600_000;

/** How often freeing the space is tried, and the pause between, in ms. */
const wipeTries = 8;
const wipeEvery = 250;

/** The folder of all transfers, or null where the browser has no such storage (private windows of Firefox). */
export async function opfs(): Promise<FileSystemDirectoryHandle | null> {
  try {
    if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return null;
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(folderName, { create: true });
  } catch {
    return null;
  }
}

/** Removes what earlier pages delivered. Unfinished transfers stay. */
export async function sweep(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const [key, entry] of folder.entries()) {
    if (entry.kind !== "directory") continue;
    try {
      const dir = await folder.getDirectoryHandle(key);
      const mark = await (await dir.getFileHandle(deliveredName)).getFile();
      if (Date.now() - mark.lastModified > keptFor) await folder.removeEntry(key, { recursive: true });
    } catch {
      // Not delivered, or still in use.
    }
  }
}

/** Opens the journal of this transfer. Throws where another tab has it. */
export async function openJournal(folder: FileSystemDirectoryHandle, key: string): Promise<Journal> {
  const dir = await folder.getDirectoryHandle(key, { create: true });
  const file = await (await dir.getFileHandle(journalName, { create: true })).createSyncAccessHandle();
  return new Journal(file, async () => {
    await dir.removeEntry(journalName);
    await folder.removeEntry(key).catch(() => undefined); // it holds what waits to be saved
  });
}

/** Bytes that an earlier page left of this transfer. */
export async function sizeOf(folder: FileSystemDirectoryHandle, key: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of (await folder.getDirectoryHandle(key)).values()) {
      if (entry instanceof FileSystemFileHandle) bytes += (await entry.getFile()).size;
    }
  } catch {
    // There is none.
  }
  return bytes;
}

export class OpfsStore implements Store {
  readonly where = "opfs";
  readonly volumes: number;
  readonly #parent: FileSystemDirectoryHandle;
  readonly #dir: FileSystemDirectoryHandle;

  private constructor(parent: FileSystemDirectoryHandle, dir: FileSystemDirectoryHandle, volumes: number) {
    this.#parent = parent;
    this.#dir = dir;
    this.volumes = volumes;
  }

  /** What an earlier page left of the same transfer is worth nothing without a journal. */
  static async start(parent: FileSystemDirectoryHandle, key: string, again: boolean): Promise<OpfsStore> {
    const dir = await parent.getDirectoryHandle(key, { create: true });
    const names: string[] = [];
    for await (const name of dir.keys()) names.push(name);
    let volumes = 0;
    for (const name of names) {
      const [, number] = /^v(\d+)$/.exec(name) ?? [];
      if (again && number !== undefined) volumes = Math.max(volumes, Number(number) + 1);
      else if (name !== journalName) await dir.removeEntry(name);
    }
    return new OpfsStore(parent, dir, volumes);
  }

  async open(name: string): Promise<StoredFile> {
    const handle = await (await this.#dir.getFileHandle(name, { create: true })).createSyncAccessHandle();
    return {
      read: (into, at) => handle.read(into, { at }),
      write: (bytes, at) => {
        const n = handle.write(bytes, { at });
        if (!endsWith(handle, bytes.subarray(0, n), at)) throw new DOMException("less was written than it said", "QuotaExceededError");
        return n;
      },
      flush: () => handle.flush(),
      close: () => handle.close(),
    };
  }

  async blob(name: string): Promise<Blob> {
    return (await this.#dir.getFileHandle(name, { create: true })).getFile();
  }

  async remove(name: string): Promise<void> {
    await this.#dir.removeEntry(name);
  }

  free(): Promise<number> {
    return freeSpace();
  }

  async delivered(): Promise<void> {
    await this.#dir.getFileHandle(deliveredName, { create: true });
  }

  async wipe(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#parent.removeEntry(this.#dir.name, { recursive: true });
      } catch (error) {
        if (nameOf(error) === "NotFoundError") return;
        if (tries === wipeTries) throw error;
      }
      await sleep(wipeEvery); // a handle that was just closed may still hold its file
    }
  }
}

/**
 * Whether the end of what was written at a place is there. On a full disk Firefox 153
 * says that it took 32 KiB, or all of it, of which nothing is there, and neither that
 * nor a flush throws.
 */
function endsWith(handle: FileSystemSyncAccessHandle, written: Uint8Array, at: number): boolean {
  const end = written.subarray(-16);
  const there = new Uint8Array(end.byteLength);
  return handle.read(there, { at: at + written.byteLength - end.byteLength }) === end.byteLength && there.every((b, i) => b === end[i]);
}
