// Decides where a transfer goes, before its first byte: into the folder the
// person picked, into the browser's own storage if it fits, into memory if it is
// small, or nowhere, with the reason.

import type { DiskLimits } from "../shared/messages.ts";
import { freeSpace, roomFor } from "../shared/room.ts";
import { MemoryStore } from "./blob.ts";
import { FolderSink } from "./folder.ts";
import { type Deliver, KeepSink } from "./keep.ts";
import { OpfsStore, opfs, sweep } from "./opfs.ts";
import type { Renewable } from "./readback.ts";
import { type Open, Refusal, type Say, type Sink } from "./sink.ts";

/** DESIGN 5, "Where files land". */
export const defaultLimits: DiskLimits = {
  segmentFrom: 4 * 1024 ** 3,
  segment: 256 << 20,
  blobMax: 256 << 20,
  pollEvery: 3000,
  moveWithin: 5000,
};

export interface Context {
  say: Say;
  deliver: Deliver;
  renewable: Renewable;
  limits: DiskLimits;
}

/** Opens the destination. Throws Refusal where nothing fits. */
export async function place(open: Open, c: Context): Promise<{ sink: Sink; where: "folder" | "opfs" | "blob" }> {
  const { destination } = open;
  if (destination.kind === "folder") {
    return { sink: await FolderSink.open(open, destination.handle, c.say, c.renewable, c.limits), where: "folder" };
  }
  const keep = (store: OpfsStore | MemoryStore): { sink: Sink; where: "opfs" | "blob" } => ({
    sink: new KeepSink(open, store, c.say, c.deliver, c.renewable, c.limits),
    where: store.where,
  });
  const needed = roomFor(open.bytes);
  const folder = await opfs();
  if (folder !== null) {
    await sweep(folder).catch(() => undefined);
    const free = await freeSpace();
    if (free >= needed) {
      const store = await OpfsStore.start(folder, open.key).catch(() => {
        throw new Refusal("E_WRITE", 0); // another tab keeps the same transfer
      });
      return keep(store);
    }
    if (open.bytes > c.limits.blobMax) throw new Refusal("E_SPACE", needed - free);
  }
  if (open.bytes > c.limits.blobMax) throw new Refusal("E_NO_PLACE", open.bytes);
  return keep(new MemoryStore(needed + (16 << 20)));
}
