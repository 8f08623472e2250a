import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { groupSize } from "./coverage.ts";
import { FolderSink } from "./folder.ts";
import { bytesOf, fakeHasher, limits, opening, renewable, TestCore, type TestFile } from "./testing/core.ts";
import { type FakeDir, type FakeFile, FakeFs, type Faults } from "./testing/fakefs.ts";
import { virtually } from "../shared/testing/time.ts";
import type { Conflict } from "../shared/views.ts";

// What the sink looks for in a browser, and Node 20 has not.
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "X11; Linux x86_64" }, configurable: true });
Object.defineProperty(globalThis, "FileSystemFileHandle", { value: { prototype: { createWritable: null } }, configurable: true });

interface World {
  fs: FakeFs;
  core: TestCore;
  sink: FolderSink;
}

async function world(files: TestFile[], faults: Partial<Faults> = {}, conflict: Conflict = "keep-both"): Promise<World> {
  const fs = new FakeFs(faults);
  const core = new TestCore();
  const root = fs.root as unknown as FileSystemDirectoryHandle;
  const sink = await FolderSink.open(opening(files, conflict), root, core.say, renewable(fakeHasher(crc32)), limits);
  return { fs, core, sink };
}

/** Runs a whole transfer and checks that exactly these files are there. */
async function complete(w: World, files: TestFile[], expected: TestFile[] = files): Promise<void> {
  await w.core.run(w.sink, files);
  await w.sink.close();
  const found = w.fs.files();
  assert.deepEqual(Object.keys(found).sort(), expected.map((f) => f.path.join("/")).sort());
  for (const f of expected) assert.ok(Buffer.from(found[f.path.join("/")] ?? []).equals(Buffer.from(bytesOf(f))), f.path.join("/"));
  assert.ok(!w.fs.paths().includes("Beeline (unfinished)"), "the part folder is still there");
  assert.equal(w.fs.open, 0, "streams left open");
}

const three: TestFile[] = [
  { path: ["A", "small.wav"], size: 1000, seed: 1 },
  { path: ["A", "large.mov"], size: 3 * groupSize + 5, seed: 2 },
  { path: ["empty"], size: 0, seed: 3 },
];
const huge: TestFile = { path: ["huge.mov"], size: 9 * groupSize + 7, seed: 4 }; // five segments

test("files land whole, and the part folder goes away", () => virtually(async () => {
  const w = await world([...three, huge]);
  await complete(w, [...three, huge]);
  assert.deepEqual(w.core.of("failed"), []);
  assert.deepEqual(w.core.of("landed").map((m) => m.name).sort(), ["empty", "huge.mov", "large.mov", "small.wav"]);
}));

test("no name leaves the part folder before its file is verified", () => virtually(async () => {
  const w = await world(three);
  let seen: string[] = [];
  w.core.watch = (m) => {
    if (m.type === "digest") seen = [...seen, ...w.fs.paths()];
    return undefined;
  };
  await complete(w, three);
  assert.ok(seen.some((p) => /\/t1\.mov$/.test(p)));
  assert.ok(w.fs.calls.every((c) => !/^(create|write|close) (small|large|empty)/.test(c)), "a file was written under its name");
}));

test("closes are many at once, small files in hand few", () => virtually(async () => {
  const many = Array.from({ length: 300 }, (_, i): TestFile => ({ path: [`${i}.wav`], size: 100, seed: i }));
  const w = await world(many);
  await complete(w, many);
  assert.ok(w.fs.mostOpen <= 24 + 64, `${w.fs.mostOpen} open at once`);
  assert.ok(w.fs.mostOpen >= 24, `${w.fs.mostOpen} open at once`);
}));

// A full disk: Chromium throws the swap file away, under either of two names for the reason.
for (const fault of ["QuotaExceededError", "AbortError"]) {
  test(`a full disk (${fault}) pauses, says what is lost, and goes on with room`, () => virtually(async () => {
    const files = [...three, { path: ["b.mov"], size: 4 * groupSize, seed: 9 }];
    const w = await world(files, { room: 4 * groupSize });
    if (fault === "AbortError") w.fs.faults.write = () => (w.fs.used() > 3 * groupSize ? new DOMException("pipe", "AbortError") : undefined);
    w.core.watch = (m) => {
      if (m.type === "full") {
        setTimeout(() => {
          w.fs.faults.room = 100 * groupSize;
          delete w.fs.faults.write;
        }, 100);
      }
      return undefined;
    };
    await complete(w, files);
    assert.deepEqual(w.core.of("failed"), []);
    const types = w.core.types();
    assert.ok(types.indexOf("full") >= 0 && types.indexOf("full") < types.indexOf("room"), types.join(" "));
    assert.ok(w.core.of("full").every((m) => m.needed > 0));
  }));
}

test("a file that a full disk cut comes again in segments, so that the next time takes less", () => virtually(async () => {
  const files: TestFile[] = [{ path: ["a.mov"], size: 7 * groupSize, seed: 1 }];
  const w = await world(files, { room: 5 * groupSize });
  let fulls = 0;
  w.core.watch = (m) => {
    if (m.type === "full" && ++fulls === 2) setTimeout(() => (w.fs.faults.room = 100 * groupSize), 50);
    if (m.type === "full" && fulls === 1) setTimeout(() => (w.fs.faults.room = 6 * groupSize), 50);
    return undefined;
  };
  await complete(w, files);
  const lost = w.core.of("lost");
  assert.ok(fulls >= 2, "it was full once only");
  assert.ok(lost.slice(1).every((m) => m.length <= limits.segment), JSON.stringify(lost));
}));

test("segments survive a join that does not fit", () => virtually(async () => {
  const w = await world([huge], { room: huge.size + 3 * groupSize });
  let fulls = 0;
  w.core.watch = (m) => {
    if (m.type === "full" && ++fulls > 0) setTimeout(() => (w.fs.faults.room = 100 * groupSize), 100);
    return undefined;
  };
  await complete(w, [huge]);
  assert.ok(fulls > 0, "it always fitted");
  const writes = w.core.of("written").flatMap((m) => m.pieces).length;
  assert.ok(writes <= 10 + limits.segment / groupSize, `${writes} groups written: segments came again`);
}));

test("a close that is refused loses the file, it comes again, at most three times", () => virtually(async () => {
  let refusals = 0;
  const files: TestFile[] = [{ path: ["a.wav"], size: 10, seed: 1 }, { path: ["b.mov"], size: 7 * groupSize + 5, seed: 2 }, { path: ["c.mov"], size: 2 * groupSize, seed: 3 }];
  const once = await world(files, { close: (name) => (name.endsWith(".mov") && refusals++ < 2 ? new DOMException("Blocked by Safe Browsing.", "AbortError") : undefined) });
  await complete(once, files);
  assert.deepEqual(once.core.of("lost").map((m) => [m.file, m.offset, m.length]).sort(), [[1, 0, 7 * groupSize + 5], [2, 0, 2 * groupSize]]);

  const always = await world(three, { close: (name) => (name === "t1.mov" ? new DOMException("Blocked by Safe Browsing.", "AbortError") : undefined) });
  await complete(always, three, [three[0], three[2]] as TestFile[]);
  assert.deepEqual(always.core.of("failed"), [{ type: "failed", file: 1, code: "E_WRITE" }]);
}));

test("what was lost while its batch waited for another file is not said to be written", () => virtually(async () => {
  const files: TestFile[] = [{ path: ["a.mov"], size: 3 * groupSize, seed: 1 }, { path: ["b.mov"], size: 10, seed: 2 }];
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  let failed = false;
  const w = await world(files, {
    waits: (name) => (name === "t1.mov" ? held : undefined),
    write: (name, at) => {
      if (name !== "t0.mov" || at === 0 || failed) return undefined;
      failed = true;
      return new DOMException("bad luck", "AbortError");
    },
  });
  w.core.watch = (m) => {
    if (m.type === "lost") go();
    return m.type !== "full" && m.type !== "room"; // nobody answers
  };
  for (const [i, f] of files.entries()) w.sink.entry({ type: "entry", file: i, kind: "file", path: f.path, size: f.size, modified: 0 });
  const [a0, a1, b0] = [[0, 0, groupSize], [0, groupSize, groupSize], [1, 0, 10]].map(([file = 0, offset = 0, length = 0]) => ({ file, version: 0, offset, length }));
  assert.ok(a0 && a1 && b0);
  w.sink.write([a0, b0], new ArrayBuffer(groupSize + 10));
  await new Promise((resolve) => setTimeout(resolve, 20));
  w.sink.write([a1], new ArrayBuffer(groupSize));
  await w.sink.close();
  assert.deepEqual(w.core.of("lost").map((m) => m.file), [0]);
  assert.deepEqual(w.core.of("written").map((m) => m.pieces), [[], [b0]]);
}));

test("withdrawn permission fails each file, not the worker", () => virtually(async () => {
  const w = await world(three, { write: () => new DOMException("no", "NotAllowedError") });
  await complete(w, three, three.slice(2));
  assert.deepEqual(w.core.of("failed").map((m) => m.code), ["E_WRITE", "E_WRITE"]);
}));

test("a name that can't be, even escaped, fails that file only", () => virtually(async () => {
  const w = await world(three, { refuses: (name) => name.startsWith("small") });
  await complete(w, three, three.slice(1));
  assert.deepEqual(w.core.of("failed"), [{ type: "failed", file: 0, code: "E_NAME" }]);
}));

test("a move that never ends costs its time-out once, and no file", () => virtually(async () => {
  const files = Array.from({ length: 4 }, (_, i): TestFile => ({ path: [`${i}.odd`], size: 50 + i, seed: i }));
  const w = await world(files, { hangs: (name) => name.endsWith(".odd") });
  await w.core.run(w.sink, files);
  const hung = w.fs.calls.filter((c) => c.startsWith("move")).length;
  const landed = w.core.of("landed");
  assert.equal(landed.length, 4);
  const found = w.fs.files();
  for (const m of landed) {
    const f = files[m.file];
    assert.ok(f && Buffer.from(found[m.name] ?? []).equals(Buffer.from(bytesOf(f))), m.name);
  }
  assert.ok(hung >= 1);
  // A fifth one is copied at once.
  const later: TestFile = { path: ["later.odd"], size: 60, seed: 9 };
  await w.core.run(w.sink, [...files, later].slice(4));
  assert.equal(w.fs.calls.filter((c) => c.startsWith("move")).length, hung);
}));

test("where nothing can be moved, files are copied and read back again", () => virtually(async () => {
  const w = await world(three, { move: () => new DOMException("no renames here", "NotSupportedError") });
  await complete(w, three);
  assert.deepEqual(w.core.of("failed"), []);
}));

test("a copy that differs from what was verified is no file", () => virtually(async () => {
  const w = await world(three, {
    move: () => new DOMException("no renames here", "NotSupportedError"),
    // The disk bends a bit of what is written under a name of the person's.
    bends: (name) => name === "small.wav",
  });
  await complete(w, three, three.slice(1));
  assert.deepEqual(w.core.of("failed"), [{ type: "failed", file: 0, code: "E_WRITE" }]);
}));

test("files that land together under one name each get their own", () => virtually(async () => {
  // The core has given the third of them its suffix already: the second must not take it.
  const files: TestFile[] = [{ path: ["a.mov"], size: 10, seed: 1 }, { path: ["a (2).mov"], size: 10, seed: 2 }];
  const w = await world(files);
  const there = await w.fs.root.getFileHandle("a.mov", { create: true });
  there.bytes = new Uint8Array([1]);
  await w.core.run(w.sink, files);
  await w.sink.close();
  const names = w.core.of("landed").map((m) => m.name);
  assert.equal(new Set(names).size, 2, names.join());
  const found = w.fs.files();
  assert.deepEqual([...(found["a.mov"] ?? [])], [1]);
  for (const m of w.core.of("landed")) assert.ok(Buffer.from(found[m.name] ?? []).equals(Buffer.from(bytesOf(files[m.file] as TestFile))), m.name);
}));

// Between the word that a file is right and its name somebody may write it: an
// editor, a virus scanner, somebody with a hand on the part folder.
for (const [what, f] of Object.entries({ small: { size: 1000 }, large: { size: 5 * groupSize }, segments: { size: 9 * groupSize + 7 } })) {
  test(`a file that changed since it was read back is read again, not landed (${what})`, () => virtually(async () => {
    const file: TestFile = { path: ["a.mov"], size: f.size, seed: 1 };
    const w = await world([file]);
    const there = (): FakeFile => {
      const dir = (w.fs.root.entries.get("Beeline (unfinished)") as FakeDir).entries.get("0badcafe") as FakeDir;
      return dir.entries.get("t0.mov") as FakeFile;
    };
    let looks = 0;
    w.core.watch = (m) => {
      if (m.type !== "digest") return undefined;
      looks++;
      if (looks === 1) there().touch(bytesOf({ ...file, seed: 2 })); // other bytes
      if (looks === 2) there().touch(bytesOf(file)); // and back
      return undefined;
    };
    await complete(w, [file]);
    const [first, second, third] = w.core.of("digest").map((m) => Buffer.from(m.digest).toString("hex"));
    assert.equal(looks, 3);
    assert.notEqual(first, second, "what was changed was not read");
    assert.equal(first, third);
  }));
}

test("a file that somebody keeps writing fails, and is not landed", () => virtually(async () => {
  const w = await world(three);
  w.core.watch = (m) => {
    if (m.type !== "digest" || m.file !== 0) return undefined;
    const parent = w.fs.root.entries.get("Beeline (unfinished)") as FakeDir;
    ((parent.entries.get("0badcafe") as FakeDir).entries.get("t0.wav") as FakeFile).touch(new Uint8Array(1000));
    return undefined;
  };
  await complete(w, three, three.slice(1));
  assert.deepEqual(w.core.of("failed"), [{ type: "failed", file: 0, code: "E_WRITE" }]);
}));

// Windows finds "Important clip.mov" under "IMPORT~1.MOV", too.
for (const conflict of ["replace", "skip", "keep-both"] as const) {
  test(`a short name that leads to another file takes nothing from it (${conflict})`, () => virtually(async () => {
    const files: TestFile[] = [{ path: ["IMPORT~1.MOV"], size: 10, seed: 1 }, { path: ["REEL~1", "a.mov"], size: 20, seed: 2 }, { path: ["SHORT~1.MOV"], size: 30, seed: 3 }];
    const alias: Record<string, string> = { "IMPORT~1.MOV": "Important clip.mov", "REEL~1": "Reel of the day" };
    const w = await world(files, { alias: (name) => alias[name] }, conflict);
    const mine = bytesOf(files[0] as TestFile); // the same bytes: still another file
    (await w.fs.root.getFileHandle("Important clip.mov", { create: true })).bytes = mine;
    const reel = await w.fs.root.getDirectoryHandle("Reel of the day", { create: true });
    (await reel.getFileHandle("a.mov", { create: true })).bytes = new Uint8Array([7]);
    (await w.fs.root.getFileHandle("SHORT~1.MOV", { create: true })).bytes = new Uint8Array([8]); // really called so
    await w.core.run(w.sink, files);
    await w.sink.close();
    const found = w.fs.files();
    assert.deepEqual(found["Important clip.mov"], mine);
    assert.deepEqual([...(found["Reel of the day/a.mov"] ?? [])], [7]);
    assert.deepEqual(w.core.of("landed").map((m) => [m.file, m.name, m.skipped]).sort(), [
      [0, "IMPORT~1 (2).MOV", false], [1, "a.mov", false], [2, conflict === "replace" ? "SHORT~1.MOV" : "SHORT~1 (2).MOV", false],
    ]);
    assert.deepEqual(Buffer.from(found["REEL~1 (2)/a.mov"] ?? []), Buffer.from(bytesOf(files[1] as TestFile)));
  }));
}

test("a source that changes is there in its last version", () => virtually(async () => {
  for (const [before, after] of [[3, 2], [3, 9], [9, 3], [9, 9]]) {
    const old: TestFile = { path: ["a.mov"], size: (before ?? 0) * groupSize, seed: 1 };
    const now: TestFile = { path: ["a.mov"], size: (after ?? 0) * groupSize + 3, seed: 2 };
    const w = await world([old]);
    let changed = false;
    w.core.watch = (m) => {
      if (m.type !== "written" || changed) return undefined;
      changed = true;
      w.core.change(0, now);
      return true;
    };
    await complete(w, [old], [now]);
    assert.equal(w.core.of("digest").at(-1)?.version, 1);
  }
}));

test("discard in the middle leaves what landed and nothing else, and says nothing more", () => virtually(async () => {
  const files = [...three, huge];
  const w = await world(files, { room: 6 * groupSize });
  const full = new Promise<void>((resolve) => {
    w.core.watch = (m) => {
      if (m.type === "full") resolve();
      return undefined;
    };
  });
  void w.core.run(w.sink, files);
  await full;
  await w.sink.discard();
  const said = w.core.said.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(w.core.said.length, said);
  assert.equal(w.fs.open, 0);
  assert.ok(!w.fs.paths().some((p) => p.includes("unfinished")), w.fs.paths().join());
}));

test("an older part folder of the same transfer goes, of another stays", () => virtually(async () => {
  const fs = new FakeFs();
  const parent = await fs.root.getDirectoryHandle("Beeline (unfinished)", { create: true });
  for (const key of ["0badcafe", "deadbeef"]) {
    const dir = await parent.getDirectoryHandle(key, { create: true });
    await dir.getFileHandle("t0.mov.crswap", { create: true });
  }
  const core = new TestCore();
  const sink = await FolderSink.open(opening(three), fs.root as unknown as FileSystemDirectoryHandle, core.say, renewable(fakeHasher(crc32)), limits);
  await core.run(sink, three);
  await sink.close();
  assert.deepEqual(fs.paths().filter((p) => p.startsWith("Beeline")), ["Beeline (unfinished)", "Beeline (unfinished)/deadbeef", "Beeline (unfinished)/deadbeef/t0.mov.crswap"]);
}));

/** Numbers that look random and are the same each time. */
function dice(seed: number): () => number {
  let x = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

// Whatever goes wrong, in any mixture: each write is answered, each file lands
// whole or fails, nothing stays open and nothing else is left.
for (let seed = 0; seed < 8; seed++) {
  test(`any mixture of faults, ${seed}`, () => virtually(async () => {
    const roll = dice(seed);
    const files = Array.from({ length: 12 }, (_, i): TestFile => ({
      path: [`d${i % 3}`, `${i}.${i % 4 === 0 ? "sh" : "mov"}`],
      size: [0, 10, groupSize, 2 * groupSize + 1, 5 * groupSize, 9 * groupSize + 3][Math.floor(roll() * 6)] ?? 0,
      seed: i,
    }));
    const w = await world(files, { room: (6 + roll() * 30) * groupSize });
    const { faults } = w.fs;
    const rate = roll() * 0.06;
    const maybe = (name: string): DOMException | undefined => (roll() < rate ? new DOMException("bad luck", name) : undefined);
    faults.write = () => maybe("AbortError");
    faults.close = () => maybe("AbortError");
    faults.move = () => maybe("AbortError");
    let answers = 0;
    w.core.watch = (m) => {
      if (m.type === "written") answers++;
      if (m.type === "full") setTimeout(() => (faults.room += 20 * groupSize), roll() * 60);
      if (m.type === "written" && roll() < 0.01) w.core.change(3, { ...(files[3] as TestFile), size: 3 * groupSize, seed: 77 });
      if (m.type === "safe" && roll() < 0.02) void w.fs.root.removeEntry("Beeline (unfinished)", { recursive: true }).catch(() => undefined);
      return undefined;
    };
    await w.core.run(w.sink, files);
    await w.sink.close();
    assert.equal(answers, w.core.writes, "answers to writes");
    assert.equal(w.fs.open, 0, "streams left open");
    const found = w.fs.files();
    const landed = w.core.of("landed");
    for (const m of landed) {
      const f = w.core.files[m.file] as TestFile;
      const name = [...f.path.slice(0, -1), m.name].join("/");
      assert.ok(Buffer.from(found[name] ?? []).equals(Buffer.from(bytesOf(f))), `${name} of ${f.size} bytes`);
      delete found[name];
    }
    assert.equal(landed.length + w.core.of("failed").length, files.length);
    assert.deepEqual(Object.keys(found), [], "more is there than landed");
  }));
}
