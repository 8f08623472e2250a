import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { assertArchive, bytesIn } from "../e2e/disk/archive.ts";
import { list } from "../e2e/disk/unzip.ts";
import { Archive } from "./archive.ts";
import { MemoryStore } from "./blob.ts";
import { groupSize } from "./coverage.ts";
import { HasherDead } from "./hasher.ts";
import { KeepSink } from "./keep.ts";
import type { Renewable } from "./readback.ts";
import { Volumes } from "./volumes.ts";
import { localHeader, localHeaderSize } from "./zip64.ts";
import { bytesOf, fakeHasher, limits, opening, renewable, TestCore, several, type TestFile } from "./testing/core.ts";
import { FakeStore } from "./testing/store.ts";
import { virtually } from "../shared/testing/time.ts";

interface World {
  store: FakeStore;
  core: TestCore;
  sink: KeepSink;
  exported: { name: string; blob: Blob }[];
}

function world(files: TestFile[], r: Renewable = renewable(fakeHasher(crc32))): World {
  const store = new FakeStore();
  const core = new TestCore();
  const exported: { name: string; blob: Blob }[] = [];
  const sink = new KeepSink(opening(files), store, core.say, (name, blob) => exported.push({ name, blob }), r, limits);
  return { store, core, sink, exported };
}

/** Runs a whole transfer, by a clock of its own; `before` runs before it is closed. */
function complete(w: World, files: TestFile[], before: () => void = () => undefined): Promise<void> {
  return virtually(async () => {
    await w.core.run(w.sink, files);
    before();
    await w.sink.close();
  });
}

test("a share becomes an archive of exactly what was sent", async () => {
  const w = world(several);
  w.sink.entry({ type: "entry", file: 99, kind: "dir", path: ["A", "leer"], size: 0, modified: 0 });
  await complete(w, several);
  assert.equal(w.exported[0]?.name, "A.zip");
  await assertArchive(w.exported[0]?.blob, several, ["A/leer"]);
  assert.deepEqual([...w.store.open_], [], "left open");
  assert.ok(w.store.marked);
  for (const [i, f] of several.entries()) {
    const safe = w.core.of("safe").filter((m) => m.file === i);
    if (f.size > 0) assert.equal(safe.at(-1)?.bytes, f.size);
  }
});

test("the only file of a share is no archive", async () => {
  const file: TestFile = { path: ["a.mov"], size: 3 * groupSize, seed: 1 };
  const w = world([file]);
  await complete(w, [file]);
  assert.equal(w.exported[0]?.name, "a.mov");
  assert.ok((await bytesIn(w.exported[0]?.blob)).equals(Buffer.from(bytesOf(file))));
});

test("the only file with a folder beside it is in an archive after all", async () => {
  const file: TestFile = { path: ["a.mov"], size: 3 * groupSize, seed: 1 };
  const w = world([file]);
  await complete(w, [file], () => w.sink.entry({ type: "entry", file: 99, kind: "dir", path: ["leer"], size: 0, modified: 0 }));
  assert.equal(w.exported[0]?.name, "Title.zip");
  await assertArchive(w.exported[0]?.blob, [file], ["leer"]);
});

test("more entries than a ZIP of old can count, in few files of the store", async () => {
  const store = new FakeStore();
  const volumes = new Volumes(store);
  const archive = new Archive(store, (file, bytes, at) => {
    assert.equal(file.write(bytes, at), bytes.byteLength);
    return Promise.resolve();
  });
  const encoder = new TextEncoder();
  for (let i = 0; i < 66_000; i++) {
    const bytes = new Uint8Array(i % 4).fill(i);
    const entry = { name: encoder.encode(`A/${i}.wav`), dir: false, size: bytes.byteLength, crc: crc32(bytes), modified: 1.8e12 };
    const place = volumes.place(localHeaderSize(entry.name.byteLength, entry.size), entry.size);
    const file = await volumes.file(place.volume);
    file.write(localHeader(entry), place.at);
    file.write(bytes, place.at + place.header);
    volumes.settle(place);
    if (i % 1000 === 7) await volumes.release(volumes.place(100, 50)); // one that is given up
    await archive.add(entry, place, "A");
  }
  await volumes.close();
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-keep-"));
  writeFileSync(path.join(folder, "a.zip"), await bytesIn(await archive.compose(volumes)));
  assert.equal(list(path.join(folder, "a.zip")).length, 66_000);
  rmSync(folder, { recursive: true });
  assert.ok(store.opened < 5, `${store.opened} files opened`);
});

test("a full quota is a pause in which nothing is lost", async () => {
  const w = world(several);
  w.store.room = 5 * groupSize;
  w.core.watch = (m) => {
    if (m.type === "full") setTimeout(() => (w.store.room = Number.POSITIVE_INFINITY), 100);
    return undefined;
  };
  await complete(w, several);
  assert.deepEqual(w.core.types().filter((t) => t === "full" || t === "room" || t === "lost" || t === "failed"), ["full", "room"]);
  await assertArchive(w.exported[0]?.blob, several);
});

test("a disk is full, whatever the browser calls it", async () => {
  const file: TestFile = { path: ["a.mov"], size: 12 * groupSize, seed: 1 };
  const w = world([file]);
  w.store.room = 6 * groupSize;
  w.store.full = "UnknownError";
  w.core.watch = (m) => {
    if (m.type === "full") setTimeout(() => (w.store.room = Number.POSITIVE_INFINITY), 100);
    return undefined;
  };
  await complete(w, [file]);
  assert.deepEqual(w.core.types().filter((t) => t === "full" || t === "room" || t === "failed"), ["full", "room"]);
});

test("a little room is none: it would be full again at once", async () => {
  const file: TestFile = { path: ["a.mov"], size: 30 * groupSize, seed: 1 };
  const w = world([file]);
  w.store.room = 5 * groupSize;
  w.core.watch = (m) => {
    if (m.type !== "full") return undefined;
    setTimeout(() => (w.store.room += 9 * groupSize), 100);
    setTimeout(() => {
      assert.equal(w.core.of("room").length, 0, "it went on");
      w.store.room = Number.POSITIVE_INFINITY;
    }, 1000);
    return undefined;
  };
  await complete(w, [file]);
  assert.deepEqual(w.core.types().filter((t) => t === "full" || t === "room"), ["full", "room"]);
});

for (const [reckoned, what] of [[0, "all that is missing"], [2 * groupSize, "what is missing beyond it"], [1e12, "all that is missing: the disk is full, not the quota"]] as const) {
  test(`where the browser reckons with ${reckoned} bytes, needed is ${what}`, async () => {
    const file: TestFile = { path: ["a.mov"], size: 12 * groupSize, seed: 1 };
    const w = world([file]);
    w.store.room = 4 * groupSize + 1000;
    w.store.reckoned = reckoned;
    w.core.watch = (m) => {
      if (m.type === "full") w.store.room = Number.POSITIVE_INFINITY;
      return undefined;
    };
    await complete(w, [file]);
    const [full] = w.core.of("full");
    assert.equal(full?.needed, (reckoned === 2 * groupSize ? 6 : 8) * groupSize);
  });
}

test("writes that take only part are carried on", async () => {
  const w = world(several);
  w.store.gulp = 77_777;
  await complete(w, several);
  await assertArchive(w.exported[0]?.blob, several);
});

test("dropped and changed files leave no gap in the archive", async () => {
  const w = world(several);
  let done = false;
  w.core.watch = (m) => {
    if (m.type === "written" && !done) {
      done = true;
      w.core.change(3, { path: ["A", "middle.mov"], size: groupSize + 9, seed: 9 });
    }
    return undefined;
  };
  await complete(w, several.slice(0, 4).map((f, i) => (i === 0 ? { ...f, size: 4 * groupSize } : f)), () => {
    w.sink.entry({ type: "entry", file: 50, kind: "file", path: ["A", "gone.mov"], size: 9 * groupSize, modified: 0 });
    w.sink.write([{ file: 50, version: 0, offset: 0, length: groupSize }], new ArrayBuffer(groupSize));
    w.sink.drop(50);
  });
  const expected = [{ ...several[0], size: 4 * groupSize }, several[1], several[2], { path: ["A", "middle.mov"], size: groupSize + 9, seed: 9 }] as TestFile[];
  await assertArchive(w.exported[0]?.blob, expected);
});

test("what was wrong on disk is read anew after it was written again", async () => {
  const w = world(several);
  let first: Uint8Array | null = null;
  w.core.watch = (m) => {
    if (m.type !== "digest" || m.file !== 1 || first !== null) return undefined;
    first = m.digest;
    const bytes = bytesOf(several[1] as TestFile, 4 * groupSize, groupSize);
    w.sink.write([{ file: 1, version: 0, offset: 4 * groupSize, length: groupSize }], bytes.map((b) => b ^ 1).buffer);
    w.sink.finish(1);
    return true;
  };
  await complete(w, several);
  const digests = w.core.of("digest").filter((m) => m.file === 1);
  assert.equal(digests.length, 2);
  assert.notDeepEqual(digests[0]?.digest, digests[1]?.digest);
  assert.deepEqual(digests[0]?.cvs?.slice(0, 128), digests[1]?.cvs?.slice(0, 128));
  assert.notDeepEqual(digests[0]?.cvs?.slice(128, 160), digests[1]?.cvs?.slice(128, 160));
});

test("discard in the middle frees everything and says nothing more", () => virtually(async () => {
  const w = world(several);
  w.store.room = 5 * groupSize;
  const full = new Promise<void>((resolve) => {
    w.core.watch = (m) => {
      if (m.type === "full") resolve();
      return undefined;
    };
  });
  void w.core.run(w.sink, several);
  await full;
  await w.sink.discard();
  const said = w.core.said.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(w.core.said.length, said);
  assert.ok(w.store.wiped);
}));

test("discard after the end frees what was kept for the download", async () => {
  for (const files of [several, several.slice(1, 2).map((f) => ({ ...f, path: ["large.mov"] }))]) {
    const w = world(files);
    await complete(w, files);
    assert.equal(w.exported.length, 1);
    await virtually(() => w.sink.discard());
    assert.ok(w.store.wiped);
  }
});

test("discard frees everything although some files are in the archive already", () => virtually(async () => {
  const w = world(several);
  await w.core.run(w.sink, several);
  await w.sink.discard();
  assert.deepEqual([...w.store.open_], []);
  assert.ok(w.store.wiped);
}));

// A file that is open can't be removed, so nothing may open one again behind the
// back of what frees the space: neither the archive nor what reads back.
for (let after = 1; after < 40; after += 3) {
  test(`discard while it closes, or reads back, frees the space: ${after} ms later`, () => virtually(async () => {
    const w = world(several);
    const landed = new Promise<void>((resolve) => {
      w.core.watch = (m) => {
        if (m.type === (after % 2 === 0 ? "safe" : "landed")) resolve();
        return undefined;
      };
    });
    void w.core.run(w.sink, several);
    await landed;
    const closing = after % 2 === 0 ? Promise.resolve() : w.sink.close();
    await new Promise((resolve) => setTimeout(resolve, after));
    await Promise.all([w.sink.discard(), closing]);
    assert.ok(w.store.wiped);
    const opened = w.store.opened;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(w.store.opened, opened, "a file was opened afterwards");
  }));
}

test("an instance that dies while it hashes is replaced, and nobody notices", async () => {
  const good = fakeHasher(crc32);
  let calls = 0;
  let renewed = 0;
  let broken = true;
  const r: Renewable = {
    hasher: {
      ...good,
      group: (length, index) => {
        if (broken && ++calls === 4) throw new HasherDead("gone");
        return good.group(length, index);
      },
    },
    renew: () => {
      renewed++;
      broken = false;
      return Promise.resolve();
    },
  };
  const w = world(several, r);
  await complete(w, several);
  assert.equal(renewed, 1);
  await assertArchive(w.exported[0]?.blob, several);
});

test("memory that is full fails the file: there is nothing a person could free", async () => {
  const core = new TestCore();
  const files: TestFile[] = [{ path: ["a.mov"], size: 2 * groupSize, seed: 1 }, { path: ["b.mov"], size: 4 * groupSize, seed: 2 }];
  const sink = new KeepSink(opening(files), new MemoryStore(5 * groupSize), core.say, () => undefined, renewable(fakeHasher(crc32)), limits);
  await virtually(() => core.run(sink, files));
  assert.deepEqual(core.of("failed"), [{ type: "failed", file: 1, code: "E_SPACE" }]);
  assert.equal(core.of("landed").length, 1);
});

for (let seed = 0; seed < 5; seed++) {
  test(`any mixture of changes, drops and full quotas, ${seed}`, async () => {
    let x = Math.imul(seed + 1, 0x9e3779b1) | 1;
    const roll = (): number => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return (x >>> 0) / 2 ** 32;
    };
    const sizes = [0, 10, 5000, groupSize, 2 * groupSize + 1, 9 * groupSize];
    const files = Array.from({ length: 14 }, (_, i): TestFile => ({ path: ["A", `${i}.mov`], size: sizes[Math.floor(roll() * 6)] ?? 0, seed: i }));
    const w = world(files);
    w.store.room = (4 + roll() * 30) * groupSize;
    w.store.gulp = roll() < 0.5 ? 300_001 : Number.POSITIVE_INFINITY;
    let dropped = -1;
    let answers = 0;
    w.core.watch = (m) => {
      if (m.type === "written") answers++;
      if (m.type === "full") setTimeout(() => (w.store.room += 20 * groupSize), 5);
      if (m.type === "written" && roll() < 0.1) w.core.change(3, { ...(files[3] as TestFile), size: Math.floor(roll() * 3 * groupSize), seed: 77 });
      if (m.type === "safe" && dropped < 0 && roll() < 0.2) {
        dropped = m.file;
        w.core.drop(m.file);
      }
      return undefined;
    };
    await complete(w, files);
    assert.equal(answers, w.core.writes, "answers to writes");
    assert.deepEqual(w.core.of("failed"), []);
    const landed = w.core.of("landed").map((m) => w.core.files[m.file] as TestFile);
    assert.ok(landed.length >= files.length - 1);
    await assertArchive(w.exported[0]?.blob, landed);
  });
}
