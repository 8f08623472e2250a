// A strict reader of archives, independent of what writes them: it believes the
// end record, then every local header, and checks each against the other.

import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";

export interface Found {
  name: string;
  size: number;
  offset: number;
  crc: number;
  dir: boolean;
  /** Unix seconds, from the extended timestamp. */
  modified: number;
  /** Where the bytes begin. */
  data: number;
  /** Bytes of what stands behind them. */
  behind: number;
}

/** Reads the list and every local header. Throws where anything does not fit, down to a byte between two entries. */
export function list(file: string): Found[] {
  const fd = openSync(file, "r");
  try {
    const { size } = fstatSync(fd);
    const end = read(fd, size - 22, 22);
    if (end.readUInt32LE(0) !== 0x06054b50) throw new Error("no end record at the end");
    let entries = end.readUInt16LE(10);
    let length = end.readUInt32LE(12);
    let offset = end.readUInt32LE(16);
    let tail = size - 22;
    if (entries === 0xffff || length === 0xffff_ffff || offset === 0xffff_ffff) {
      const locator = read(fd, size - 42, 20);
      if (locator.readUInt32LE(0) !== 0x07064b50) throw new Error("no zip64 locator");
      tail = Number(locator.readBigUInt64LE(8));
      if (tail !== size - 98) throw new Error("the zip64 end record stands elsewhere");
      const large = read(fd, tail, 56);
      if (large.readUInt32LE(0) !== 0x06064b50 || Number(large.readBigUInt64LE(4)) !== 44) throw new Error("no zip64 end record");
      entries = Number(large.readBigUInt64LE(32));
      length = Number(large.readBigUInt64LE(40));
      offset = Number(large.readBigUInt64LE(48));
    }
    if (offset + length !== tail) throw new Error(`the list ends at ${offset + length}, the end record begins at ${tail}`);
    const found = central(read(fd, offset, length), entries);
    for (const e of found) checkLocal(fd, e);
    const ends = [...found].sort((a, b) => a.offset - b.offset);
    let at = 0;
    for (const e of ends) {
      if (e.offset !== at) throw new Error(`${e.name} begins at ${e.offset}, the entry before ends at ${at}`);
      at = e.data + e.size + e.behind;
    }
    if (at !== offset) throw new Error(`the last entry ends at ${at}, the list begins at ${offset}`);
    return found;
  } finally {
    closeSync(fd);
  }
}

/** Node reads no more than 2 GiB at once. */
const piece = 64 << 20;

/** Unpacks, checking every CRC. */
export function unzip(file: string, folder: string): Found[] {
  const found = list(file);
  const fd = openSync(file, "r");
  try {
    for (const e of found) {
      const parts = e.name.split("/").filter((p) => p !== "");
      if (parts.includes("..")) throw new Error(`a way out: ${e.name}`);
      const to = path.join(folder, ...parts);
      mkdirSync(e.dir ? to : path.dirname(to), { recursive: true });
      if (e.dir) continue;
      let crc = 0;
      writeFileSync(to, "", { flag: "wx" });
      for (let at = 0; at < e.size; at += piece) {
        const bytes = read(fd, e.data + at, Math.min(piece, e.size - at));
        crc = crc32(bytes, crc);
        appendFileSync(to, bytes);
      }
      if (crc !== e.crc) throw new Error(`CRC of ${e.name}`);
      utimesSync(to, e.modified, e.modified);
    }
  } finally {
    closeSync(fd);
  }
  return found;
}

function central(bytes: Buffer, entries: number): Found[] {
  const found: Found[] = [];
  let at = 0;
  for (let i = 0; i < entries; i++) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error(`entry ${i} of the list is none`);
    if ((bytes.readUInt16LE(at + 8) & 0x800) === 0) throw new Error("a name that is not UTF-8");
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const name = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const extra = fields(bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength));
    let size = bytes.readUInt32LE(at + 24);
    let offset = bytes.readUInt32LE(at + 42);
    let large = extra.get(1) ?? Buffer.alloc(0);
    if (size === 0xffff_ffff) {
      size = Number(large.readBigUInt64LE(0));
      large = large.subarray(16);
    }
    if (offset === 0xffff_ffff) offset = Number(large.readBigUInt64LE(0));
    const stamp = extra.get(0x5455);
    const mode = bytes.readUInt32LE(at + 38) >>> 16;
    found.push({
      name, size, offset, crc: bytes.readUInt32LE(at + 16), dir: name.endsWith("/"),
      modified: stamp?.readInt32LE(1) ?? 0, data: 0, behind: 0,
    });
    if (mode !== (name.endsWith("/") ? 0o040755 : 0o100644)) throw new Error(`mode of ${name}`);
    at += 46 + nameLength + extraLength;
  }
  if (at !== bytes.byteLength) throw new Error("more in the list than its entries");
  return found;
}

function checkLocal(fd: number, e: Found): void {
  const head = read(fd, e.offset, 30);
  const nameLength = head.readUInt16LE(26);
  const extraLength = head.readUInt16LE(28);
  const rest = read(fd, e.offset + 30, nameLength + extraLength);
  const extra = fields(rest.subarray(nameLength));
  e.data = e.offset + 30 + nameLength + extraLength;
  const large = head.readUInt32LE(22) === 0xffff_ffff;
  let size = large ? Number(extra.get(1)?.readBigUInt64LE(0)) : head.readUInt32LE(22);
  let crc = head.readUInt32LE(14);
  if ((head.readUInt16LE(6) & 8) !== 0) {
    if (size !== 0 || crc !== 0) throw new Error(`the header before the bytes of ${e.name} says what only the one behind may`);
    e.behind = large ? 24 : 16;
    const behind = read(fd, e.data + e.size, e.behind);
    if (behind.readUInt32LE(0) !== 0x08074b50) throw new Error(`nothing stands behind ${e.name}`);
    crc = behind.readUInt32LE(4);
    size = large ? Number(behind.readBigUInt64LE(8)) : behind.readUInt32LE(8);
  }
  if (head.readUInt32LE(0) !== 0x04034b50 || head.readUInt16LE(8) !== 0 || rest.toString("utf8", 0, nameLength) !== e.name || size !== e.size || crc !== e.crc) {
    throw new Error(`the header before the bytes of ${e.name} says something else than the list`);
  }
}

function fields(extra: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < extra.byteLength; ) {
    const n = extra.readUInt16LE(at + 2);
    found.set(extra.readUInt16LE(at), extra.subarray(at + 4, at + 4 + n));
    at += 4 + n;
  }
  return found;
}

function read(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(fd, bytes, 0, length, at) !== length) throw new Error("the archive is cut short");
  return bytes;
}
