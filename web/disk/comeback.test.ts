// A page that is gone leaves a part folder and a journal; the next one takes over
// what is there, reads it back, and asks for the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import type { FromDisk } from "../shared/disk.ts";
import { virtually } from "../shared/testing/time.ts";
import { groupSize } from "./coverage.ts";
import { FolderSink } from "./folder.ts";
import { segmentOf } from "./segments.ts";
import { bytesOf, fakeHasher, limits, opening, renewable, TestCore, type TestFile } from "./testing/core.ts";
import { FakeFs } from "./testing/fakefs.ts";

Object.defineProperty(globalThis, "navigator", { value: { userAgent: "X11; Linux x86_64" }, configurable: true });
Object.defineProperty(globalThis, "FileSystemFileHandle", { value: { prototype: { createWritable: null } }, configurable: true });

const files: TestFile[] = [
  { path: ["A", "small.wav"], size: 1000, seed: 1 },
  { path: ["A", "large.mov"], size: 3 * groupSize + 5, seed: 2 },
  { path: ["empty"], size: 0, seed: 3 },
  { path: ["huge.mov"], size: 9 * groupSize + 7, seed: 4 }, // five segments
];

async function page(fs: FakeFs, before: TestCore | null): Promise<{ core: TestCore; sink: FolderSink }> {
  const core = new TestCore();
  core.recalled = before?.journal() ?? new Map();
  const root = fs.root as unknown as FileSystemDirectoryHandle;
  const sink = await FolderSink.open(opening(files), root, core.say, renewable(fakeHasher(crc32)), limits, before !== null);
  return { core, sink };
}

/** Runs a page until it has said so many words, and leaves it as a crash does: nothing more is answered. */
async function until(fs: FakeFs, before: TestCore | null, words: number): Promise<TestCore> {
  const { core, sink } = await page(fs, before);
  await core.runUntil(words, sink, files);
  return core;
}

async function ends(fs: FakeFs, before: TestCore): Promise<TestCore> {
  const { core, sink } = await page(fs, before);
  await core.run(sink, files);
  await sink.close();
  const found = fs.files();
  assert.deepEqual(Object.keys(found).sort(), files.map((f) => f.path.join("/")).sort());
  for (const f of files) assert.ok(Buffer.from(found[f.path.join("/")] ?? []).equals(Buffer.from(bytesOf(f))), f.path.join("/"));
  assert.ok(!fs.paths().includes("Beeline (unfinished)"), "the part folder is still there");
  return core;
}

const keptBytes = (core: TestCore): number =>
  core.of("kept").reduce((sum, m) => sum + (m.landed ? (files[m.file]?.size ?? 0) : m.parts.reduce((n, p) => n + p.count * groupSize, 0)), 0);

test("wherever a page goes, the next one ends with the same files", () => virtually(async () => {
  let most = 0;
  for (let words = 1; words < 48; words += 3) {
    const fs = new FakeFs();
    const before = await until(fs, null, words);
    const after = await ends(fs, before);
    assert.deepEqual(after.of("failed"), []);
    most = Math.max(most, keptBytes(after));
  }
  assert.ok(most >= 9 * groupSize, `at most ${most} bytes were found again`);
}));

test("twice in a row", () => virtually(async () => {
  const fs = new FakeFs();
  const first = await until(fs, null, 14);
  const second = await until(fs, first, 12);
  for (const [path, parts] of first.journal()) second.recalled.set(path, parts); // one journal, added to
  const both = new TestCore();
  both.files.push(...files);
  both.said.push(...first.said, ...second.said);
  await ends(fs, both);
}));

test("a file that got its name, and nobody could write it down, does not come again beside itself", () => virtually(async () => {
  const fs = new FakeFs();
  const core = await until(fs, null, 1000);
  const unsaid = new TestCore();
  unsaid.files.push(...files);
  unsaid.said.push(...core.said.filter((m: FromDisk) => m.type !== "landed"));
  const after = await ends(fs, unsaid);
  assert.equal(after.writes, 0, "bytes were asked for");
}));

test("what the person put in its place is left alone", () => virtually(async () => {
  const fs = new FakeFs();
  const before = await until(fs, null, 1000);
  const other = fs.files()["huge.mov"];
  assert.ok(other);
  const unsaid = new TestCore();
  unsaid.files.push(...files);
  unsaid.said.push(...before.said.filter((m) => m.type !== "landed"));
  const { core, sink } = await page(fs, unsaid);
  // The core finds another digest than the sharer's, and asks for a group of it again.
  let wrong = true;
  core.watch = (m) => {
    if (m.type !== "digest" || m.file !== 3 || !wrong) return undefined;
    wrong = false;
    sink.write([{ file: 3, version: 0, offset: 0, length: groupSize }], bytesOf(files[3] as TestFile, 0, groupSize).buffer);
    return true;
  };
  await core.run(sink, files);
  await sink.close();
  assert.ok(Object.keys(fs.files()).includes("huge (2).mov"), Object.keys(fs.files()).join());
  assert.deepEqual(fs.files()["huge.mov"], other);
}));

test("a file that somebody changed since it got its name is read before anything is said of it", () => virtually(async () => {
  const fs = new FakeFs();
  const before = await until(fs, null, 1000);
  const dir = await fs.root.getDirectoryHandle("A");
  const stream = await (await dir.getFileHandle("large.mov")).createWritable({ keepExistingData: true });
  await stream.write({ position: 5, data: new Uint8Array([1, 2, 3]) });
  await stream.close();
  const { core, sink } = await page(fs, before);
  await core.run(sink, files);
  await sink.close();
  assert.deepEqual(core.of("kept").filter((m) => !m.landed).map((m) => m.file), [1]);
  assert.deepEqual(core.of("digest").map((m) => m.file), [1]);
}));

test("a journal that names what is not there costs a new beginning", () => virtually(async () => {
  const fs = new FakeFs();
  const before = await until(fs, null, 20);
  await fs.root.removeEntry("Beeline (unfinished)", { recursive: true });
  const after = await ends(fs, before);
  assert.ok(keptBytes(after) <= before.of("landed").reduce((n, m) => n + (files[m.file]?.size ?? 0), 0));
}));

test("segments grow with a file, so that those which are open are a little of it", () => {
  const MiB = 1 << 20;
  for (const [size, segment] of [[1, 16], [512, 16], [1025, 32], [3000, 64], [100_000, 256]] as const) {
    assert.equal(segmentOf(size * MiB, 256 * MiB), segment * MiB, `${size} MiB`);
  }
  assert.equal(segmentOf(100 * MiB, 2 * MiB), 2 * MiB);
});
