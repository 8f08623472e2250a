// The shell with a machine, ports, a hub and a page of the test. It decides
// nothing, so what is tested is where things go, and in which order.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { DiskToCore, ToDisk } from "../shared/disk.ts";
import { type FromCore, offerLink, type ToCore } from "../shared/messages.ts";
import type { ReceiveView, RecipientView } from "../shared/views.ts";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import { type FailureCode, QueueMany, QueueOne } from "../wire/wire.ts";
import { base64 } from "./base64.ts";
import type { Action, Bridge, MachineConfig, MachineEvent } from "./machine.ts";
import { Shell } from "./shell.ts";
import type { Beside } from "./people.ts";
import { book } from "./testing/beside.ts";
import type { KeptShare, Vault } from "./vault.ts";

class FakePort<Out, In> {
  readonly sent: Out[] = [];
  readonly moved: Transferable[][] = [];
  onmessage: (e: { data: In }) => void = () => undefined;
  postMessage(message: Out, transfer: Transferable[] = []): void {
    log.push(`to ${this.name}: ${(message as { type: string }).type}`);
    this.sent.push(message);
    this.moved.push(transfer);
  }
  constructor(readonly name: string) {}
}

/** What the machine shows beside that. */
let now: Partial<ReceiveView> = {};
const view: ReceiveView = {
  sender: null, phase: "ready", why: null, since: 0, title: "", listed: false, entries: 0, files: 0, bytes: 0, written: 0, safe: 0, verified: 0,
  filesArrived: 0, filesVerified: 0, filesFailed: 0, asking: false, digits: "", note: "", route: "unknown", lanes: 0, paths: "any", needed: 0, unwritten: 0, window: 0, flagged: 0,
  pausedHere: false, current: 0, changed: 0, failed: [], byCode: false, wrongCode: false, tries: 0,
};

/** What happened, in order. */
let log: string[] = [];
let page: FromCore[] = [];
/** Who is at what is shared. */
let rows: RecipientView[] = [];
/** What a contact's share was opened as. */
let devices: (Uint8Array | undefined)[] = [];
/** How many buffers moved to the page with each message. */
let moved: number[] = [];
let events: MachineEvent[] = [];
/** What the machine answers, by the type of the event. */
let answers: Record<string, Action[] | FailureCode> = {};
let lanes: FakePort<CoreToLane, LaneToCore>[] = [];
let disk = new FakePort<ToDisk, DiskToCore>("disk");
let linkIs: FailureCode | null = null;
let connections = 0;

const real = { WebSocket: globalThis.WebSocket, fetch: globalThis.fetch, self: globalThis.self };

beforeEach(() => {
  now = {};
  [log, page, moved, events, answers, linkIs, connections, rows, devices] = [[], [], [], [], {}, null, 0, [], []];
  lanes = [new FakePort("lane 0"), new FakePort("lane 1")];
  disk = new FakePort("disk");
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  Object.assign(globalThis, {
    self: new EventTarget(),
    WebSocket: class {
      constructor() {
        connections++;
      }
    },
    fetch: async (url: URL, init: RequestInit) => {
      log.push(`${init.method} ${url}`);
      return new Response(null, { headers: { date: "Wed, 25 Nov 2026 12:00:00 GMT" } });
    },
  });
});
afterEach(() => {
  mock.timers.reset();
  Object.assign(globalThis, real);
});

function shell(vault: Promise<Vault | null> | null = null, beside: Beside | null = null): Shell {
  const machine = {
    handle(_now: number, event: MachineEvent) {
      log.push(`event ${event.type}`);
      events.push(event);
      return answers[event.type] ?? [];
    },
    view: () => ({ ...view, ...now }),
    entries: () => [],
    states: (from: number, count: number) => Uint8Array.of(from, count),
    parts: (file: number) => Uint8Array.of(file),
    key: () => new Uint8Array(32),
    keep: () => new Uint8Array(142),
  };
  const receiveOf = (_contact: string, _share: string, config: MachineConfig): unknown => {
    devices.push(config.device);
    return machine;
  };
  const bridge = { share: () => ({ ...machine, view: () => ({ recipients: rows }) }), receive: () => linkIs ?? machine, receiveOf } as unknown as Bridge;
  const init = { type: "init", signalUrl: "ws://127.0.0.1:8080/signal", lanes, disk, allowLoopback: true, phone: false } as unknown as Extract<ToCore, { type: "init" }>;
  return new Shell(init, bridge, {
    post(message, transfer = []) {
      log.push(`to page: ${message.type}`);
      page.push(message);
      moved.push(transfer.length);
    },
    dead: (message) => log.push(`dead: ${message}`),
  }, vault, null, beside);
}

function receiving(): Shell {
  const s = shell();
  s.fromPage({ type: "link.open", link: "x" });
  s.fromPage({ type: "receive", destination: { kind: "browser" }, conflict: "keep-both", choice: [] });
  [log, events] = [[], []];
  return s;
}

function sharing(): Shell {
  const s = shell();
  s.fromPage({ type: "share.start", title: "Day 3" });
  [log, events] = [[], []];
  return s;
}

const open: Action = { type: "disk.open", key: "00", title: "", files: 1, bytes: 1, plan: null, top: "" };
const group = { session: 5, pc: 0, file: 1, version: 0, group: 0 };

test("an event that comes up while actions are carried out waits for the last of them", () => {
  answers = {
    tick: [
      { type: "lane.send", length: 1, single: true, ...group }, // of a file that is not there
      { type: "lane.hash", length: 1, single: true, ...group, group: 1 },
      { type: "source.refresh", file: 2 },
    ],
    "source.failed": [{ type: "source.refresh", file: 3 }],
  };
  sharing();
  mock.timers.tick(100);
  assert.deepEqual(log.filter((l) => l !== "to page: share.view"), [
    "event tick", "to page: source.refresh",
    "event source.failed", "to page: source.refresh",
    "event source.failed", "to page: source.refresh",
  ]);
  assert.deepEqual(events.slice(1), [
    { type: "source.failed", ...group, hashed: false },
    { type: "source.failed", ...group, group: 1, hashed: true },
  ]);
});

test("what an earlier destination still says is not taken for the present one", () => {
  answers = { tick: [open] };
  receiving();
  const say = (of: number, said: DiskToCore["said"]) => disk.onmessage({ data: { open: of, said } });
  mock.timers.tick(100);
  assert.deepEqual(disk.sent.map((m) => m.type === "open" && m.open), [1]);
  say(1, { type: "opened", where: "opfs", journal: null });
  mock.timers.tick(100);
  assert.deepEqual(disk.sent.map((m) => m.type === "open" && m.open), [1, 2]);
  say(1, { type: "closed" });
  say(1, { type: "lost", file: 1, version: 0, offset: 0, length: 1 });
  say(1, { type: "safe", file: 1, version: 0, bytes: 1, parts: [] });
  say(2, { type: "opened", where: "opfs", journal: null });
  say(2, { type: "closed" });
  assert.deepEqual(events.map((e) => e.type), ["tick", "opened", "tick", "opened", "closed"]);
});

test("the destination is what the person chose last", () => {
  const s = receiving();
  answers = { receive: [open] };
  s.fromPage({ type: "receive", destination: { kind: "browser" }, conflict: "skip", choice: [[2, false], [5, true]] });
  assert.deepEqual(events.at(-1), { type: "receive", choice: [[2, false], [5, true]], stream: false });
  assert.deepEqual(disk.sent, [{ ...open, type: "open", open: 1, destination: { kind: "browser" }, conflict: "skip" }]);
});

test("how far files are is told to the page that asks, and moves there", () => {
  const s = receiving();
  s.fromPage({ type: "states.read", from: 3, count: 2 });
  s.fromPage({ type: "parts.read", file: 4 });
  assert.deepEqual(page.slice(-2), [
    { type: "states", from: 3, states: Uint8Array.of(3, 2) },
    { type: "parts", file: 4, parts: Uint8Array.of(4) },
  ]);
  assert.deepEqual(moved.slice(-2), [1, 1], "buffers that are moved");
  const sharer = sharing();
  page = [];
  sharer.fromPage({ type: "states.read", from: 3, count: 2 });
  sharer.fromPage({ type: "parts.read", file: 4 });
  assert.deepEqual([page, events], [[], []], "a sharer has nothing to tell");
});

test("a list that changes is told to the machine, and sources keep their index", () => {
  const file = new File(["x"], "x");
  answers = {
    "share.title": [{ type: "pc.make", session: 5, pc: 0, offer: true, iceServers: [], relayOnly: false }],
    tick: [{ type: "lane.send", length: 1, single: true, ...group, file: 2 }],
  };
  const s = sharing();
  s.fromPage({ type: "share.add", sources: [{ parent: 0, kind: "file", name: "gone", file: new File([""], "gone") }] });
  s.fromPage({ type: "share.end" });
  s.fromPage({ type: "share.title", title: "Day 4" });
  s.fromPage({ type: "share.remove", entries: [1] });
  s.fromPage({ type: "share.add", sources: [{ parent: 0, kind: "file", name: "x", file }] });
  s.fromPage({ type: "share.end" });
  assert.deepEqual(events.filter((e) => e.type !== "share.add").map((e) => e.type), ["share.end", "share.title", "share.remove", "share.end"]);
  assert.deepEqual(events[2], { type: "share.title", title: "Day 4" });
  assert.deepEqual(events[3], { type: "share.remove", entries: [1] });
  mock.timers.tick(100);
  const [send] = lanes[0]?.sent ?? [];
  assert.ok(send?.type === "send" && send.source === file, "the file that was added later");
});

test("bytes of a lane wait for the machine's word, then move to the disk", () => {
  const report = new Uint8Array(4 + 81);
  const data = new ArrayBuffer(5);
  new DataView(report.buffer).setUint16(0, 1);
  new DataView(report.buffer).setUint32(4 + 9, 5);
  receiving();
  lanes[0]?.onmessage({ data: { type: "batch", session: 5, pc: 0, report, data, bytes: 5, records: 1 } });
  const [event] = events;
  assert.ok(event?.type === "lane.batch");
  assert.equal("data" in event, false, "the machine is given the bytes");
  assert.equal(disk.sent.length, 0);
  answers = { tick: [{ type: "write", batch: event.batch, keep: null }, { type: "write", batch: event.batch, keep: null }] };
  mock.timers.tick(100);
  assert.deepEqual(disk.sent, [{ type: "write", pieces: [{ file: 0, version: 0, offset: 0, length: 5 }], data }]);
  assert.deepEqual(disk.moved, [[data]]);
});

test("a lane alone may have more waiting than each of several", () => {
  const make = (session: number, pc: number): Action => ({ type: "pc.make", session, pc, offer: true, iceServers: [], relayOnly: false });
  const out = (pc: number): Action => ({ type: "lane.out", session: 5, pc, key: new Uint8Array(32), recMax: 100 });
  answers = { tick: [make(5, 0), make(6, 0), make(5, 1), out(0)], "share.end": [out(1)], "share.stop": [{ type: "pc.close", session: 5, pc: 0 }] };
  const s = sharing();
  const told = (lane: number) => (lanes[lane]?.sent ?? []).flatMap((m) => (m.type === "depth" ? [[m.session, m.bytes]] : []));
  mock.timers.tick(100);
  assert.deepEqual([told(0), told(1)], [[[5, QueueOne]], []]);
  for (const lane of lanes) lane.sent.splice(0);
  s.fromPage({ type: "share.end" });
  assert.deepEqual([told(0), told(1)], [[[5, QueueMany]], []], "both are on the first worker");
  for (const lane of lanes) lane.sent.splice(0);
  s.fromPage({ type: "share.stop" });
  assert.deepEqual([told(0), told(1)], [[[5, QueueOne]], []]);
});

test("connections take the lane workers in turn, and what is said to one goes to its own", () => {
  const make = (pc: number): Action => ({ type: "pc.make", session: 5, pc, offer: true, iceServers: [], relayOnly: false });
  answers = { tick: [make(0), make(1), make(2)], "share.end": [{ type: "lane.in", session: 5, pc: 1, key: new Uint8Array(32), limit: 1 }], "share.stop": [{ type: "pc.close", session: 5, pc: 1 }, { type: "lane.in", session: 5, pc: 1, key: new Uint8Array(32), limit: 1 }] };
  const s = sharing();
  mock.timers.tick(100);
  assert.deepEqual(page.filter((m) => m.type === "pc.make").map((m) => m.lane), [0, 1, 0]);
  s.fromPage({ type: "share.end" });
  assert.deepEqual(lanes.map((l) => l.sent.map((m) => m.type)), [[], ["in"]]);
  s.fromPage({ type: "share.stop" });
  assert.deepEqual(lanes.map((l) => l.sent.map((m) => m.type)), [[], ["in", "close"]], "a lane that is closed gets no key");
});

test("what concerns files goes to every lane worker that has lanes of the session, a group with its source to one", () => {
  const file = new File(["x"], "x");
  const make = (session: number, pc: number): Action => ({ type: "pc.make", session, pc, offer: true, iceServers: [], relayOnly: false });
  lanes.push(new FakePort("lane 2"));
  answers = {
    "share.add": [make(5, 0), make(5, 1), make(6, 0), { type: "lane.send", length: 1, single: true, ...group }],
    "share.end": [{ type: "lane.cancel", session: 5, file: 1 }],
  };
  const s = sharing();
  s.fromPage({ type: "share.add", sources: [{ parent: 0, kind: "file", name: "x", file }] });
  s.fromPage({ type: "share.end" });
  assert.deepEqual(lanes.map((l) => l.sent.map((m) => m.type)), [["send", "cancel"], ["cancel"], []]);
  const [send] = lanes[0]?.sent ?? [];
  assert.ok(send?.type === "send" && send.source === file && !send.hashOnly);
  assert.deepEqual(events[0], { type: "share.add", sources: [{ parent: 0, name: "x", file: { size: 1, lastModified: file.lastModified } }] }, "the machine is never given a file");
});

for (const [what, shows, times] of [
  ["while bytes move views come at most twice a second", { phase: "transferring", written: 1 }, 2],
  ["before the first byte they come at once, but no more than ten a second", { phase: "transferring", written: 0 }, 10],
] as const) {
  test(`${what}, and the last change is always shown`, () => {
    answers = { pause: [{ type: "show" }] };
    now = shows;
    const s = receiving();
    for (let ms = 0; ms < 1000; ms += 10) mock.timers.tick(10); // the first view is long shown
    page = [];
    const shown = () => page.filter((m) => m.type === "receive.view").length;
    for (let ms = 0; ms < 1000; ms += 10) {
      s.fromPage({ type: "pause", on: true });
      mock.timers.tick(10);
    }
    assert.equal(shown(), times, "in a second");
    mock.timers.tick(500);
    assert.equal(shown(), times + 1);
    mock.timers.tick(5000);
    assert.equal(shown(), times + 1, "nothing changed");
  });
}

test("a machine that failed is not asked again, and the page is told once", () => {
  answers = { tick: "E_INTERNAL" };
  receiving();
  mock.timers.tick(1000);
  assert.deepEqual(log.filter((l) => l !== "to page: receive.view"), ["event tick", "dead: E_INTERNAL at tick"]);
});

test("opening a link touches no network; Connect does, and asks for the time", async () => {
  const s = shell();
  s.fromPage({ type: "link.open", link: "x" });
  mock.timers.tick(1000);
  assert.deepEqual([connections, log.filter((l) => l.includes("http"))], [0, []]);
  s.fromPage({ type: "connect", again: false, hidden: false });
  for (let i = 0; i < 20; i++) await Promise.resolve();
  assert.deepEqual([connections, log.filter((l) => l.includes("http"))], [1, ["HEAD http://127.0.0.1:8080/healthz"]]);
  assert.deepEqual(events.at(-1), { type: "clock", now: Date.UTC(2026, 10, 25, 12) });
});

test("nobody meets a share that is offered again before its list is whole", async () => {
  const kept: KeptShare = { id: "one", title: "T", kept: "", expires: 1, files: 1, bytes: 1, at: 0, removed: [], paths: "any", handles: [] };
  const vault = { shares: async () => [kept], list: async () => [], putShare: async () => undefined, putList: async () => undefined } as unknown as Vault;
  const s = shell(Promise.resolve(vault));
  s.fromPage({ type: "share.start", title: "T", again: "one" });
  s.fromPage({ type: "share.add", sources: [] });
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert.deepEqual([connections, events.map((e) => e.type)], [0, ["share.paths", "share.add"]]);
  s.fromPage({ type: "share.end" });
  assert.deepEqual([connections, events.at(-1)?.type], [1, "share.end"]);
});

test("members of a share that is offered again are asked for once the book is open", async () => {
  const own = book();
  const members = base64(own.seal("members one", [anna]) ?? new Uint8Array());
  const kept: KeptShare = { id: "one", title: "T", kept: "", expires: 1, files: 1, bytes: 1, at: 0, removed: [], paths: "any", handles: [], members };
  const vault = { shares: async () => [kept], list: async () => [], putShare: async () => undefined, putList: async () => undefined } as unknown as Vault;
  own.shut = true;
  const s = shell(Promise.resolve(vault), own);
  s.fromPage({ type: "share.start", title: "T", again: "one" });
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert.deepEqual(events.filter((e) => e.type === "share.members"), []);
  own.shut = false;
  s.contacts(new Set([anna]));
  assert.deepEqual(events.filter((e) => e.type === "share.members"), [{ type: "share.members", members: [anna] }]);
});

test("a damaged link is said at once, without a machine", () => {
  linkIs = "E_LINK";
  const s = shell();
  s.fromPage({ type: "link.open", link: "x" });
  assert.deepEqual(page, [{ type: "receive.view", view: { ...view, phase: "failed", why: "E_LINK", since: Date.now() } }]);
  s.fromPage({ type: "pause", on: true });
  assert.equal(events.length, 0);
});

test("the machine goes on once the disk has what it has to know, strictly", async () => {
  for (const role of ["share", "receive"] as const) {
    let written = (): void => assert.fail("nothing is written");
    const strict: unknown[] = [];
    const put = (_: unknown, durability?: unknown): Promise<void> => {
      if (durability === undefined) return Promise.resolve();
      strict.push(durability);
      return new Promise((resolve) => {
        written = resolve;
      });
    };
    const vault = { put, putShare: put, find: async () => null } as unknown as Vault;
    const s = shell(Promise.resolve(vault));
    s.fromPage(role === "share" ? { type: "share.start", title: "Day 3" } : { type: "link.open", link: "x" });
    for (let n = 0; n < 20; n++) await Promise.resolve();
    answers = { network: [{ type: "remember", n: 7 }] };
    s.fromPage({ type: "network" });
    for (let n = 0; n < 20; n++) await Promise.resolve();
    assert.deepEqual(strict, ["strict"], role);
    assert.equal(events.some((e) => e.type === "remembered"), false, `${role}: before it is written`);
    written();
    for (let n = 0; n < 20; n++) await Promise.resolve();
    assert.deepEqual(events.at(-1), { type: "remembered", n: 7, stale: false }, role);
    events = [];
  }
});

test("where nothing is kept the machine does not wait", async () => {
  const s = sharing();
  answers = { network: [{ type: "remember", n: 1 }] };
  s.fromPage({ type: "network" });
  for (let n = 0; n < 20; n++) await Promise.resolve();
  assert.deepEqual(events.at(-1), { type: "remembered", n: 1, stale: false });
});

const anna = `${"A".repeat(43)}=`;
const bela = `${"B".repeat(43)}=`;

test("members are those who may be met, and nobody else when that changes", () => {
  const s = sharing();
  s.contacts(new Set([anna, bela]));
  for (const id of [anna, bela]) s.fromPage({ type: "share.member", id, on: true });
  s.contacts(new Set([bela]));
  s.contacts(new Set());
  const members = events.flatMap((e) => (e.type === "share.members" ? [e.members] : []));
  assert.deepEqual(members, [[anna], [anna, bela], [bela], []]);
});

test("a contact's share is opened as this browser, where that is kept, and nothing else is", async () => {
  const device = Uint8Array.of(1, 2, 3);
  const vault = { all: async () => [], device: async () => device } as unknown as Vault;
  const broken = { all: async () => [], device: () => Promise.reject(new Error("a full disk")) } as unknown as Vault;
  for (const kept of [null, Promise.resolve(vault), Promise.resolve(broken)]) {
    for (const link of [offerLink(anna, `${"C".repeat(22)}==`), "x"]) {
      shell(kept).fromPage({ type: "link.open", link });
      for (let n = 0; n < 50; n++) await Promise.resolve();
    }
  }
  assert.deepEqual(devices, [undefined, device, undefined]);
});

test("a contact who was stopped is a member no more, also once the book was closed", () => {
  const s = sharing();
  s.contacts(new Set([anna, bela]));
  for (const id of [anna, bela]) s.fromPage({ type: "share.member", id, on: true });
  rows = [{ session: 1, contact: null }, { session: 2, contact: bela }] as RecipientView[];
  mock.timers.tick(1000);
  events = [];
  s.fromPage({ type: "recipient.stop", session: 1 });
  assert.deepEqual(events.map((e) => e.type), ["recipient.stop"], "who has the link is no member");
  s.fromPage({ type: "recipient.stop", session: 2 });
  s.contacts(new Set());
  s.contacts(new Set([anna, bela]));
  s.fromPage({ type: "share.member", id: anna, on: true }); // whatever the page still shows
  s.fromPage({ type: "share.member", id: bela, on: true });
  assert.deepEqual(events.flatMap((e) => (e.type === "share.members" ? [e.members] : [])), [[anna], [], [anna], [anna], [anna, bela]]);
});

test("what comes from a contact ends when that is none any more, what comes by a link does not", async () => {
  for (const [link, cancels] of [[offerLink(anna, `${"C".repeat(22)}==`), 1], ["x", 0]] as const) {
    const s = shell();
    s.contacts(new Set([anna]));
    s.fromPage({ type: "link.open", link });
    await Promise.resolve();
    s.fromPage({ type: "connect", again: false, hidden: false });
    s.contacts(new Set([anna, bela]));
    assert.equal(events.filter((e) => e.type === "cancel").length, 0, "they are a contact still");
    s.contacts(new Set([bela]));
    assert.equal(events.filter((e) => e.type === "cancel").length, cancels, link);
    events = [];
  }
});
