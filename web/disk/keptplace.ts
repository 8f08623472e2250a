// Where a file of an earlier page stands in the browser's own storage, by the words of
// its journal, and whether its bytes are still there: nothing is believed but a header
// of the right size and a byte at the end. recalled.ts is the same for a folder.

import type { KeptPart } from "../shared/disk.ts";
import { groupSize } from "./coverage.ts";
import type { Item } from "./item.ts";
import type { StoredFile } from "./store.ts";
import type { Place } from "./volumes.ts";
import { localHeaderSize } from "./zip64.ts";

/** A place in the journal's words. */
export function placeText({ volume, at, header }: Place): string {
  return `${volume} ${at} ${header}`;
}

export function placeOf(text: string, item: Item): Place | null {
  const [, volume, at, header] = /^(\d{1,9}) (\d{1,16}) (\d{1,6})$/.exec(text) ?? [];
  if (Number(header) !== localHeaderSize(item.name.byteLength, item.size)) return null;
  return { volume: Number(volume), at: Number(at), header: Number(header), size: item.size };
}

/** Whether the volume reaches as far as the last byte of these groups. */
export function isThere(file: StoredFile, place: Place, { first, count }: KeptPart): boolean {
  const end = Math.min((first + count) * groupSize, place.size);
  return file.read(new Uint8Array(1), place.at + place.header + end - 1) === 1;
}
