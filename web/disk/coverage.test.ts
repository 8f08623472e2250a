import assert from "node:assert/strict";
import { test } from "node:test";
import { joinRun, takeRun, withJoined } from "./coalesce.ts";
import { Coverage, groupSize } from "./coverage.ts";

test("a file is complete when every group came, in any order", () => {
  for (const size of [0, 1, groupSize - 1, groupSize, groupSize + 1, 5 * groupSize + 3]) {
    const c = new Coverage(size);
    const groups = Array.from({ length: c.groups }, (_, g) => g).sort(() => Math.random() - 0.5);
    let sum = 0;
    for (const g of groups) {
      assert.equal(c.complete, false);
      const length = Math.min(groupSize, size - g * groupSize);
      c.add(g * groupSize, length);
      c.add(g * groupSize, length); // twice counts once
      sum += length;
      assert.equal(c.bytes, sum);
    }
    assert.equal(c.complete, true, `${size} bytes`);
    assert.equal(c.prefix, c.groups);
  }
});

test("part of a group is not the group", () => {
  const c = new Coverage(3 * groupSize);
  c.add(1, 2 * groupSize - 1);
  assert.deepEqual([c.has(0), c.has(1), c.has(2), c.bytes], [false, true, false, groupSize]);
  c.add(2 * groupSize, groupSize - 1);
  assert.equal(c.has(2), false);
});

test("what was removed is missing again, and the prefix ends there", () => {
  const c = new Coverage(5 * groupSize);
  c.add(0, 5 * groupSize);
  assert.equal(c.prefix, 5);
  c.remove(2 * groupSize + 7, 1);
  assert.deepEqual([c.prefix, c.bytes, c.complete], [2, 4 * groupSize, false]);
  c.add(2 * groupSize, groupSize);
  assert.deepEqual([c.prefix, c.complete], [5, true]);
  c.clear();
  assert.deepEqual([c.prefix, c.bytes], [0, 0]);
});

test("the largest size a sender can name costs nothing", () => {
  const c = new Coverage(2 ** 53 - 1);
  c.add((c.groups - 1) * groupSize, groupSize);
  assert.equal(c.has(c.groups - 1), true);
  assert.equal(c.complete, false);
});

const chunk = (at: number, length: number): { at: number; bytes: Uint8Array<ArrayBuffer> } => ({ at, bytes: new Uint8Array(length).fill(at % 256) });

test("a run takes what lies one behind the other, lowest first, up to its limit", () => {
  const queue = [chunk(30, 10), chunk(0, 10), chunk(50, 10), chunk(10, 20), chunk(40, 5)];
  assert.deepEqual(takeRun(queue, 100).map((c) => c.at), [0, 10, 30, 40]);
  assert.deepEqual(takeRun(queue, 100).map((c) => c.at), [50]);
  assert.deepEqual(takeRun(queue, 100), []);
  const limited = [chunk(0, 60), chunk(60, 60)];
  assert.deepEqual(takeRun(limited, 100).map((c) => c.at), [0]);
  const larger = [chunk(0, 500)];
  assert.deepEqual(takeRun(larger, 100).map((c) => c.at), [0], "one chunk above the limit is a run of its own");
});

test("a run of one is not copied, a longer one is joined", () => {
  const one = chunk(3, 4);
  assert.equal(joinRun([one]), one.bytes);
  assert.deepEqual([...joinRun([chunk(1, 2), chunk(3, 1)])], [1, 1, 3]);
});

test("a buffer is used again once nobody reads it, and never after a failure", async () => {
  const run = [chunk(1, 2), chunk(3, 1)];
  const used: ArrayBuffer[] = [];
  const use = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    assert.deepEqual([...bytes], [1, 1, 3]);
    used.push(bytes.buffer);
  };
  let end: () => void = () => undefined;
  const slow = withJoined(run, (bytes) => {
    used.push(bytes.buffer);
    return new Promise<void>((resolve) => (end = resolve));
  });
  await withJoined(run, use);
  assert.notEqual(used[1], used[0], "the first is still read");
  await withJoined(run, use);
  assert.equal(used[2], used[1]);
  await assert.rejects(withJoined(run, async (bytes) => {
    used.push(bytes.buffer);
    throw new Error("the disk is full");
  }));
  await withJoined(run, use);
  assert.ok(!used.slice(0, 4).includes(used[4] as ArrayBuffer), "whoever failed may read on");
  end();
  await slow;
  const one = chunk(3, 4);
  await withJoined([one], async (bytes) => assert.equal(bytes, one.bytes));
});
