import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { list } from "../e2e/disk/unzip.ts";
import { centralHeader, dosTime, endRecords, localHeader, localHeaderSize, type ZipEntry } from "./zip64.ts";

const GiB = 1024 ** 3;
const when = Date.UTC(2026, 10, 24, 12, 30, 58);

interface Made {
  name: string;
  size: number;
  /** Where it is not given the bytes are a hole. */
  bytes?: Uint8Array;
}

/** Writes an archive into a sparse file and hands it to f. */
function archive(entries: Iterable<Made>, f: (file: string, made: { offset: number; name: string }[]) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-zip-"));
  try {
    const file = path.join(folder, "a.zip");
    const fd = openSync(file, "w");
    const made: { offset: number; name: string }[] = [];
    const central: Uint8Array[] = [];
    let at = 0;
    for (const { name, size, bytes } of entries) {
      const e: ZipEntry = { name: new TextEncoder().encode(name), dir: name.endsWith("/"), size, crc: bytes ? crc32(bytes) : 0, modified: when };
      const header = localHeader(e);
      assert.equal(header.byteLength, localHeaderSize(e.name.byteLength, size));
      writeSync(fd, header, 0, header.byteLength, at);
      if (bytes) writeSync(fd, bytes, 0, size, at + header.byteLength);
      central.push(centralHeader(e, at));
      made.push({ offset: at, name });
      at += header.byteLength + size;
    }
    const listBytes = Buffer.concat(central);
    writeSync(fd, listBytes, 0, listBytes.byteLength, at);
    const end = endRecords(made.length, at, listBytes.byteLength);
    writeSync(fd, end, 0, end.byteLength, at + listBytes.byteLength);
    closeSync(fd);
    f(file, made);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Asks Python's reader, where there is one, for what our own found. */
function python(code: string, file: string): string | null {
  const run = spawnSync("python3", ["-c", `import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\n${code}`, file], { encoding: "utf8" });
  if (run.error) return null;
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim();
}

const bytes = new TextEncoder().encode("some bytes");

test("names, folders and dates are what they were", () => {
  const names = ["A/", "A/Übersicht 🎬.wav", "A/U\u0308.wav", "plain", `${"x".repeat(1020)}/y`];
  archive(names.map((name) => (name.endsWith("/") ? { name, size: 0 } : { name, size: bytes.byteLength, bytes })), (file, made) => {
    const found = list(file);
    assert.deepEqual(found.map(({ name, offset }) => ({ name, offset })), made.map(({ name, offset }) => ({ name, offset })));
    assert.ok(found.every((e) => e.modified === when / 1000));
    const said = python("assert z.testzip() is None\nprint('|'.join(z.namelist()))", file);
    if (said !== null) assert.equal(said, names.join("|"));
  });
});

test("an archive of small things has no zip64 record", () => {
  assert.equal(endRecords(65_534, 1000, 1000).byteLength, 22);
  assert.equal(endRecords(65_535, 1000, 1000).byteLength, 98);
  assert.equal(endRecords(1, 2 ** 32 - 1, 1).byteLength, 98);
  assert.equal(localHeaderSize(5, 2 ** 32 - 2), 44);
  assert.equal(localHeaderSize(5, 2 ** 32 - 1), 64);
});

test("70,000 entries", () => {
  const entries = Array.from({ length: 70_000 }, (_, i) => ({ name: `many/${i}.wav`, size: i % 3, bytes: new Uint8Array(i % 3).fill(7) }));
  archive(entries, (file) => {
    assert.equal(list(file).length, 70_000);
    const said = python("print(len(z.namelist()))", file);
    if (said !== null) assert.equal(said, "70000");
    const unzip = spawnSync("unzip", ["-tqq", file], { encoding: "utf8" });
    if (!unzip.error) assert.equal(unzip.status, 0, unzip.stdout + unzip.stderr);
  });
});

test("files above 4 GiB, and places behind them", () => {
  const entries = [
    { name: "first.wav", size: bytes.byteLength, bytes },
    { name: "just below.mov", size: 2 ** 32 - 2 },
    { name: "just large.mov", size: 2 ** 32 - 1 },
    { name: "huge.mov", size: 900 * GiB + 5 },
    { name: "behind.wav", size: bytes.byteLength, bytes },
  ];
  archive(entries, (file, made) => {
    const found = list(file);
    assert.deepEqual(found.map((e) => e.size), entries.map((e) => e.size));
    assert.deepEqual(found.map((e) => e.offset), made.map((e) => e.offset));
    const said = python("print([i.file_size for i in z.infolist()], [i.header_offset for i in z.infolist()], z.read('behind.wav'))", file);
    if (said !== null) assert.equal(said, `[${entries.map((e) => e.size).join(", ")}] [${made.map((e) => e.offset).join(", ")}] b'some bytes'`);
  });
});

test("a date outside what the format knows is its nearest end", () => {
  assert.deepEqual(dosTime(0), { time: 0, date: 0x21 });
  assert.deepEqual(dosTime(Number.NaN), { time: 0, date: 0x21 });
  assert.equal(dosTime(Date.UTC(2500, 0, 1)).date, 0xff9f);
  const local = new Date(2026, 10, 24, 13, 5, 59).getTime();
  assert.deepEqual(dosTime(local), { time: (13 << 11) | (5 << 5) | 29, date: (46 << 9) | (11 << 5) | 24 });
});
