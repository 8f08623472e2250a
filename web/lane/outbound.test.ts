// A lane at the sharer's end, with a core and a channel of the test.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { LaneToCore } from "../shared/ports.ts";
import { GroupSize } from "../wire/wire.ts";
import { Outbound } from "./outbound.ts";
import { FakeChannel, FakeCore, recordSize, settled } from "./testing/core.ts";

const MiB = 1 << 20;

let core = new FakeCore();
let channel = new FakeChannel();
let out: Outbound;
/** Answers, with the number of records that had gone when each came. */
let answers: { answer: LaneToCore; gone: number }[] = [];
let faults = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [core, channel, answers, faults] = [new FakeCore(), new FakeChannel(), [], 0];
  out = new Outbound(core.core, { type: "out", session: 5, pc: 0, key: new Uint8Array(32), recMax: recordSize }, (answer) => answers.push({ answer, gone: channel.sent.length }), () => faults++);
  out.attach(channel.channel);
});
afterEach(() => mock.timers.reset());

/** A file of which every slice says its bytes; `reads` counts them. */
function source(bytes: Uint8Array<ArrayBuffer>, reads: number[] = []): Blob {
  const blob = new Blob([bytes]);
  blob.slice = (from = 0, to) => {
    reads.push(from);
    return new Blob([bytes]).slice(from, to);
  };
  return blob;
}

/** A source whose bytes come when the test says so. */
function slow(): { source: Blob; come(bytes: Uint8Array<ArrayBuffer> | Error): void } {
  let come: (b: Uint8Array<ArrayBuffer> | Error) => void = () => undefined;
  const bytes = new Promise<Uint8Array<ArrayBuffer> | Error>((resolve) => {
    come = resolve;
  });
  const part = { arrayBuffer: () => bytes.then((b) => (b instanceof Error ? Promise.reject(b) : b.buffer)) };
  return { source: { slice: () => part } as unknown as Blob, come };
}

function add(file: number, length: number, more: { source?: Blob; group?: number; hashOnly?: boolean } = {}): void {
  const { group = 0, hashOnly = false } = more;
  out.add({ type: "send", session: 5, pc: 0, file, version: 2, group, length, single: group === 0, hashOnly, source: more.source ?? source(new Uint8Array(length).fill(file)) });
}

const said = () => answers.map(({ answer, gone }) => `${answer.type} ${"file" in answer ? answer.file : ""} after ${gone}`);

test("nothing is sent before the channel is open; reading begins at once", async () => {
  const reads: number[] = [];
  add(1, 250, { source: source(new Uint8Array(250), reads) });
  await settled();
  assert.deepEqual([channel.sent.length, reads], [0, [0]]);
  channel.open();
  await settled();
  assert.deepEqual(channel.sent.map((r) => r.byteLength), [100, 100, 50]);
});

test("a group is answered once its last record has gone, with its values", async () => {
  add(1, 250, { source: source(Uint8Array.from({ length: 250 }, (_, i) => i)) });
  channel.open();
  await settled();
  assert.deepEqual(said(), ["sent 1 after 3"]);
  const [first] = answers;
  assert.ok(first?.answer.type === "sent");
  const { values, ...rest } = first.answer;
  assert.deepEqual(rest, { type: "sent", session: 5, pc: 0, file: 1, version: 2, group: 0, records: 3, hashed: false });
  assert.deepEqual([...values], [...Array(32).fill(0), ...Array(32).fill(249)]);
});

test("small files share a record, and all of them wait for it", async () => {
  const last = slow();
  add(1, 30);
  add(2, 30);
  add(3, 30, { source: last.source });
  channel.open();
  await settled();
  assert.deepEqual(said(), [], "their record is not full, and more is coming");
  last.come(new Uint8Array(30));
  await settled();
  assert.deepEqual(channel.sent.map((r) => r.byteLength), [90]);
  assert.deepEqual(said(), ["sent 1 after 1", "sent 2 after 1", "sent 3 after 1"]);
});

test("a group whose end shares a record with the next is answered when that one goes", async () => {
  const next = slow();
  add(1, 130);
  add(2, 300, { source: next.source });
  channel.open();
  await settled();
  assert.deepEqual([channel.sent.length, said()], [1, []], "30 bytes of the first wait");
  channel.weight = 2 * MiB; // the next record fills the channel
  next.come(new Uint8Array(300));
  await settled();
  assert.deepEqual(said(), ["sent 1 after 2"]);
});

test("with 1 MiB queued nothing more is sent until the channel has taken most of it", async () => {
  channel.weight = MiB / 2;
  add(1, 900);
  channel.open();
  await settled();
  assert.equal(channel.sent.length, 2, "records, each of 0.5 MiB and a little");
  assert.equal(channel.bufferedAmountLowThreshold, MiB / 4);
  channel.bufferedAmount = MiB + 1;
  channel.onbufferedamountlow(); // an event that came late
  await settled();
  assert.equal(channel.sent.length, 2);
  channel.drain();
  await settled();
  assert.equal(channel.sent.length, 4);
  assert.deepEqual(answers, []);
});

test("of several lanes each has less waiting, from the next record on", async () => {
  channel.weight = MiB / 4;
  add(1, 900);
  channel.open();
  await settled();
  assert.equal(channel.sent.length, 4);
  out.depth(MiB / 4);
  assert.equal(channel.bufferedAmountLowThreshold, MiB / 16);
  channel.drain();
  await settled();
  assert.equal(channel.sent.length, 5, "0.25 MiB and a little wait");
});

test("how much was sent is said now and again", async () => {
  const real = performance.now();
  const clock = mock.method(performance, "now", () => real + 1_000);
  add(1, 250);
  channel.open();
  await settled();
  clock.mock.restore();
  assert.deepEqual(answers.flatMap(({ answer }) => (answer.type === "sending" ? [answer] : [])), [{ type: "sending", session: 5, pc: 0, bytes: recordSize }]);
});

test("a missed event of the channel costs a quarter of a second", async () => {
  channel.weight = 2 * MiB;
  add(1, 200);
  channel.open();
  await settled();
  channel.bufferedAmount = 0; // and nobody says so
  mock.timers.tick(249);
  await settled();
  assert.equal(channel.sent.length, 1);
  mock.timers.tick(1);
  await settled();
  assert.equal(channel.sent.length, 2);
});

test("two groups are read ahead, or 32 small files, and no more", async () => {
  const reads: number[] = [];
  const large = source(new Uint8Array(0), reads);
  for (let group = 0; group < 5; group++) add(1, GroupSize, { source: large, group });
  assert.deepEqual(reads, [0, GroupSize]);
  const small: number[] = [];
  out = new Outbound(core.core, { type: "out", session: 5, pc: 1, key: new Uint8Array(32), recMax: recordSize }, () => undefined, () => faults++);
  for (let file = 0; file < 40; file++) add(file, 10, { source: source(new Uint8Array(10), small) });
  assert.equal(small.length, 32);
});

for (const [name, bytes] of [["a source that can't be read", new Error("gone")], ["a source that became shorter", new Uint8Array(29)]] as const) {
  test(`${name} is said, and the lane goes on`, async () => {
    const bad = slow();
    add(1, 30, { source: bad.source });
    add(2, 30);
    channel.open();
    bad.come(bytes);
    await settled();
    assert.deepEqual(said(), ["source.failed 1 after 0", "sent 2 after 1"]);
    assert.deepEqual(channel.sent.map((r) => [...new Set(r)]), [[2]], "bytes of the file that failed");
  });
}

test("a source that fails last does not keep the record before it", async () => {
  const bad = slow();
  add(1, 30);
  add(2, 30, { source: bad.source });
  channel.open();
  await settled();
  assert.deepEqual(said(), []);
  bad.come(new Error("gone"));
  await settled();
  assert.deepEqual(said(), ["source.failed 2 after 0", "sent 1 after 1"]);
});

test("what is cancelled is neither sent nor answered, and does not keep the record before it", async () => {
  const [waiting, read] = [slow(), slow()];
  add(1, 30);
  add(2, 30, { source: read.source }); // being read when it is cancelled
  add(2, 30, { group: 1 });
  add(3, 30, { source: waiting.source });
  channel.open();
  await settled();
  out.cancel(2);
  out.cancel(3);
  read.come(new Uint8Array(30).fill(2));
  await settled();
  assert.deepEqual(said(), ["sent 1 after 1"]);
  assert.deepEqual(channel.sent.map((r) => [...new Set(r)]), [[1]]);
});

test("a group that is only hashed is answered without being sent", async () => {
  add(1, 30, { hashOnly: true, source: source(new Uint8Array(30).fill(9)) });
  channel.open();
  await settled();
  assert.deepEqual(said(), ["sent 1 after 0"]);
  assert.ok(answers[0]?.answer.type === "sent" && answers[0].answer.hashed && answers[0].answer.values[0] === 9);
  assert.equal(channel.sent.length, 0);
});

test("a lane that is closed sends and answers nothing more, and frees its place in Go", async () => {
  channel.weight = 2 * MiB;
  add(1, 900);
  channel.open();
  await settled();
  out.close();
  channel.drain();
  add(2, 30);
  await settled();
  assert.deepEqual([channel.sent.length, answers, core.closed], [1, [], [1]]);
});

test("a channel that breaks while sending is no fault of Go's", async () => {
  channel.weight = 2 * MiB;
  add(1, 900);
  channel.open();
  await settled();
  channel.readyState = "closing";
  channel.drain();
  await settled();
  assert.deepEqual([faults, answers], [0, []]);
});

for (const name of ["lane_out_load", "lane_out_next", "lane_out_record", "lane_out_records", "lane_out_pending"]) {
  test(`an instance that fails in ${name} is said once, and nothing it made up is answered`, async () => {
    core.fails = (n) => n === name;
    add(1, 30);
    add(2, 30);
    channel.open();
    await settled();
    assert.deepEqual([faults, answers], [1, []]);
  });
}
