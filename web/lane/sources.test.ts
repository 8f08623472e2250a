// Reading what a lane sends, from blobs that say how they were read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupSize } from "../wire/wire.ts";
import { Sources } from "./sources.ts";

/**
 * A file of so many groups, each full of its number; `read` says every slice, as groups, and how it was read.
 * From a place on its streams fail, and where it is gone everything does.
 */
function clip(groups: number, more = 0): { source: Blob; read: string[]; fail(after: number): void; gone(): void } {
  const read: string[] = [];
  let failAfter = Infinity;
  let gone = false;
  const size = groups * GroupSize + more;
  const source = {
    size,
    slice(from: number, to: number) {
      const blob = { from: from / GroupSize, to: Math.min(to, size) / GroupSize };
      const bytes = (at: number, n: number) => Uint8Array.from({ length: n }, (_, i) => Math.floor((at + i) / GroupSize));
      return {
        async arrayBuffer() {
          read.push(`slice ${blob.from}`);
          if (gone) throw new DOMException("gone", "NotFoundError");
          return bytes(from, Math.min(to, size) - from).buffer;
        },
        stream() {
          read.push(`stream ${blob.from} to ${blob.to}`);
          let at = from;
          return new ReadableStream({
            pull(controller) {
              if (gone || at >= failAfter) return controller.error(new DOMException("changed", "NotReadableError"));
              const n = Math.min(300_007, Math.min(to, size) - at); // no power of two, and across groups
              if (n === 0) return controller.close(); // a read more than its bytes take
              controller.enqueue(bytes(at, n));
              at += n;
            },
            cancel: () => void read.push("cancelled"),
          }, { highWaterMark: 0 });
        },
      };
    },
  };
  return { source: source as unknown as Blob, read, fail: (after) => (failAfter = after), gone: () => (gone = true) };
}

function ask(sources: Sources, source: Blob, group: number, more: { file?: number; version?: number; length?: number } = {}): Promise<Uint8Array | null> {
  const { file = 1, version = 0, length = GroupSize } = more;
  return sources.read({ type: "send", session: 1, pc: 0, file, version, group, length, single: false, hashOnly: false, source });
}

const allOf = (bytes: Uint8Array | null): string => (bytes === null ? "null" : `${bytes.byteLength} of ${[...new Set(bytes)].join()}`);

test("groups that follow each other come from one stream, however they are asked for ahead", async () => {
  const { source, read } = clip(4, 9);
  const sources = new Sources();
  const asked = [0, 1, 2, 3].map((group) => ask(sources, source, group));
  asked.push(ask(sources, source, 4, { length: 9 }));
  assert.deepEqual((await Promise.all(asked)).map(allOf), [0, 1, 2, 3].map((n) => `${GroupSize} of ${n}`).concat("9 of 4"));
  assert.deepEqual(read, ["slice 0", `stream 1 to ${4 + 9 / GroupSize}`, "cancelled"]);
});

test("a long file is a stream again every 32 MiB, so that the browser looks at its date", async () => {
  const { source, read } = clip(70);
  const sources = new Sources();
  for (let group = 0; group < 70; group++) {
    const bytes = await ask(sources, source, group);
    assert.equal(bytes?.[GroupSize - 1], group);
    sources.done(bytes);
  }
  assert.deepEqual(read, ["slice 0", "stream 1 to 33", "cancelled", "stream 33 to 65", "cancelled", "stream 65 to 70", "cancelled"]);
});

test("what does not follow is a slice, and ends no stream of another file", async () => {
  const [a, b] = [clip(9), clip(9)];
  const sources = new Sources();
  for (const group of [0, 1]) await ask(sources, a.source, group);
  assert.equal(allOf(await ask(sources, b.source, 5, { file: 2 })), `${GroupSize} of 5`);
  assert.equal(allOf(await ask(sources, a.source, 2)), `${GroupSize} of 2`);
  assert.deepEqual([a.read, b.read], [["slice 0", "stream 1 to 9"], ["slice 5"]]);
  for (const group of [5, 7, 6]) assert.equal(allOf(await ask(sources, a.source, group)), `${GroupSize} of ${group}`);
  assert.deepEqual(a.read.slice(2), ["slice 5", "slice 7", "slice 6"]);
  await ask(sources, a.source, 7);
  assert.deepEqual(a.read.slice(5), ["stream 7 to 9", "cancelled"], "it follows again");
});

test("another version is another file", async () => {
  const { source, read } = clip(9);
  const sources = new Sources();
  for (const [group, version] of [[0, 0], [1, 0], [2, 1]] as const) await ask(sources, source, group, { version });
  assert.deepEqual(read, ["slice 0", "stream 1 to 9", "slice 2"]);
});

test("what a stream fails to give is read as slices: the core gives a file up whose read failed", async () => {
  const { source, read, fail } = clip(9);
  const sources = new Sources();
  await ask(sources, source, 0);
  fail(3 * GroupSize);
  const asked = [1, 2, 3, 4].map((group) => ask(sources, source, group));
  // Pieces cross groups: that of the third is the first which can't be had whole.
  assert.deepEqual((await Promise.all(asked)).map(allOf), [1, 2, 3, 4].map((n) => `${GroupSize} of ${n}`));
  fail(Infinity);
  assert.equal(allOf(await ask(sources, source, 5)), `${GroupSize} of 5`);
  assert.deepEqual(read, ["slice 0", "stream 1 to 9", "slice 3", "slice 4", "stream 5 to 9"]);
});

test("a file that is gone fails what was asked of it", async () => {
  const { source, gone } = clip(9);
  const sources = new Sources();
  for (const group of [0, 1]) await ask(sources, source, group);
  gone();
  assert.deepEqual(await Promise.all([2, 3].map((group) => ask(sources, source, group))), [null, null]);
  assert.equal(await ask(sources, source, 7), null);
});

test("a stream that another one follows gives what was asked of it", async () => {
  const [a, b] = [clip(9), clip(9)];
  const sources = new Sources();
  await ask(sources, a.source, 0);
  const asked = [1, 2].map((group) => ask(sources, a.source, group)).concat([0, 1].map((group) => ask(sources, b.source, group, { file: 2 })));
  assert.deepEqual((await Promise.all(asked)).map(allOf), [1, 2, 0, 1].map((n) => `${GroupSize} of ${n}`));
  assert.deepEqual([a.read, b.read], [["slice 0", "stream 1 to 9", "cancelled"], ["slice 0", "stream 1 to 9"]]);
});

test("a file that became shorter is said", async () => {
  const { source } = clip(2, 5);
  const sources = new Sources();
  for (const group of [0, 1]) await ask(sources, source, group);
  assert.equal(await ask(sources, source, 2), null, "a whole group was asked for");
  assert.equal(await ask(new Sources(), source, 2), null, "of a slice");
});

for (const how of ["cancel", "close"] as const) {
  test(`${how} ends the stream, and what waits for it`, async () => {
    const { source, read } = clip(9);
    const sources = new Sources();
    for (const group of [0, 1]) await ask(sources, source, group);
    if (how === "cancel") sources.cancel(12); // another file's
    assert.deepEqual(read, ["slice 0", "stream 1 to 9"]);
    const waits = ask(sources, source, 2);
    if (how === "cancel") sources.cancel(1);
    else sources.close();
    assert.equal(await waits, null);
    assert.deepEqual(read.slice(2), ["cancelled"], "and nothing is read for nobody");
  });
}

test("no bytes are given out twice", async () => {
  const { source } = clip(9);
  const sources = new Sources();
  const first = await ask(sources, source, 0);
  const [second, third] = [await ask(sources, source, 1), await ask(sources, source, 2)];
  assert.ok(first && second && third);
  sources.done(second);
  const fourth = await ask(sources, source, 3);
  assert.equal(fourth?.buffer, second.buffer, "its buffer is used again");
  assert.deepEqual([first, third, fourth].map(allOf), [0, 2, 3].map((n) => `${GroupSize} of ${n}`));
});
