// The native peer, and a bare lane of the same stack in the same run, in turn.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { nativeReceive, nativeSend } from "../harness/native.ts";
import { type Server, startServer } from "../harness/server.ts";
import { figure, median, note } from "./figure.ts";
import { pairs, randomFile } from "./ratio.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);
/** A disk in memory where there is one: the disk is not what is measured. */
const fast = existsSync("/dev/shm") && statfsSync("/dev/shm").bavail * statfsSync("/dev/shm").bsize > 4e9 ? "/dev/shm" : tmpdir();
const patience = 1_800_000;

async function withServer(measure: (server: Server, folder: string) => Promise<void>, base = fast): Promise<void> {
  const folder = path.join(base, `beeline-bench-${process.pid}`);
  mkdirSync(folder);
  const server = await startServer();
  try {
    await measure(server, folder);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Disk to disk ÷ a bare lane with the same settings, both ends in one process: backend/peer/bench_test.go. */
export async function measureNativeRatio(): Promise<void> {
  const { stdout } = await run("go", ["test", "-run", "^$", "-bench", "Transfer", "-benchtime", `${pairs}x`, "-timeout", "30m", "./backend/peer"], { cwd: root });
  const said = (unit: string): number => Number(new RegExp(`([\\d.]+) ${unit}\\b`).exec(stdout)?.[1]);
  note(`  raw ${said("raw_MB/s")} MB/s, disk to disk ${said("disk_MB/s")} MB/s`);
  figure("native_ratio_raw", said("ratio"), "ratio", pairs);
}

/** Sends and takes; returns seconds from the start of the recipient, and what it said. */
async function cross(server: Server, source: string, out: string): Promise<{ seconds: number; first: number; result: Record<string, unknown> }> {
  const sender = await nativeSend(server.url, [source], ["--once"]);
  const began = performance.now();
  const recipient = await nativeReceive(sender.link, out);
  await recipient.next("view", patience, (v) => Number(v["written"]) > 0);
  const first = performance.now() - began;
  const result = await recipient.next("result", patience);
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([sender.exit(), recipient.exit()]);
  if (result["ok"] !== true) throw new Error(`the native transfer failed: ${JSON.stringify(result)}`);
  rmSync(out, { recursive: true, force: true });
  return { seconds, first, result };
}

/** From starting the recipient, its process included, to the first bytes on disk as its lines say, which come ten times a second. */
export function measureNativeFirst(): Promise<void> {
  return withServer(async (server, folder) => {
    const source = path.join(folder, "clip.mov");
    randomFile(source, 64 << 20);
    const times: number[] = [];
    for (let i = 0; i < pairs; i++) times.push((await cross(server, source, path.join(folder, "out"))).first);
    figure("native_first_byte_ms", median(times), "ms", times.length);
  });
}

/** 200,000 files of 5 KB in a hundred folders, from pressing Receive on. BENCH_SMALL makes them fewer. */
export function measureNativeSmall(): Promise<void> {
  const count = Number(process.env["BENCH_SMALL"] ?? "200000");
  return withServer(async (server, folder) => {
    const source = path.join(folder, "A001");
    const noise = randomBytes(5_000 + count);
    for (let i = 0; i < count; i++) {
      const below = path.join(source, String(Math.floor((100 * i) / count)).padStart(3, "0"));
      if (!existsSync(below)) mkdirSync(below, { recursive: true });
      writeFileSync(path.join(below, `A001.${String(i).padStart(6, "0")}.exr`), noise.subarray(i, i + 5_000));
    }
    const { result } = await cross(server, source, path.join(folder, "out"));
    figure("native_small_files_per_s", count / (Number(result["ms"]) / 1000), "files/s", 1);
  });
}
