// What the browser gets of a download that is written while it arrives: exactly
// what was announced, or an error.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FromStream, ToStream } from "../shared/stream.ts";
import { Streams } from "./stream.ts";

const request = (id: string, method = "GET") => new Request(`https://send.example/stream/${id}`, { method });

/** A download that is open, and the disk worker's end of it. */
function opened(streams = new Streams(), { id = "a", name = "film.mov", bytes = 10 } = {}): { streams: Streams; say: (m: ToStream) => void; heard: FromStream["type"][]; until: (type: FromStream["type"], times?: number) => Promise<void>; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  const heard: FromStream["type"][] = [];
  let wake: () => void = () => undefined;
  port1.onmessage = (e: MessageEvent<FromStream>) => {
    heard.push(e.data.type);
    wake();
  };
  streams.open(id, name, bytes, port2);
  return {
    streams,
    heard,
    say: (m) => port1.postMessage(m),
    async until(type, times = 1) {
      while (heard.filter((h) => h === type).length < times) await new Promise<void>((resolve) => {
        wake = resolve;
      });
    },
    close: () => port1.close(),
  };
}

const chunk = (n: number): ToStream => ({ type: "chunk", bytes: new Uint8Array(n).fill(7) });

test("a download has its exact length and its name, whatever that holds", async () => {
  const name = "a\"; filename=evil\r\nx: y/'(ü)*.zip";
  const s = opened(undefined, { name });
  const answer = s.streams.answer(request("a"));
  assert.ok(answer);
  assert.equal(answer.headers.get("content-length"), "10");
  assert.equal(answer.headers.get("content-type"), "application/zip");
  assert.equal(answer.headers.get("content-disposition"), "attachment; filename*=UTF-8''a%22%3B%20filename%3Devil%0D%0Ax%3A%20y%2F%27%28%C3%BC%29%2A.zip");
  await s.until("started");
  s.streams.cut("a");
  s.close();
});

test("bytes come only as they are asked for, and it ends when all were read", async () => {
  const s = opened();
  const answer = s.streams.answer(request("a"));
  await s.until("pull");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(s.heard, ["started", "pull"], "one at a time");
  s.say(chunk(4));
  await s.until("pull", 2);
  s.say(chunk(6));
  s.say({ type: "end" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!s.heard.includes("drained"), "nobody has read it");
  assert.equal((await answer?.arrayBuffer())?.byteLength, 10);
  await s.until("drained");
  s.close();
});

test("a browser that reads nothing is sent no more than a few pieces", async () => {
  const s = opened(undefined, { bytes: 100 });
  s.streams.answer(request("a"));
  for (let i = 1; i <= 4; i++) {
    await s.until("pull", i);
    s.say(chunk(1));
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(s.heard.filter((h) => h === "pull").length, 4);
  s.streams.cut("a");
  s.close();
});

for (const [what, messages] of Object.entries({
  "too few bytes": [chunk(9), { type: "end" }],
  "too many bytes": [chunk(11)],
  "a cut": [chunk(10), { type: "cut" }],
}) as [string, ToStream[]][]) {
  test(`${what}: an error, never an end`, async () => {
    const s = opened();
    const answer = s.streams.answer(request("a"));
    const read = answer?.arrayBuffer();
    read?.catch(() => undefined);
    for (const m of messages) s.say(m);
    await assert.rejects(read ?? Promise.resolve());
    await s.until("gone");
    s.close();
  });
}

test("a browser that ends the download is told of", async () => {
  const s = opened();
  const answer = s.streams.answer(request("a"));
  await answer?.body?.cancel();
  await s.until("gone");
  s.close();
});

test("a page that is not heard of for 25 seconds has its download cut, one that pings has not", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const s = opened();
  const answer = s.streams.answer(request("a"));
  for (let i = 0; i < 10; i++) {
    t.mock.timers.tick(20_000);
    void s.streams.ping("a");
  }
  await s.until("alive", 10);
  assert.ok(!s.heard.includes("gone"));
  t.mock.timers.tick(25_000);
  await s.until("gone");
  await assert.rejects(answer?.arrayBuffer() ?? Promise.resolve());
  s.close();
});

test("nobody else gets a download, and nobody gets it twice", async () => {
  const s = opened();
  assert.equal(s.streams.answer(request("b")), null);
  assert.equal(s.streams.answer(request("")), null);
  assert.equal(s.streams.answer(request("a", "POST")), null);
  assert.equal(s.streams.answer(new Request("https://send.example/r")), null);
  assert.ok(s.streams.answer(request("a")));
  assert.equal(s.streams.answer(request("a")), null);
  s.streams.cut("a");
  await s.until("gone");
  assert.equal(s.streams.answer(request("a")), null);
  s.close();
});
