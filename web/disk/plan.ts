// What will come of a stream, in order, as the core lists it before the first
// byte: enough to know the exact length of the download. 12 bytes an entry,
// wasm/session/stream.go.

import { groupSize } from "./coverage.ts";
import { centralHeaderSize, descriptorSize, endSize, localHeaderSize } from "./zip64.ts";

const entrySize = 12;

export interface Planned {
  dir: boolean;
  /** Of its path in UTF-8, a folder's closing stroke included. */
  nameLength: number;
  size: number;
}

export class Plan {
  readonly #view: DataView;
  readonly length: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = Math.floor(bytes.byteLength / entrySize);
  }

  at(i: number): Planned | null {
    if (i >= this.length) return null;
    const name = this.#view.getUint32(i * entrySize);
    const high = this.#view.getUint32(i * entrySize + 4);
    const size = high * 2 ** 32 + this.#view.getUint32(i * entrySize + 8);
    return { dir: name >= 2 ** 31, nameLength: name % 2 ** 31, size };
  }

  /** Bytes of the archive. Infinity where they can't be counted exactly. */
  archiveLength(): number {
    let at = 0;
    let central = 0;
    for (let i = 0; i < this.length; i++) {
      const e = this.at(i);
      if (e === null) break;
      central += centralHeaderSize(e.nameLength, e.size, at);
      at += localHeaderSize(e.nameLength, e.size) + e.size + (crcBehind(e.size) ? descriptorSize(e.size) : 0);
    }
    const all = at + central + endSize(this.length, at, central);
    return Number.isSafeInteger(all) ? all : Number.POSITIVE_INFINITY;
  }
}

/** A file of one group is all there before its header goes; the CRC of a larger one is known only behind it. */
export function crcBehind(size: number): boolean {
  return size > groupSize;
}
