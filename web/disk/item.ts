// One file of what the browser keeps: what is known of it from its entry until it
// is listed in the archive or given up.

import type { Entry } from "./sink.ts";
import { Coverage, groupSize } from "./coverage.ts";
import type { Readable } from "./reader.ts";
import type { Place } from "./volumes.ts";
import type { ZipEntry } from "./zip64.ts";

export interface Item extends Readable {
  file: number;
  version: number;
  modified: number;
  name: Uint8Array<ArrayBuffer>; // in the archive
  top: string;
  place: Place | null;
  covered: Coverage;
  /** Groups written since the last flush, as runs. */
  fresh: { first: number; count: number }[];
  /** The CRC in the header on disk, where one stands there already. */
  stamped: number | null;
  asked: boolean;
}

/** `alone`: the only file of a share, which needs no archive and so no CRC. */
export function itemOf(entry: Entry, alone: boolean): Item {
  return {
    id: entry.file,
    file: entry.file,
    version: 0,
    size: entry.size,
    modified: entry.modified,
    name: nameIn(entry.path),
    top: entry.path[0] ?? "",
    place: null,
    covered: new Coverage(entry.size),
    fresh: [],
    stamped: null,
    asked: false,
    ready: 0,
    checked: 0,
    crc: alone ? null : 0,
    cvs: null,
    digest: null,
  };
}

/** The same file in another version, of which nothing is there. */
export function renewed(item: Item, version: number, size: number): Item {
  return {
    ...item, version, size, place: null, covered: new Coverage(size), fresh: [], stamped: null, asked: false,
    ready: 0, checked: 0, crc: item.crc === null ? null : 0, cvs: null, digest: null,
  };
}

/** Notes groups that were written. Those that follow each other are one run. */
export function wrote(item: Item, offset: number, length: number): void {
  const first = Math.floor(offset / groupSize);
  const count = Math.ceil(length / groupSize);
  const last = item.fresh.at(-1);
  if (last !== undefined && last.first + last.count === first) last.count += count;
  else item.fresh.push({ first, count });
}

/** A path as an archive holds it; folders end in a stroke. */
export function nameIn(path: readonly string[], dir = false): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(path.join("/") + (dir ? "/" : ""));
}

export function zipEntry(item: Item, crc: number): ZipEntry {
  return { name: item.name, dir: false, size: item.size, crc, modified: item.modified };
}
