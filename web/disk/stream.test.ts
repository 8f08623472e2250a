// A download that is written while it arrives: what the browser gets, against the
// service worker's own end (sw/stream.ts).

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { unzip } from "../e2e/disk/unzip.ts";
import { Streams } from "../sw/stream.ts";
import { groupSize } from "./coverage.ts";
import { nameIn } from "./item.ts";
import { crcBehind, Plan } from "./plan.ts";
import { Refusal } from "./sink.ts";
import { StreamSink } from "./stream.ts";
import { bytesOf, fakeHasher, opening, renewable, TestCore, type TestFile } from "./testing/core.ts";
import { centralHeader, descriptor, descriptorSize, endRecords, localHeader, type ZipEntry } from "./zip64.ts";

/** A plan as the core makes it; folders end in a stroke. */
function planOf(entries: { path: string[]; size: number; dir?: boolean }[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(entries.length * 12));
  entries.forEach(({ path, size, dir = false }, i) => {
    view.setUint32(i * 12, nameIn(path, dir).byteLength + (dir ? 2 ** 31 : 0));
    view.setBigUint64(i * 12 + 4, BigInt(size));
  });
  return new Uint8Array(view.buffer);
}

interface World {
  core: TestCore;
  sink: StreamSink;
  name: string;
  length: number;
  /** What the browser has when it is over. */
  got: Promise<Buffer>;
  answer: Response;
  streams: Streams;
}

async function world(files: TestFile[], { dirs = [], top = "", bytes }: { dirs?: string[][]; top?: string; bytes?: number } = {}): Promise<World> {
  const core = new TestCore();
  const streams = new Streams();
  let name = "";
  let answer: Response | null = null;
  const plan = planOf([...dirs.map((d) => ({ path: d, size: 0, dir: true })), ...files]);
  const begin = (n: string, length: number): Promise<MessagePort> => {
    name = n;
    const { port1, port2 } = new MessageChannel();
    streams.open("a", n, length, port2);
    answer = streams.answer(new Request("https://send.example/stream/a"));
    return Promise.resolve(port1);
  };
  const sink = await StreamSink.open({ ...opening(files), plan, top, bytes: bytes ?? 0 }, core.say, renewable(fakeHasher(crc32)), begin, () => void streams.ping("a"));
  const response = answer as Response | null;
  assert.ok(response);
  for (const [i, d] of dirs.entries()) sink.entry({ type: "entry", file: 1000 + i, kind: "dir", path: d, size: 0, modified: 0 });
  const got = response.clone().arrayBuffer().then((b) => Buffer.from(b));
  got.catch(() => undefined);
  return { core, sink, name, length: Number(response.headers.get("content-length")), got, answer: response, streams };
}

const several: TestFile[] = [
  { path: ["A", "a.wav"], size: 1000, seed: 1 },
  { path: ["A", "b", "large.mov"], size: 9 * groupSize + 5, seed: 2 },
  { path: ["A", "empty"], size: 0, seed: 3 },
  { path: ["A", "ü 名.mov"], size: 2 * groupSize + 1, seed: 4 },
  { path: ["A", "c.wav"], size: groupSize, seed: 5 },
];

test("a share becomes an archive of exactly the length that was announced", async () => {
  const w = await world(several, { dirs: [["A"], ["A", "b"], ["A", "empty folder"]], top: "A" });
  await w.core.run(w.sink, several);
  await w.sink.close();
  const got = await w.got;
  assert.equal(w.name, "A.zip");
  assert.equal(got.byteLength, w.length);
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-stream-"));
  try {
    const file = path.join(folder, "a.zip");
    writeFileSync(file, got);
    const found = unzip(file, path.join(folder, "out"));
    assert.deepEqual(found.map((e) => e.name), ["A/", "A/b/", "A/empty folder/", ...several.map((f) => f.path.join("/"))]);
    for (const f of several) assert.ok(readFileSync(path.join(folder, "out", ...f.path)).equals(Buffer.from(bytesOf(f))), f.path.join("/"));
    // Others' readers, where there are any.
    for (const [command, ...args] of [["python3", "-m", "zipfile", "-t", file], ["unzip", "-tqq", file], ["bsdtar", "-tf", file]]) {
      const run = spawnSync(command as string, args, { encoding: "utf8" });
      if (!run.error) assert.equal(run.status, 0, `${command}: ${run.stdout}${run.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.ok(!w.core.types().includes("safe"), "nobody tells when the browser has it on disk");
});

for (const size of [0, 1, groupSize, 5 * groupSize + 77]) {
  test(`one file of ${size} bytes is itself, and its end leaves only once it is judged`, async () => {
    const files = [{ path: ["film.mov"], size, seed: 3 }];
    const w = await world(files, { top: "film.mov" });
    let given = 0;
    w.core.watch = (m) => {
      if (m.type === "digest") given = w.sink.handedOver;
      return undefined;
    };
    await w.core.run(w.sink, files);
    const last = size === 0 ? 0 : size % groupSize || groupSize;
    assert.equal(given, size - last, "the last group left before it was judged");
    await w.sink.close();
    assert.equal(w.name, "film.mov");
    assert.ok((await w.got).equals(Buffer.from(bytesOf(files[0] as TestFile))));
  });
}

test("a single file in a folder stays in it", async () => {
  const files = [{ path: ["A", "film.mov"], size: 10, seed: 3 }];
  const w = await world(files, { top: "A" });
  await w.core.run(w.sink, files);
  await w.sink.close();
  assert.equal(w.name, "A.zip");
  assert.equal((await w.got).readUInt32LE(0), 0x04034b50);
});

test("several things get the title's name", async () => {
  const w = await world([{ path: ["a"], size: 1, seed: 1 }, { path: ["b"], size: 1, seed: 2 }]);
  assert.equal(w.name, "Title.zip");
  await w.sink.discard();
});

const breaks: Record<string, { code: string; spoil: (w: World) => void }> = {
  "a file that grew": { code: "E_CHANGED", spoil: (w) => w.core.change(1, { path: ["A", "b", "large.mov"], size: 10 * groupSize, seed: 9 }) },
  "a file that began again": { code: "E_CHANGED", spoil: (w) => w.core.change(1, { path: ["A", "b", "large.mov"], size: 9 * groupSize + 5, seed: 9 }) },
  "a file that is given up": { code: "E_INCOMPLETE", spoil: (w) => w.core.drop(1) },
  "a browser that ends it": { code: "E_DOWNLOAD", spoil: (w) => w.streams.cut("a") },
};
for (const [what, { code, spoil }] of Object.entries(breaks)) {
  test(`${what} breaks all of it, and it is no whole download`, async () => {
    const w = await world(several);
    let done: () => void = () => undefined;
    const broken = new Promise<void>((resolve) => {
      done = resolve;
    });
    w.core.watch = (m) => {
      if (m.type === "written" && m.pieces[0]?.file === 1 && m.pieces[0].offset === 3 * groupSize) spoil(w);
      if (m.type === "broken") {
        assert.equal(m.code, code);
        done();
      }
      return undefined;
    };
    void w.core.run(w.sink, several);
    await broken;
    await w.sink.discard();
    await assert.rejects(w.got);
    assert.equal(w.core.of("broken").length, 1);
  });
}

test("a file that changed before its turn came, and not its size, is sent as it is then", async () => {
  const w = await world(several);
  const other = { path: ["A", "ü 名.mov"], size: 2 * groupSize + 1, seed: 77 };
  let once = false;
  w.core.watch = (m) => {
    if (m.type !== "written" || once) return undefined;
    once = true;
    w.core.change(3, other);
    return undefined;
  };
  await w.core.run(w.sink, several);
  await w.sink.close();
  assert.ok((await w.got).includes(Buffer.from(bytesOf(other))));
});

test("what waits for its turn is not called written, and given up it is gone", async () => {
  const w = await world(several);
  w.sink.entry({ type: "entry", file: 0, kind: "file", path: ["A", "a.wav"], size: 1000, modified: 0 });
  w.sink.entry({ type: "entry", file: 1, kind: "file", path: ["A", "b", "large.mov"], size: 9 * groupSize + 5, modified: 0 });
  const second = several[1] as TestFile;
  for (const group of [3, 0, 2]) w.sink.write([{ file: 1, version: 0, offset: group * groupSize, length: groupSize }], bytesOf(second, group * groupSize, groupSize).buffer);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(w.core.said, []);
  w.sink.write([{ file: 0, version: 0, offset: 0, length: 1000 }], bytesOf(several[0] as TestFile).buffer);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(w.core.of("written").flatMap((m) => m.pieces.map((p) => [p.file, p.offset / groupSize])), [[0, 0], [1, 0]]);
  await w.sink.discard();
  await assert.rejects(w.got);
});

test("without a way to the browser, or with a length nobody can count, it is refused", async () => {
  const files = [{ path: ["a"], size: 2 ** 52, seed: 1 }, { path: ["b"], size: 2 ** 52, seed: 1 }];
  const open = (plan: Uint8Array<ArrayBuffer> | null): Promise<StreamSink> =>
    StreamSink.open({ ...opening([]), plan, top: "" }, () => undefined, renewable(fakeHasher(crc32)), () => Promise.resolve(null), () => undefined);
  for (const plan of [null, new Uint8Array(), planOf(files), planOf([{ path: ["a"], size: 1 }])]) await assert.rejects(open(plan), Refusal);
});

test("the length is that of what is written, for any plan", () => {
  // A hole for bytes: only their number counts.
  for (let seed = 1; seed < 300; seed++) {
    let x = seed * 2654435761;
    const random = (n: number): number => {
      x = (x * 1103515245 + 12345) % 2 ** 31;
      return x % n;
    };
    const entries = Array.from({ length: 1 + random(40) }, () => {
      const dir = random(5) === 0;
      const size = dir ? 0 : [0, 1, groupSize, groupSize + 1, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 40][random(8)] ?? 0;
      return { path: ["x".repeat(1 + random(300))], size, dir };
    });
    let at = 0;
    const made: { e: ZipEntry; at: number }[] = [];
    for (const { path, size, dir } of entries) {
      const e: ZipEntry = { name: nameIn(path, dir), dir, size, crc: 1, modified: 0, crcBehind: crcBehind(size) };
      made.push({ e, at });
      at += localHeader(e).byteLength + size;
      if (e.crcBehind) {
        assert.equal(descriptor(e).byteLength, descriptorSize(size));
        at += descriptorSize(size);
      }
    }
    const list = made.reduce((sum, m) => sum + centralHeader(m.e, m.at).byteLength, 0);
    assert.equal(new Plan(planOf(entries)).archiveLength(), at + list + endRecords(made.length, at, list).byteLength, `seed ${seed}`);
  }
});

test("a plan of any bytes is read without a fault", () => {
  for (let length = 0; length < 100; length++) {
    const plan = new Plan(crypto.getRandomValues(new Uint8Array(length)));
    assert.equal(plan.length, Math.floor(length / 12));
    assert.ok(plan.archiveLength() > 0);
    assert.equal(plan.at(plan.length), null);
  }
});
