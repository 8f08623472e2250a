import assert from "node:assert/strict";
import { test } from "node:test";
import type { Piece } from "../shared/disk.ts";
import { GroupSize, ReportGroup } from "../wire/wire.ts";
import { Batches } from "./batches.ts";

/** A report as wasm/bridge/lane.go writes it; pointer, CV and digest are of no concern here. */
function report(...groups: { file: number; version: number; index: number; length: number }[]): Uint8Array {
  const bytes = new Uint8Array(4 + groups.length * ReportGroup + 9);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, groups.length);
  view.setUint16(2, 1); // one that the lane was not told of: it has no bytes
  groups.forEach((g, i) => {
    const at = 4 + i * ReportGroup;
    view.setUint32(at, g.file);
    view.setUint8(at + 4, g.version);
    view.setUint32(at + 5, g.index);
    view.setUint32(at + 9, g.length);
  });
  return bytes;
}

const three = () => report({ file: 7, version: 0, index: 0, length: 2 }, { file: 7, version: 3, index: 2, length: 3 }, { file: 9, version: 1, index: 4_194_303, length: 1 });
const bytes = () => Uint8Array.of(1, 2, 30, 31, 32, 99).buffer;
const pieces: Piece[] = [
  { file: 7, version: 0, offset: 0, length: 2 },
  { file: 7, version: 3, offset: 2 * GroupSize, length: 3 },
  { file: 9, version: 1, offset: 4_194_303 * GroupSize, length: 1 }, // beyond 32 bits
];

test("a batch that is kept is written as it came, without a copy", () => {
  const batches = new Batches();
  const data = bytes();
  const write = batches.take(batches.hold(three(), data), null);
  assert.deepEqual(write?.pieces, pieces);
  assert.equal(write?.data, data);
});

test("of a batch that is kept in part only the bytes of those groups go to disk", () => {
  const batches = new Batches();
  for (const [keep, want] of [[[1], [30, 31, 32]], [[0, 2], [1, 2, 99]], [[2, 0], [1, 2, 99]]] as const) {
    const write = batches.take(batches.hold(three(), bytes()), [...keep]);
    assert.deepEqual(write?.pieces, pieces.filter((_, i) => (keep as readonly number[]).includes(i)));
    assert.deepEqual([...new Uint8Array(write?.data ?? new ArrayBuffer(0))], want);
  }
});

test("a batch of which nothing is kept writes nothing, and is forgotten", () => {
  const batches = new Batches();
  const batch = batches.hold(three(), bytes());
  assert.equal(batches.take(batch, []), null);
  assert.equal(batches.take(batch, null), null, "its bytes are still held");
});

test("a batch is taken once, by its own number", () => {
  const batches = new Batches();
  const first = batches.hold(three(), bytes());
  const second = batches.hold(report({ file: 1, version: 0, index: 0, length: 6 }), bytes());
  assert.notEqual(first, second);
  assert.equal(batches.take(second, null)?.pieces[0]?.file, 1);
  assert.equal(batches.take(first, null)?.pieces[0]?.file, 7);
  assert.equal(batches.take(first, null), null);
});

test("a report without a whole group holds no bytes", () => {
  const batches = new Batches();
  assert.equal(batches.take(batches.hold(report(), new ArrayBuffer(0)), null), null);
});

test("a report that is a part of a larger buffer is read where it stands", () => {
  const batches = new Batches();
  const wide = new Uint8Array(1000);
  wide.set(three(), 17);
  assert.deepEqual(batches.take(batches.hold(wide.subarray(17), bytes()), null)?.pieces, pieces);
});
