// A lane at the recipient's end, with a core and a channel of the test.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { LaneToCore } from "../shared/ports.ts";
import { virtually } from "../shared/testing/time.ts";
import { RecordLimit } from "../wire/wire.ts";
import { Inbound } from "./inbound.ts";
import { FakeChannel, FakeCore } from "./testing/core.ts";

let core = new FakeCore();
let channel = new FakeChannel();
let lane: Inbound;
let answers: LaneToCore[] = [];
let moved: Transferable[][] = [];
let faults = 0;

beforeEach(() => {
  [core, channel, answers, moved, faults] = [new FakeCore(), new FakeChannel(), [], [], 0];
  lane = new Inbound(core.core, { type: "in", session: 5, pc: 0, key: new Uint8Array(32), limit: 1 }, (answer, transfer) => {
    answers.push(answer);
    moved.push(transfer);
  }, () => faults++);
  lane.attach(channel.channel);
});

/** A record that completes a group of these bytes, none of them 0 or 255 (testing/core.ts). */
function record(group: number, ...bytes: number[]): void {
  channel.onmessage({ data: Uint8Array.of(group, ...bytes).buffer });
}

/** A record that completes nothing. */
const part = (size: number) => channel.onmessage({ data: new ArrayBuffer(size) });

test("a whole group goes to the core at once, and its bytes move", () => {
  record(3, 1, 2, 3);
  const [batch] = answers;
  assert.ok(batch?.type === "batch");
  assert.deepEqual([batch.session, batch.pc, batch.bytes, batch.records], [5, 0, 4, 1]);
  assert.deepEqual([...new Uint8Array(batch.data)], [1, 2, 3]);
  assert.equal(new DataView(batch.report.buffer).getUint32(4 + 5), 3);
  assert.deepEqual(moved, [[batch.report.buffer, batch.data]]);
});

test("groups of one report go as one batch, one after the other", () => {
  // Two are complete by the time the lane looks: the first was held back.
  const fn = core.fn("lane_in_record");
  core.view(1 << 12, 4).set([1, 7, 7, 7]);
  fn(1, 4);
  record(2, 8, 9);
  const [batch] = answers;
  assert.ok(batch?.type === "batch");
  assert.deepEqual([...new Uint8Array(batch.data)], [7, 7, 7, 8, 9]);
  record(4, 5);
  const [, next] = answers;
  assert.ok(next?.type === "batch");
  assert.deepEqual([...new Uint8Array(next.data)], [5], "the report was not taken");
});

test("without a whole group the core hears of a lane once a MiB", () => {
  for (let i = 0; i < 15; i++) part(65_535);
  assert.equal(answers.length, 0);
  part(65_535);
  assert.equal(answers.length, 0, "16 × 65,535 is less");
  part(16);
  assert.equal(answers.length, 1);
  assert.ok(answers[0]?.type === "batch" && answers[0].bytes === 16 * 65_535 + 16);
  part(65_535);
  assert.equal(answers.length, 1, "it was said just now");
});

test("a message larger than any record is cut, not written beyond its slot", () => {
  core.memory.fill(0xee, (1 << 12) + RecordLimit, (1 << 12) + RecordLimit + 100);
  part(RecordLimit + 100);
  assert.equal(core.memory[(1 << 12) + RecordLimit], 0xee);
});

test("text has no place in the protocol", () => {
  channel.onmessage({ data: "text" });
  assert.equal(core.calls.includes("lane_in_record"), false);
});

test("a lane that failed says why once, and opens nothing more", () => {
  record(1, 0xff);
  record(1, 0xff);
  record(1, 2);
  assert.deepEqual(answers, [{ type: "failed", session: 5, pc: 0, code: "E_AUTH" }]);
  assert.equal(faults, 0);
});

test("a lane that is closed opens nothing more, and frees its place in Go", () => {
  lane.close();
  record(1, 2);
  assert.deepEqual([answers, core.closed], [[], [1]]);
});

for (const [name, use] of Object.entries<() => void>({
  lane_in_record: () => record(1, 2),
  lane_in_report_size: () => record(1, 2),
  lane_in_report: () => record(1, 2),
  lane_in_taken: () => record(1, 2),
  lane_in_bytes: () => record(1, 2),
  lane_in_records: () => record(1, 2),
  lane_in_expect: () => lane.expect(1, 0, 1),
  lane_in_settled: () => lane.settled(1, 0),
  lane_in_forget: () => lane.forget({ file: 1, version: 0, group: 0 }),
})) {
  test(`an instance that fails in ${name} is a fault, and no answer of it is passed on`, () => {
    core.fails = (n) => n === name;
    use();
    assert.deepEqual([faults, answers], [1, []]);
  });
}

// A path so slow that a group takes longer than a stall may last still shows that
// it lives: once a second, and not with every record.
test("a slow lane gives a sign of life", () => virtually(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5000));
  for (let i = 0; i < 15; i++) {
    part(60_000);
    lane.expect(1, 0, 5); // nothing new since
    await new Promise((resolve) => setTimeout(resolve, 600)); // 100 KB/s
  }
  assert.deepEqual(answers.map((m) => m.type === "batch" && m.bytes), [1, 3, 5, 7, 9, 11, 13, 15].map((n) => n * 60_000));
  for (let i = 0; i < 40; i++) part(60_000); // a fast one: by bytes
  assert.ok(answers.length - 8 >= 2 && answers.length - 8 <= 3, `${answers.length - 8} times for 2.4 MB at once`);
  assert.equal(faults, 0, "a fault");
}));
