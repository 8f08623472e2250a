// The connection to the hub, with a clock and sockets of the test. What
// signaling/PROTOCOL.md 4 and 6 say of a client.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Signal, subprotocol } from "./signal.ts";

class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    assert.ok(socket, "no connection was tried");
    return socket;
  }
  binaryType = "";
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (e: { data: unknown }) => void = () => undefined;
  closed = 0;
  readonly sent: Uint8Array[] = [];
  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }
  send(data: Uint8Array): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed++;
  }
}

/** How a plain request is answered; null: not at all. */
let answer: Response | null = null;
let asked: string[] = [];
/** What Math.random gives: 1 is the whole wait. */
let chance = 1;
let scope = new EventTarget();
let heard: string[] = [];

const real = { WebSocket: globalThis.WebSocket, fetch: globalThis.fetch, self: globalThis.self };

beforeEach(() => {
  FakeSocket.all = [];
  answer = null;
  asked = [];
  heard = [];
  chance = 1;
  scope = new EventTarget();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(Math, "random", () => chance);
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    self: scope,
    fetch: async (url: string) => {
      asked.push(url);
      if (answer === null) throw new TypeError("no network");
      return answer;
    },
  });
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  Object.assign(globalThis, real);
});

function connect(): Signal {
  const signal = new Signal("wss://hub.example/signal", {
    up: () => heard.push("up"),
    down: (outdated) => heard.push(outdated ? "outdated" : "down"),
    message: (data) => heard.push(`message of ${data.byteLength}`),
  });
  signal.start();
  return signal;
}

/** Lets promises come to their end; no time passes. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Lets an attempt fail, and returns how long the next one was waited for, ms. */
function failed(): number {
  const before = FakeSocket.all.length;
  FakeSocket.last.onclose();
  for (let ms = 1; ms <= 120_000; ms++) {
    mock.timers.tick(1);
    if (FakeSocket.all.length > before) return ms;
  }
  return assert.fail("no further attempt within two minutes");
}

function hub(...subprotocols: string[]): Response {
  return new Response("{}", { status: 426, headers: { "sec-websocket-protocol": subprotocols.join(", ") } });
}

test("full waits are 0.5, 1, 2, 4, 8 and then 10 s", () => {
  connect();
  assert.deepEqual(Array.from({ length: 8 }, failed), [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test("a wait is drawn between half of it and all of it", () => {
  connect();
  chance = 0;
  assert.deepEqual([failed(), failed(), failed()], [250, 500, 1000]);
  chance = 0.5;
  assert.deepEqual([failed(), failed()], [3000, 6000]);
});

test("a connection that lived 10 s starts the waits anew, a shorter one does not", () => {
  connect();
  for (let i = 0; i < 4; i++) failed();
  FakeSocket.last.onopen();
  mock.timers.tick(9_999);
  assert.equal(failed(), 8000, "after 9.999 s");
  FakeSocket.last.onopen();
  mock.timers.tick(10_000);
  assert.equal(failed(), 500, "after 10 s");
});

test("the time it took to open counts for nothing", () => {
  connect();
  for (let i = 0; i < 4; i++) failed();
  mock.timers.tick(9_000); // a hub that is slow to answer
  FakeSocket.last.onopen();
  mock.timers.tick(1000);
  assert.equal(failed(), 8000);
});

test("it says up and down once for each connection, and hands on binary messages only", () => {
  connect();
  FakeSocket.last.onopen();
  FakeSocket.last.onmessage({ data: new ArrayBuffer(37) });
  FakeSocket.last.onmessage({ data: "text has no place in the protocol" });
  failed();
  FakeSocket.last.onopen();
  assert.deepEqual(heard, ["up", "message of 37", "down", "up"]);
  assert.equal(FakeSocket.last.binaryType, "arraybuffer");
  assert.deepEqual([FakeSocket.last.url, FakeSocket.last.protocol], ["wss://hub.example/signal", subprotocol]);
});

test("what is said without a connection is dropped, not kept for the next", () => {
  const signal = connect();
  const message = new Uint8Array([7]);
  signal.send(message); // still connecting: a WebSocket would throw
  const first = FakeSocket.last;
  first.onopen();
  signal.send(message);
  assert.equal(first.sent.length, 1);
  first.onclose();
  signal.send(message);
  mock.timers.tick(500);
  signal.send(message);
  FakeSocket.last.onopen();
  assert.deepEqual([first.sent.length, FakeSocket.last.sent.length], [1, 0]);
});

test("the network coming back ends a wait at once, and does not add a second connection", () => {
  connect();
  scope.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, 1, "while connecting");
  for (let i = 0; i < 6; i++) failed();
  FakeSocket.last.onclose();
  const before = FakeSocket.all.length;
  scope.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, before + 1, "while waiting");
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, before + 1, "the wait that was ended");
});

test("an attempt that does not open within 10 s is given up for the next", () => {
  connect();
  const first = FakeSocket.last;
  mock.timers.tick(9_999);
  assert.deepEqual([first.closed, heard], [0, []]);
  mock.timers.tick(1);
  assert.deepEqual([first.closed, heard], [1, ["down"]]);
  mock.timers.tick(500);
  assert.equal(FakeSocket.all.length, 2);
  FakeSocket.last.onopen();
  mock.timers.tick(60_000);
  assert.deepEqual([FakeSocket.last.closed, heard], [0, ["down", "up"]], "one that opened stays");
});

test("a connection that is given up is replaced at once, and heard of no more", () => {
  const signal = connect();
  signal.reset();
  assert.equal(FakeSocket.all.length, 1, "none was open");
  const first = FakeSocket.last;
  first.onopen();
  signal.reset();
  assert.deepEqual([first.closed, FakeSocket.all.length, heard], [1, 2, ["up", "down"]]);
  assert.deepEqual([first.onclose, first.onmessage], [null, null]);
  FakeSocket.last.onopen();
  mock.timers.tick(60_000);
  assert.deepEqual([FakeSocket.all.length, heard], [2, ["up", "down", "up"]]);
});

test("starting twice makes one connection", () => {
  connect().start();
  assert.equal(FakeSocket.all.length, 1);
});

test("a hub that speaks another subprotocol makes the page outdated", async () => {
  answer = hub("beeline.v2", "beeline.v3");
  connect();
  FakeSocket.last.onclose();
  assert.deepEqual(heard, ["down"]);
  await settled();
  assert.deepEqual(asked, ["https://hub.example/signal"]);
  assert.deepEqual(heard, ["down", "outdated"]);
});

test("an outdated page goes on trying a minute apart, and is not once a hub takes it", async () => {
  answer = hub("beeline.v2");
  connect();
  failed();
  await settled();
  assert.equal(failed(), 60_000);
  await settled();
  FakeSocket.last.onopen();
  assert.deepEqual(heard, ["down", "outdated", "outdated", "up"], "said once for each attempt");
  assert.ok(failed() <= 10_000, "waits as before");
  assert.equal(heard.at(-1), "down");
});

test("an older server that came back ends it, too, where something else refuses the connection", async () => {
  answer = hub("beeline.v2");
  connect();
  failed();
  await settled();
  answer = hub("beeline.v2", subprotocol);
  failed();
  await settled();
  assert.deepEqual(heard, ["down", "outdated", "outdated", "down"]);
});

for (const [name, made] of Object.entries<() => Response | null>({
  "no answer": () => null,
  "a hub that speaks this one": () => hub("beeline.v2", subprotocol),
  "a hub that names none": () => new Response("{}", { status: 426 }),
  "a page of the network one is in": () => new Response("<h1>Sign in</h1>", { status: 200, headers: { "sec-websocket-protocol": "x" } }),
  "a proxy without a server": () => new Response("", { status: 502 }),
})) {
  test(`${name} does not make the page outdated`, async () => {
    answer = made();
    connect();
    failed();
    await settled();
    assert.deepEqual(heard, ["down"]);
    answer = made();
    assert.equal(failed(), 1000);
  });
}

test("a connection that was open asks nothing: it was spoken to", async () => {
  answer = hub("beeline.v2");
  connect();
  FakeSocket.last.onopen();
  FakeSocket.last.onclose();
  await settled();
  assert.deepEqual(asked, []);
});

test("an answer that comes after the next connection opened is worth nothing", async () => {
  answer = hub("beeline.v2");
  connect();
  failed();
  FakeSocket.last.onopen();
  await settled();
  assert.deepEqual(heard, ["down", "up"]);
});
