// A page that is gone leaves volumes in the browser's own storage and a journal; the
// next one takes over what is there, reads it back, and asks for the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { assertArchive } from "../e2e/disk/archive.ts";
import { virtually } from "../shared/testing/time.ts";
import { groupSize } from "./coverage.ts";
import { KeepSink } from "./keep.ts";
import { bytesOf, fakeHasher, limits, opening, renewable, TestCore, several, type TestFile } from "./testing/core.ts";
import { FakeStore } from "./testing/store.ts";

interface Page {
  store: FakeStore;
  core: TestCore;
  sink: KeepSink;
  exported: { name: string; blob: Blob }[];
}

/** A page on this storage, that knows what an earlier one wrote down. */
function page(store: FakeStore, journal: TestCore["recalled"] = new Map()): Page {
  const core = new TestCore();
  core.recalled = journal;
  const exported: Page["exported"] = [];
  const sink = new KeepSink(opening(several), store, core.say, (name, blob) => exported.push({ name, blob }), renewable(fakeHasher(crc32)), limits);
  return { store, core, sink, exported };
}

async function ends(p: Page): Promise<void> {
  await p.core.run(p.sink, several);
  await p.sink.close();
}

test("wherever a page goes, the next one keeps what was safe and exports all of it", async () => {
  let most = 0;
  for (let words = 1; words < 40; words += 3) {
    const first = page(new FakeStore());
    const second = await virtually(async () => {
      await first.core.runUntil(words, first.sink, several);
      const next = page(first.store.next(), first.core.journal());
      await ends(next);
      return next;
    });
    await assertArchive(second.exported[0]?.blob, several);
    most = Math.max(most, second.core.of("kept").reduce((n, m) => n + m.parts.reduce((k, p) => k + p.count, 0), 0));
    if (words > 30) assert.ok(second.core.writes < first.core.writes, `${second.core.writes} writes after ${first.core.writes}`);
  }
  assert.ok(most >= 10, `at most ${most} groups were found again`);
});

test("twice in a row, with one journal", async () => {
  const first = page(new FakeStore());
  const third = await virtually(async () => {
    await first.core.runUntil(12, first.sink, several);
    const second = page(first.store.next(), first.core.journal());
    await second.core.runUntil(8, second.sink, several);
    const both = new TestCore();
    both.files.push(...several);
    both.said.push(...first.core.said, ...second.core.said);
    const next = page(second.store.next(), both.journal());
    await ends(next);
    return next;
  });
  await assertArchive(third.exported[0]?.blob, several);
});

// Attack 39: what lies on disk is not believed. Each byte is read back, and the
// core compares the digest with the sharer's.
test("a byte of an earlier page that is another one now is read, and said", async () => {
  const first = page(new FakeStore());
  await virtually(async () => {
    await first.core.runUntil(26, first.sink, several);
    const journal = first.core.journal();
    const [part] = journal.get("A/b/large.mov") ?? [];
    assert.ok(part, "nothing of the large file was safe");
    const [volume, at, header] = part.place.split(" ").map(Number);
    const store = first.store.next();
    const file = await store.open(`v${volume}`);
    const where = (at ?? 0) + (header ?? 0) + part.first * groupSize + 77;
    const byte = new Uint8Array(1);
    assert.equal(file.read(byte, where), 1);
    file.write(new Uint8Array([(byte[0] ?? 0) ^ 1]), where);
    file.close();
    const next = page(store, journal);
    const hasher = fakeHasher(crc32);
    hasher.slot().set(bytesOf(several[1] as TestFile, part.first * groupSize, groupSize));
    const right = hasher.group(groupSize, part.first);
    let wrong = false;
    next.core.watch = (m) => {
      if (m.type === "digest" && m.file === 1) wrong = !Buffer.from(m.cvs ?? []).subarray(part.first * 32, part.first * 32 + 32).equals(Buffer.from(right));
      return undefined;
    };
    await ends(next);
    assert.ok(wrong, "the group passed for the one that was sent");
  });
});

test("a volume that is gone or cut costs a new beginning of what stood there", async () => {
  for (const how of ["gone", "cut"]) {
    const first = page(new FakeStore());
    const second = await virtually(async () => {
      await first.core.runUntil(26, first.sink, several);
      const store = first.store.next();
      const journal = first.core.journal();
      await store.remove("v1");
      if (how === "cut") {
        const file = await store.open("v1");
        file.write(new Uint8Array(100), 0);
        file.close();
      }
      const next = page(store, journal);
      await ends(next);
      return next;
    });
    await assertArchive(second.exported[0]?.blob, several);
    assert.deepEqual(second.core.of("failed"), []);
  }
});

test("a place in the journal that no file can have costs a new beginning", async () => {
  for (const place of ["", "v0 0 0", "0 0 0", "9 0 40", "0 -1 40", "0 99999999999 40"]) {
    const p = page(new FakeStore(), new Map([["A/b/large.mov", [{ first: 0, count: 10, place }]]]));
    await virtually(() => ends(p));
    await assertArchive(p.exported[0]?.blob, several);
    assert.deepEqual(p.core.of("kept").map((m) => m.parts), [[]]);
  }
});
