// Decides where a transfer goes, before its first byte: into the folder the
// person picked, into the browser's own storage if it fits, into memory if it is
// small, into a download that is written while it arrives, or nowhere, with the
// reason.

import type { DiskLimits } from "../shared/disk.ts";
import { freeSpace, roomFor } from "../shared/room.ts";
import { MemoryStore } from "./blob.ts";
import { FolderSink } from "./folder.ts";
import { type Deliver, KeepSink } from "./keep.ts";
import type { Journal } from "./journal.ts";
import { OpfsStore, openJournal, opfs, sizeOf, sweep } from "./opfs.ts";
import type { Renewable } from "./readback.ts";
import { type Open, Refusal, type Say, type Sink } from "./sink.ts";
import { type Begin, StreamSink } from "./stream.ts";

/** DESIGN 5, "Where files land". */
export const defaultLimits: DiskLimits = {
  segmentFrom: 512 << 20,
  segment: 256 << 20,
  blobMax: 256 << 20,
  pollEvery: 3000,
  moveWithin: 5000,
};

export interface Context {
  say: Say;
  deliver: Deliver;
  begin: Begin;
  ping(): void;
  renewable: Renewable;
  limits: DiskLimits;
}

interface Placed {
  sink: Sink;
  where: "folder" | "opfs" | "blob" | "stream";
  /** Null where nothing outlives the page. */
  journal: Journal | null;
}

/** Opens the destination. Throws Refusal where nothing fits. */
export async function place(open: Open, c: Context): Promise<Placed> {
  const { destination } = open;
  const folder = await opfs();
  if (destination.kind === "folder") {
    // Without one, or where another tab has it, a crash costs what is unfinished.
    const journal = folder === null ? null : await openJournal(folder, open.key).catch(() => null);
    try {
      const again = journal !== null && journal.found.byteLength > 0;
      return { sink: await FolderSink.open(open, destination.handle, c.say, c.renewable, c.limits, again), where: "folder", journal };
    } catch (error) {
      journal?.close();
      throw error;
    }
  }
  if (destination.kind === "stream") return { sink: await StreamSink.open(open, c.say, c.renewable, c.begin, c.ping), where: "stream", journal: null };
  const keep = (store: OpfsStore | MemoryStore, journal: Journal | null): Placed => ({
    sink: new KeepSink(open, store, c.say, c.deliver, c.renewable, c.limits),
    where: store.where,
    journal,
  });
  const needed = roomFor(open.bytes);
  if (folder !== null) {
    await sweep(folder).catch(() => undefined);
    const there = await sizeOf(folder, open.key);
    const free = (await freeSpace()) + there;
    if (free >= needed) {
      let journal: Journal | null = null;
      try {
        journal = await openJournal(folder, open.key);
        return keep(await OpfsStore.start(folder, open.key, journal.found.byteLength > 0), journal);
      } catch {
        journal?.close();
        throw new Refusal("E_WRITE", 0); // another tab keeps the same transfer
      }
    }
    if (open.bytes > c.limits.blobMax) throw new Refusal("E_SPACE", needed - free);
  }
  if (open.bytes > c.limits.blobMax) throw new Refusal("E_NO_PLACE", open.bytes);
  return keep(new MemoryStore(needed + (16 << 20)), null);
}
