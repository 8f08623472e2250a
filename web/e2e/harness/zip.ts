// Reads a stored zip or zip64 as a test needs it: names and contents, each
// checked against its CRC. Nothing is trusted that the file doesn't say twice.

import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { digest } from "./files.ts";

/** What an archive holds, in the form of readTree: files by digest, empty folders as null. */
export function readZip(file: string): Record<string, string | null> {
  const b = readFileSync(file);
  const end = b.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw new Error(`${file} has no end of a zip`);
  let entries = b.readUInt16LE(end + 10);
  let at = b.readUInt32LE(end + 16);
  if (at === 0xffffffff || entries === 0xffff) {
    const end64 = Number(b.readBigUInt64LE(end - 20 + 8));
    entries = Number(b.readBigUInt64LE(end64 + 32));
    at = Number(b.readBigUInt64LE(end64 + 48));
  }
  const found: Record<string, string | null> = {};
  const folders: string[] = [];
  for (let i = 0; i < entries; i++) {
    if (b.readUInt32LE(at) !== 0x02014b50) throw new Error(`entry ${i} is not where the directory says`);
    const method = b.readUInt16LE(at + 10);
    const crc = b.readUInt32LE(at + 16);
    let size = b.readUInt32LE(at + 24);
    let offset = b.readUInt32LE(at + 42);
    const nameLength = b.readUInt16LE(at + 28);
    const extraLength = b.readUInt16LE(at + 30);
    const name = b.toString("utf8", at + 46, at + 46 + nameLength);
    // zip64 extra: sizes first, then the offset, each only where it did not fit.
    let extra = at + 46 + nameLength;
    const extraEnd = extra + extraLength;
    while (extra < extraEnd) {
      const length = b.readUInt16LE(extra + 2);
      if (b.readUInt16LE(extra) === 1) {
        let field = extra + 4;
        if (size === 0xffffffff) {
          size = Number(b.readBigUInt64LE(field));
          field += b.readUInt32LE(at + 20) === 0xffffffff ? 16 : 8;
        }
        if (offset === 0xffffffff) offset = Number(b.readBigUInt64LE(field));
      }
      extra += 4 + length;
    }
    if (method !== 0) throw new Error(`${name} is compressed`);
    if (b.readUInt32LE(offset) !== 0x04034b50) throw new Error(`${name} is not where the directory says`);
    const start = offset + 30 + b.readUInt16LE(offset + 26) + b.readUInt16LE(offset + 28);
    const content = b.subarray(start, start + size);
    if (crc32(content) !== crc) throw new Error(`the checksum of ${name} is wrong`);
    if (name.endsWith("/")) folders.push(name.slice(0, -1));
    else found[name] = digest(content);
    at += 46 + nameLength + extraLength + b.readUInt16LE(at + 32);
  }
  const full = new Set(Object.keys(found).concat(folders).map((n) => n.slice(0, Math.max(0, n.lastIndexOf("/")))));
  for (const folder of folders) if (!full.has(folder)) found[folder] = null;
  return found;
}
