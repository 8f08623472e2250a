// What is still there of what an earlier page made of a file, by the words of its
// journal: nothing is believed but names and sizes that are found.

import type { KeptPart } from "../shared/disk.ts";
import { groupSize } from "./coverage.ts";
import type { Lander } from "./land.ts";
import type { PartFolder } from "./partfolder.ts";

/** What is there of a file of an earlier page. `placed`: where it is not in the part folder any more, its name. */
export type Recalled =
  | { how: "landed" }
  | { how: "whole"; handle: FileSystemFileHandle; placed: string | null }
  | { how: "segments"; segments: { k: number; name: string; handle: FileSystemFileHandle; part: KeptPart }[] };

interface Places {
  part: PartFolder;
  lander: Lander;
  /** Bytes of a segment. */
  segment: number;
}

export async function recalled({ size, path }: { size: number; path: string[] }, kept: KeptPart[], { part: folder, lander, segment }: Places): Promise<Recalled | null> {
  const groups = Math.ceil(size / groupSize);
  const segments = new Map<number, Extract<Recalled, { how: "segments" }>["segments"][number]>();
  for (const part of kept) {
    const [kind = "", first = "", last = ""] = part.place.split("/");
    if (kind === "at" && (await lander.landed(path, last, { size, lastModified: Number(first) }))) return { how: "landed" };
    const handle = kind === "whole" || kind === "part" ? await folder.find(kind === "whole" ? first : last, size) : null;
    if (handle !== null) return { how: "whole", handle, placed: null };
    const k = Math.floor((part.first * groupSize) / segment);
    const length = Math.min(segment, size - k * segment);
    if (kind !== "part" || part.first * groupSize !== k * segment || part.count !== Math.ceil(length / groupSize)) continue;
    const closed = await folder.find(first, length);
    if (closed !== null) segments.set(k, { k, name: first, handle: closed, part });
  }
  if (segments.size > 0) return { how: "segments", segments: [...segments.values()] };
  // All of it was there: it may have got its name before anybody could write that down.
  if (kept.reduce((sum, part) => sum + part.count, 0) < groups) return null;
  const placed = await lander.find(path, size);
  return placed === null ? null : { how: "whole", handle: placed.handle, placed: placed.name };
}
