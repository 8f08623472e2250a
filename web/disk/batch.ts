// Bytes on their way to volumes. Small files lie one behind the other there, so
// that hundreds of them are one write: in Firefox each takes 0.2 ms.

import { groupSize } from "./coverage.ts";
import { joinRun } from "./coalesce.ts";
import type { StoredFile } from "./store.ts";

/** Bytes that are written at once. */
export interface Run {
  file: StoredFile;
  volume: number;
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Copying parts of this size together costs more than a second write. */
const largePart = groupSize / 4;

/** `I` is what the caller wants to remember of what is in the batch. */
export class Batch<I> {
  items: I[] = [];
  #runs: { file: StoredFile; volume: number; at: number; parts: { at: number; bytes: Uint8Array<ArrayBuffer> }[]; size: number }[] = [];
  #size = 0;

  /** Whether it is time to write. */
  get full(): boolean {
    return this.#size >= 4 * groupSize;
  }

  add(file: StoredFile, volume: number, at: number, bytes: Uint8Array<ArrayBuffer>): void {
    const size = bytes.byteLength;
    this.#size += size;
    const last = this.#runs.at(-1);
    if (last !== undefined && last.volume === volume && last.at + last.size === at && size < largePart && last.size < groupSize) {
      last.parts.push({ at, bytes });
      last.size += size;
    } else this.#runs.push({ file, volume, at, parts: [{ at, bytes }], size });
  }

  /** Empties it. */
  take(): { items: I[]; runs: Run[] } {
    const taken = {
      items: this.items,
      runs: this.#runs.map(({ file, volume, at, parts }) => ({ file, volume, at, bytes: joinRun(parts) })),
    };
    this.items = [];
    this.#runs = [];
    this.#size = 0;
    return taken;
  }
}
