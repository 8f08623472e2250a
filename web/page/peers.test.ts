// The connections of a page, with an RTCPeerConnection of the test.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { PageToLane, ToCore } from "../shared/messages.ts";
import { Peers } from "./peers.ts";

class FakeChannel {
  readyState = "connecting";
  bufferedAmount = 0;
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (e: { data: unknown }) => void = () => undefined;
  sent = 0;
  send(data: ArrayBuffer): void {
    if (this.bufferedAmount > 16 << 20) throw new DOMException("full", "OperationError"); // as Chromium
    this.sent++;
    this.bufferedAmount += data.byteLength;
  }
  open(): void {
    this.readyState = "open";
    this.onopen();
  }
}

class FakeConnection {
  static all: FakeConnection[] = [];
  readonly channels: Record<string, FakeChannel> = {};
  closed = false;
  localDescription: { sdp: string } | null = null;
  iceGatheringState = "new";
  onicecandidate: (e: { candidate: { candidate: string; type: string } | null }) => void = () => undefined;
  onicegatheringstatechange: () => void = () => undefined;
  constructor(readonly config: RTCConfiguration) {
    FakeConnection.all.push(this);
  }
  createDataChannel(label: string): FakeChannel {
    const channel = new FakeChannel();
    this.channels[label] = channel;
    return channel;
  }
  async createOffer(): Promise<object> {
    return {};
  }
  async setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "ours" };
  }
  close(): void {
    this.closed = true;
  }
}

let told: ToCore[] = [];
let lanes: { message: PageToLane; transfer: Transferable[] }[] = [];
let peers: Peers;
const real = { RTCPeerConnection: globalThis.RTCPeerConnection, window: globalThis.window };

beforeEach(() => {
  [told, lanes, FakeConnection.all] = [[], [], []];
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { RTCPeerConnection: FakeConnection, window: globalThis });
  peers = new Peers({
    toCore: (message) => told.push(message),
    toLane: (_lane, message, transfer) => lanes.push({ message, transfer }),
    path: () => undefined,
    cannotTransfer: () => assert.fail("a channel was not transferred"),
  });
});
afterEach(() => {
  mock.timers.reset();
  Object.assign(globalThis, real);
});

function make(pc: number, relayOnly = false): FakeConnection {
  peers.handle({ type: "pc.make", session: 5, pc, offer: true, lane: 0, iceServers: [], relayOnly });
  const connection = FakeConnection.all.at(-1);
  assert.ok(connection);
  return connection;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

const send = (bytes: number) => peers.handle({ type: "ctrl.send", session: 5, data: new ArrayBuffer(bytes) });

test("a peer that takes nothing costs 8 MiB of memory, then the session", () => {
  const { channels } = make(0);
  channels["ctrl"]?.open();
  told = [];
  const record = 60_000;
  for (let sent = 0; sent + record <= 8 << 20; sent += record) send(record);
  assert.deepEqual(told, [], "up to 8 MiB");
  send(record);
  assert.deepEqual(told, [{ type: "ctrl.closed", session: 5 }]);
});

test("a control record that the browser refuses ends the session: the next would be out of order", () => {
  const { channels } = make(0);
  const ctrl = channels["ctrl"];
  assert.ok(ctrl);
  ctrl.open();
  told = [];
  ctrl.bufferedAmount = 17 << 20;
  send(10);
  assert.deepEqual(told, [{ type: "ctrl.closed", session: 5 }]);
});

test("control records go to PC 0 of their session only, and nowhere once it is closed", () => {
  const first = make(0);
  const second = make(1);
  first.channels["ctrl"]?.open();
  assert.equal("ctrl" in second.channels, false);
  send(10);
  peers.handle({ type: "ctrl.send", session: 6, data: new ArrayBuffer(10) });
  assert.equal(first.channels["ctrl"]?.sent, 1);
  peers.handle({ type: "pc.close", session: 5, pc: 0 });
  send(10);
  assert.deepEqual([first.closed, second.closed, first.channels["ctrl"]?.sent], [true, false, 1]);
  told = [];
  first.channels["ctrl"]?.onclose();
  assert.deepEqual(told, [], "the core closed it itself");
});

test("a lane's channel is handed on in the task that made it", () => {
  const { channels } = make(3);
  assert.deepEqual(lanes.map(({ message, transfer }) => [message.type === "channel" && [message.session, message.pc], transfer[0] === (channels["lane"] as unknown)]), [[[5, 3], true]]);
});

test("the description goes 100 ms after the first host candidate, once, and what comes later follows", async () => {
  const connection = make(0);
  await settled();
  const found = (candidate: string, type = "host") => connection.onicecandidate({ candidate: { candidate, type } });
  found("relay", "relay");
  mock.timers.tick(1000);
  assert.deepEqual(told, [], "without a host candidate");
  found("a");
  mock.timers.tick(99);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, [{ type: "pc.local", session: 5, pc: 0, sdp: "ours" }]);
  found("b");
  found("c");
  assert.equal(told.length, 1);
  mock.timers.tick(200);
  assert.deepEqual(told[1], { type: "pc.candidate", session: 5, pc: 0, candidates: ["b", "c"] });
  found("e 1 udp 7 192.0.2.1 1 typ relay");
  found("f");
  mock.timers.tick(399);
  assert.equal(told.length, 2);
  mock.timers.tick(1);
  assert.deepEqual(told[2], { type: "pc.candidate", session: 5, pc: 0, candidates: ["f"] }, "while gathering goes on");
  found("d");
  connection.iceGatheringState = "complete";
  connection.onicecandidate({ candidate: null });
  assert.deepEqual(told[3], { type: "pc.candidate", session: 5, pc: 0, candidates: ["d"] });
  mock.timers.tick(799);
  assert.equal(told.length, 4);
  mock.timers.tick(1);
  assert.deepEqual(told[4], { type: "pc.candidate", session: 5, pc: 0, candidates: ["e 1 udp 7 192.0.2.1 1 typ relay"] }, "a relay, when direct paths had their time");
  mock.timers.tick(30_000);
  assert.equal(told.length, 5);
});

test("where only a relay may be used the browser looks for nothing else, and the description goes with the first it finds", async () => {
  assert.equal(make(0).config.iceTransportPolicy, "all");
  const connection = make(1, true);
  assert.equal(connection.config.iceTransportPolicy, "relay");
  await settled();
  connection.onicecandidate({ candidate: { candidate: "a", type: "relay" } });
  mock.timers.tick(100);
  assert.deepEqual(told, [{ type: "pc.local", session: 5, pc: 1, sdp: "ours" }]);
});

test("where no relay is found the core hears it when the search is over", async () => {
  const connection = make(0, true);
  await settled();
  mock.timers.tick(10_000);
  assert.deepEqual(told, []);
  connection.onicecandidate({ candidate: null });
  assert.deepEqual(told, [{ type: "pc.local", session: 5, pc: 0, sdp: "ours" }]);
});
