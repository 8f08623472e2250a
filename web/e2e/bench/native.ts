// The native peer against its references: a bare lane of the same stack, a raw channel
// to Chromium, croc. Each in the same run, in turn.

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { choose, drop, press, shareLink, waitStage } from "../harness/actions.ts";
import { type Browser, launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { nativeRaw, nativeReceive, nativeSend } from "../harness/native.ts";
import { type Server, startServer } from "../harness/server.ts";
import { figure, median, note } from "./figure.ts";
import { pairs, randomFile } from "./ratio.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const size = 256 << 20;
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

type Raw = typeof globalThis & { rawNative?: { pc: RTCPeerConnection; channel: RTCDataChannel }; rawGot?: Promise<number> };

/** Seconds of a bare channel between a page and a native lane. */
async function rawSeconds(browser: Browser, url: string, nativeSends: boolean): Promise<number> {
  const { page } = await browser.page();
  await page.goto(`${url}/`);
  const native = await nativeRaw(size, nativeSends);
  try {
    const offer = await page.evaluate(async (total: number) => {
      const pc = new RTCPeerConnection();
      const channel = pc.createDataChannel("raw", { negotiated: true, id: 1, ordered: false });
      channel.binaryType = "arraybuffer";
      (globalThis as Raw).rawNative = { pc, channel };
      (globalThis as Raw).rawGot = new Promise((resolve) => {
        let got = 0;
        channel.onmessage = (e: MessageEvent<ArrayBuffer>) => {
          got += e.data.byteLength;
          if (got >= total) resolve(Date.now());
        };
      });
      await pc.setLocalDescription(await pc.createOffer());
      await new Promise<void>((resolve) => {
        if (pc.iceGatheringState === "complete") resolve();
        pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
      });
      return pc.localDescription?.sdp ?? "";
    }, size);
    native.say(JSON.stringify(offer));
    const sdp = String((await native.next("answer"))["sdp"]);
    const began = await page.evaluate(
      async (answer: string, total: number, sends: boolean) => {
        const held = (globalThis as Raw).rawNative;
        if (!held) throw new Error("no channel");
        const { pc, channel } = held;
        await pc.setRemoteDescription({ type: "answer", sdp: answer });
        if (channel.readyState !== "open") await new Promise((resolve) => (channel.onopen = resolve));
        const start = Date.now();
        if (!sends) return start;
        const message = new Uint8Array(61_440);
        channel.bufferedAmountLowThreshold = 1 << 18;
        void (async () => {
          for (let left = total; left > 0; left -= message.length) {
            if (channel.bufferedAmount > 1 << 20) await new Promise((resolve) => (channel.onbufferedamountlow = resolve));
            channel.send(message.subarray(0, Math.min(left, message.length)));
          }
        })();
        return start;
      },
      sdp,
      size,
      !nativeSends,
    );
    const at = nativeSends ? async (): Promise<number> => page.evaluate(() => (globalThis as Raw).rawGot as Promise<number>) : async (): Promise<number> => Number((await native.next("raw", patience))["at"]);
    return ((await at()) - began) / 1000;
  } finally {
    await native.close();
    await page.close({ runBeforeUnload: false });
  }
}

/** Seconds from Receive to the end, between a page and a native peer. */
async function wholeSeconds(browser: Browser, server: Server, source: string, out: string, nativeSends: boolean): Promise<number> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const { page } = await browser.page();
  try {
    if (nativeSends) {
      const sender = await nativeSend(server.url, [source], ["--once"]);
      await page.goto(sender.link);
      await press(page, "Connect");
      await page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent?.trim() === "Receive"), { timeout: 30_000 });
      await drop(page, [out]);
      await page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent?.trim() === "Receive" && !b.disabled), { timeout: 30_000 });
      const began = performance.now();
      await press(page, "Receive");
      await waitStage(page, "Complete", patience);
      const seconds = (performance.now() - began) / 1000;
      await sender.close();
      return seconds;
    }
    await page.goto(`${server.url}/`);
    await choose(page, [source], "files");
    const recipient = await nativeReceive(await shareLink(page), out);
    const result = await recipient.next("result", patience);
    await recipient.exit();
    return Number(result["ms"]) / 1000;
  } finally {
    await page.close({ runBeforeUnload: false });
  }
}

/** Native ↔ Chromium ÷ a raw channel between the two; the worse direction. */
export async function measureNativeBrowser(): Promise<void> {
  const browser = await launch("chromium");
  try {
    await withServer(async (server, folder) => {
      const source = path.join(folder, "clip.mov");
      randomFile(source, size);
      const worst: number[] = [];
      for (const nativeSends of [true, false]) {
        const ratios: number[] = [];
        for (let i = 0; i < pairs; i++) {
          const raw = await rawSeconds(browser, server.url, nativeSends);
          const whole = await wholeSeconds(browser, server, source, path.join(folder, "out"), nativeSends);
          note(`  ${nativeSends ? "native to Chromium" : "Chromium to native"}: raw ${(size / 1e6 / raw).toFixed(1)} MB/s, whole ${(size / 1e6 / whole).toFixed(1)} MB/s`);
          ratios.push(raw / whole);
        }
        worst.push(median(ratios));
      }
      figure("native_browser_ratio", Math.min(...worst), "ratio", pairs);
    }, tmpdir());
  } finally {
    await browser.close();
  }
}

/** The newest croc over a relay of its own on this machine ÷ ours, whole runs of the recipient. It is installed for this and gone afterwards. */
export function measureNativeCroc(): Promise<void> {
  const bin = tempFolder();
  return withServer(async (server, folder) => {
    await run("go", ["install", "github.com/schollz/croc/v10@latest"], { cwd: bin.path, env: { ...process.env, GOBIN: bin.path, GOFLAGS: "" } });
    const croc = path.join(bin.path, "croc");
    note(`  ${(await run(croc, ["--version"])).stdout.trim()}`);
    const ports = [19009, 19010, 19011, 19012, 19013];
    const env = { ...process.env, HOME: bin.path, CROC_PASS: "bench" };
    const relay = spawn(croc, ["--pass", "bench", "relay", "--host", "127.0.0.1", "--ports", ports.join(",")], { env, stdio: "ignore" });
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const source = path.join(folder, "clip.mov");
      randomFile(source, size);
      const ratios: number[] = [];
      for (let i = 0; i < pairs; i++) {
        const theirs = await crocSeconds(croc, env, `bench-${i}-of-beeline-${process.pid}`, source, path.join(folder, "croc"));
        const ours = (await cross(server, source, path.join(folder, "out"))).seconds;
        note(`  croc ${(size / 1e6 / theirs).toFixed(1)} MB/s, beeline ${(size / 1e6 / ours).toFixed(1)} MB/s`);
        ratios.push(theirs / ours);
      }
      figure("croc_ratio", median(ratios), "ratio", ratios.length);
    } finally {
      relay.kill();
    }
  }).finally(() => bin.remove());
}

async function crocSeconds(croc: string, env: NodeJS.ProcessEnv, code: string, source: string, out: string): Promise<number> {
  mkdirSync(out);
  const secret = { ...env, CROC_SECRET: code };
  const common = ["--relay", "127.0.0.1:19009", "--yes", "--overwrite"];
  const sender = spawn(croc, [...common, "send", "--no-local", source], { env: secret, stdio: "ignore" });
  try {
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // it waits at the relay
    const began = performance.now();
    await run(croc, [...common, "--out", out], { env: secret });
    return (performance.now() - began) / 1000;
  } finally {
    sender.kill();
    rmSync(out, { recursive: true, force: true });
  }
}
