import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal } from "./journal.ts";
import { virtually } from "../shared/testing/time.ts";
import { sleep } from "./sink.ts";

/** A file that loses what was not flushed. */
class Disk {
  bytes = new Uint8Array(0);
  safe = new Uint8Array(0);
  flushes = 0;
  full = false;
  closed = false;
  read = (into: Uint8Array): number => {
    into.set(this.bytes.subarray(0, into.byteLength));
    return into.byteLength;
  };
  write = (from: Uint8Array, { at }: { at: number }): number => {
    if (this.full) throw new DOMException("", "QuotaExceededError");
    const grown = new Uint8Array(Math.max(this.bytes.byteLength, at + from.byteLength));
    grown.set(this.bytes);
    grown.set(from, at);
    this.bytes = grown;
    return from.byteLength;
  };
  truncate = (size: number): void => {
    this.bytes = this.bytes.slice(0, size);
  };
  getSize = (): number => this.bytes.byteLength;
  flush = (): void => {
    this.flushes++;
    this.safe = this.bytes.slice();
  };
  close = (): void => {
    this.closed = true;
  };
}

const open = (disk: Disk): Journal => new Journal(disk, () => Promise.resolve());
const bytes = (...b: number[]): Uint8Array<ArrayBuffer> => Uint8Array.of(...b);

test("nothing is safe before it was flushed, and many are flushed at once", () => virtually(async () => {
  const disk = new Disk();
  const journal = open(disk);
  const done: number[] = [];
  for (let i = 0; i < 5; i++) journal.write(i, bytes(i), () => done.push(disk.safe.byteLength));
  assert.deepEqual(done, []);
  await journal.settled();
  assert.deepEqual(done, [5, 5, 5, 5, 5]);
  assert.equal(disk.flushes, 1);
}));

test("what is void is cut off where writing goes on", () => virtually(async () => {
  const disk = new Disk();
  disk.bytes = bytes(1, 2, 3, 4, 5, 6);
  const journal = open(disk);
  assert.deepEqual(journal.found, bytes(1, 2, 3, 4, 5, 6));
  journal.write(2, bytes(9), () => undefined);
  journal.close();
  assert.deepEqual(disk.safe, bytes(1, 2, 9));
  assert.ok(disk.closed);
}));

test("a full disk holds back the word, not the file, and nothing is left out after", () => virtually(async () => {
  const disk = new Disk();
  disk.full = true;
  const journal = open(disk);
  let safe = 0;
  journal.write(0, bytes(1), () => safe++);
  journal.write(1, bytes(2), () => safe++);
  await journal.settled();
  assert.equal(safe, 0);
  disk.full = false;
  await sleep(1500);
  assert.equal(safe, 2);
  assert.deepEqual(disk.safe, bytes(1, 2));
}));
