// A page that is killed anywhere while a file in segments comes to be: at each call
// into the browser, from the first byte to the name. The next page ends with the
// right file and nothing beside it, and what the journal knew does not come again.
//
//	s1.txt s2.txt …  ──write──▶  t0.mov.crswap  ──close──▶  t0.mov  ──▶ segments go ──▶ huge.mov

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import type { FromDisk } from "../shared/disk.ts";
import { virtually } from "../shared/testing/time.ts";
import { groupSize } from "./coverage.ts";
import { FolderSink } from "./folder.ts";
import { bytesOf, fakeHasher, limits, opening, renewable, TestCore, type TestFile } from "./testing/core.ts";
import { FakeFs } from "./testing/fakefs.ts";

Object.defineProperty(globalThis, "navigator", { value: { userAgent: "X11; Linux x86_64" }, configurable: true });
Object.defineProperty(globalThis, "FileSystemFileHandle", { value: { prototype: { createWritable: null } }, configurable: true });

const segments = 5;
const file = (name: string): TestFile => ({ path: ["A", name], size: (2 * segments - 1) * groupSize + 7, seed: 4 });

/** Receives a file with what an earlier page left. Resolves at the end, or never. */
async function page(fs: FakeFs, of: TestFile, core: TestCore, again: boolean): Promise<void> {
  const sink = await FolderSink.open(opening([of]), fs.root as unknown as FileSystemDirectoryHandle, core.say, renewable(fakeHasher(crc32)), limits, again);
  await core.run(sink, [of]);
  await sink.close();
}

/** What the journal holds when the last record was not flushed yet. A file gets its name only once it was. */
function unflushed(core: TestCore): TestCore {
  const last = core.said.findLastIndex((m) => m.type === "safe" || m.type === "landed");
  const late = core.said.slice(last).some((m: FromDisk) => m.type === "digest");
  const other = new TestCore();
  other.files.push(...core.files);
  other.said.push(...(late ? core.said : core.said.filter((_, n) => n !== last)));
  return other;
}

const bytesIn = (parts: readonly { count: number }[]): number => parts.reduce((sum, part) => sum + part.count, 0);

/** Kills the page after so many calls, and lets another one end it. False where it had ended. */
async function killed(of: TestFile, calls: number, journal: (core: TestCore) => TestCore): Promise<boolean> {
  const fs = new FakeFs();
  const first = new TestCore();
  first.files.push(of);
  const dead = fs.diesAfter(calls).then(() => "dead");
  if ((await Promise.race([page(fs, of, first, false).then(() => "done"), dead])) === "done") return false;

  const second = new TestCore();
  second.recalled = journal(first).journal();
  const known = [...second.recalled.values()].flat();
  await page(fs, of, second, known.length > 0);
  const found = fs.files();
  const where = `killed after ${calls} calls, the last: ${fs.calls.slice(-3).join(", ")}`;
  assert.deepEqual(Object.keys(found), [of.path.join("/")], where);
  assert.ok(Buffer.from(found[of.path.join("/")] ?? []).equals(Buffer.from(bytesOf(of))), where);
  assert.deepEqual(second.of("failed"), [], where);
  assert.ok(!fs.paths().includes("Beeline (unfinished)"), where);
  // Of a segment that was joined and of the whole there are two records: none counts twice.
  const safe = Math.min(bytesIn(known), Math.ceil(of.size / groupSize));
  const kept = second.of("kept").reduce((sum, m) => sum + (m.landed ? Math.ceil(of.size / groupSize) : bytesIn(m.parts)), 0);
  assert.ok(kept >= safe, `${where}: ${kept} groups of ${safe} that were safe are there`);
  return true;
}

for (const [what, journal] of [["as the journal is", (core: TestCore) => core], ["the last record is missing", unflushed]] as const) {
  for (const name of ["huge.mov", "huge.py"]) { // moved to its name; copied to it (asks.ts)
    test(`${name}, killed at every call, ${what}`, () => virtually(async () => {
      let calls = 0;
      while (await killed(file(name), calls, journal)) calls++;
      assert.ok(calls > 10 * segments, `only ${calls} calls`);
    }));
  }
}
