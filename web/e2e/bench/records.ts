// A journal as wasm/journal writes it, for what a test prepares. wasm/PROTOCOL.md f.4.

import { createHash } from "node:crypto";

const headSize = 36;

export interface Record {
  /** Names from below the share down to the file's own. */
  path: readonly string[];
  size: number;
  first: number;
  count: number;
  place: string;
}

/** What is behind the head of a journal that a page left: the place that its first record names. */
export function firstPlace(journal: Buffer): string {
  const at = headSize + 32;
  return journal.subarray(at + 1, at + 1 + journal.readUInt8(at)).toString();
}

/** The journal of the same transfer with these records. */
export function journalOf(left: Buffer, records: readonly Record[]): Buffer {
  const head = left.subarray(0, headSize);
  const parts = [head];
  for (const [number, { path, size, first, count, place }] of records.entries()) {
    const numbers = Buffer.alloc(17);
    numbers.writeBigUInt64BE(BigInt(size), 0);
    numbers.writeUInt32BE(first, 8);
    numbers.writeUInt32BE(count, 12);
    numbers.writeUInt8(Buffer.byteLength(place), 16);
    const body = Buffer.concat([pathOf(path), numbers, Buffer.from(place)]);
    parts.push(body, digest("bee1 journal record", head.subarray(4), u32(number), body).subarray(0, 8));
  }
  return Buffer.concat(parts);
}

function pathOf(names: readonly string[]): Buffer {
  return digest("bee1 journal path", ...names.flatMap((name) => [u16(Buffer.byteLength(name)), Buffer.from(name)])).subarray(0, 16);
}

function digest(label: string, ...parts: Buffer[]): Buffer {
  const hash = createHash("sha256").update(label);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function u16(n: number): Buffer {
  const b = Buffer.alloc(2);
  b.writeUInt16BE(n);
  return b;
}

function u32(n: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
}
