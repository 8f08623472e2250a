// The lanes of one worker, and what becomes of them when its Go instance fails.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import { Lanes } from "./lanes.ts";
import { FakeChannel, FakeCore, recordSize, settled } from "./testing/core.ts";

class FakePort {
  onmessage: (e: { data: CoreToLane }) => void = () => undefined;
  readonly said: LaneToCore[] = [];
  postMessage(message: LaneToCore): void {
    this.said.push(message);
  }
}

/** Instances in the order in which they were started. */
let cores: FakeCore[] = [];
let exits: (() => void)[] = [];
/** Lets an instance come up. */
let up: ((error?: Error) => void)[] = [];
let port = new FakePort();
let dead: string[] = [];
let lanes: Lanes;

beforeEach(() => {
  [cores, exits, up, dead, port] = [[], [], [], [], new FakePort()];
  lanes = new Lanes(
    (exited) =>
      new Promise((resolve, reject) => {
        const core = new FakeCore();
        cores.push(core);
        exits.push(exited);
        up.push((error) => (error === undefined ? resolve(core.core) : reject(error)));
      }),
    port as unknown as MessagePort,
    (message) => dead.push(message),
  );
  void lanes.begin();
});

async function start(): Promise<void> {
  up.at(-1)?.();
  await settled();
}

const key = new Uint8Array(32);
const tell = (data: CoreToLane) => port.onmessage({ data });
const out = (pc: number): CoreToLane => ({ type: "out", session: 5, pc, key, recMax: recordSize });
const into = (pc: number): CoreToLane => ({ type: "in", session: 5, pc, key, limit: 1 });
const send = (pc: number): CoreToLane => ({ type: "send", session: 5, pc, file: 1, version: 0, group: 0, length: 10, single: true, hashOnly: false, source: new Blob([new Uint8Array(10)]) });

function channel(pc: number): FakeChannel {
  const c = new FakeChannel();
  lanes.channel(5, pc, c.channel);
  c.open();
  return c;
}

test("a lane works once it has both its channel and its key, whichever comes first", async () => {
  await start();
  const first = channel(0);
  tell(out(0));
  tell(out(1));
  const second = channel(1);
  tell(send(0));
  tell(send(1));
  await settled();
  assert.deepEqual([first.sent.length, second.sent.length], [1, 1]);
});

test("what the core says before Go is up waits for it, in order", async () => {
  const c = channel(0);
  tell(out(0));
  tell(send(0));
  await settled();
  assert.equal(c.sent.length, 0);
  await start();
  assert.equal(c.sent.length, 1);
});

test("a channel that closes is said, and forgotten", async () => {
  await start();
  const c = channel(0);
  tell(into(0));
  c.onclose?.();
  assert.deepEqual(port.said, [{ type: "closed", session: 5, pc: 0 }]);
  assert.deepEqual(cores[0]?.closed, [1]);
});

test("a lane that the core closes says nothing", async () => {
  await start();
  const c = channel(0);
  tell(out(0));
  tell({ type: "close", session: 5, pc: 0 });
  assert.equal(c.closed, true);
  c.onclose?.();
  assert.deepEqual(port.said, []);
});

for (const [name, fail] of Object.entries<() => void>({
  "answers a record with a fault": () => {
    const [core] = cores;
    if (core !== undefined) core.fails = () => true;
    tell({ type: "expect", session: 5, file: 1, version: 0, size: 1 });
  },
  exits: () => exits[0]?.(),
})) {
  test(`an instance that ${name} is replaced: its lanes are lost, and the next work on the new one`, async () => {
    await start();
    const lost = [channel(0), channel(1)];
    const idle = channel(2); // its key is still on the way
    tell(out(0));
    tell(into(1));
    fail();
    assert.equal(cores.length, 2);
    assert.deepEqual(port.said, [{ type: "closed", session: 5, pc: 0 }, { type: "closed", session: 5, pc: 1 }]);
    assert.deepEqual([...lost, idle].map((c) => c.closed), [true, true, false]);
    // The machine makes new connections while the instance starts.
    const again = channel(3);
    tell(out(3));
    tell(send(3));
    tell(out(2));
    tell(send(2));
    await start();
    assert.deepEqual([again.sent.length, idle.sent.length], [1, 1]);
    assert.equal(port.said.filter((m) => m.type === "sent").length, 2);
    assert.deepEqual(dead, []);
  });
}

test("an instance that is replaced once is not replaced again for what it still does", async () => {
  await start();
  channel(0);
  tell(out(0));
  exits[0]?.();
  await start();
  channel(1);
  tell(out(1));
  exits[0]?.();
  assert.equal(cores.length, 2);
  assert.deepEqual(port.said, [{ type: "closed", session: 5, pc: 0 }]);
  tell(send(1));
  await settled();
  assert.equal(port.said.at(-1)?.type, "sent");
});

test("a lane of which the instance takes not even the key is lost with the others", async () => {
  await start();
  const before = channel(0);
  tell(out(0));
  const [core] = cores;
  if (core !== undefined) core.fails = () => true;
  const c = channel(1);
  tell(into(1));
  assert.deepEqual(port.said, [{ type: "closed", session: 5, pc: 1 }, { type: "closed", session: 5, pc: 0 }]);
  assert.deepEqual([c.closed, before.closed, cores.length], [true, true, 2]);
});

test("what failed inside the instance while bytes were under way is found by the sending", async () => {
  await start();
  const c = channel(0);
  tell(out(0));
  const [core] = cores;
  if (core !== undefined) core.fails = () => true;
  tell(send(0));
  await settled();
  assert.deepEqual(port.said, [{ type: "closed", session: 5, pc: 0 }]);
  assert.deepEqual([c.closed, c.sent.length, cores.length], [true, 0, 2]);
});

test("where no instance can be started the worker says so", async () => {
  up[0]?.(new Error("out of memory"));
  await settled();
  assert.deepEqual(dead, ["Error: out of memory"]);
});
