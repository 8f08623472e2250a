// Disk to disk through the page ÷ a raw data channel between the same two
// browsers, in pairs, and what our own work costs in processor time.

import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { randomBytes } from "node:crypto";
import type { Browser, Kind } from "../harness/browser.ts";
import { cpuSeconds } from "./cpu.ts";
import { figure, median, note } from "./figure.ts";
import { withPair } from "./pair.ts";
import { rawSeconds } from "./raw.ts";
import { transfer } from "./transfer.ts";

export const pairs = Number(process.env["BENCH_PAIRS"] ?? "5");
const size = 256 << 20;

export function measureRatio(kind: Kind): Promise<void> {
  return withPair(kind, async ({ url, from, to, folder }) => {
    const source = path.join(folder, "clip.mov");
    randomFile(source, size);
    const { ratios, overheads } = await alternate({ url, from, to, source, destination: path.join(folder, "landed") });
    figure(`transfer_ratio_raw_${kind}`, median(ratios), "ratio", ratios.length);
    if (kind === "chromium") figure("cpu_s_per_gb_overhead", median(overheads), "s/GB", overheads.length);
  });
}

interface Setup {
  url: string;
  from: Browser;
  to: Browser;
  source: string;
  destination: string;
}

/** Raw, page, raw, page …: the ratio of each neighbouring pair. */
export async function alternate(s: Setup): Promise<{ ratios: number[]; overheads: number[] }> {
  const ratios: number[] = [];
  const overheads: number[] = [];
  const used = (): number => [s.from, s.to].reduce((sum, b) => sum + cpuSeconds(b.driver.process()?.pid ?? 0), 0);
  for (let i = 0; i < pairs; i++) {
    const [{ page: a }, { page: b }] = [await s.from.page(), await s.to.page()];
    await a.goto(`${s.url}/`);
    await b.goto(`${s.url}/`);
    const before = used();
    const raw = await rawSeconds(a, b, size);
    const rawCpu = used() - before;
    await a.close();
    await b.close();

    const start = { cpu: 0 };
    const done = await transfer({
      ...s,
      during: async () => {
        start.cpu = used();
      },
    });
    const ours = used() - start.cpu;
    await done.close();
    ratios.push(raw / done.seconds);
    overheads.push(((ours - rawCpu) / size) * 1e9);
    note(`  raw ${(size / 1e6 / raw).toFixed(1)} MB/s ${rawCpu.toFixed(1)} s CPU, page ${(size / 1e6 / done.seconds).toFixed(1)} MB/s ${ours.toFixed(1)} s CPU`);
  }
  return { ratios, overheads };
}

/** A file of random bytes: nothing on the way can compress it. */
export function randomFile(file: string, bytes: number): void {
  const out = openSync(file, "w");
  for (let left = bytes; left > 0; left -= 4 << 20) writeSync(out, randomBytes(Math.min(left, 4 << 20)));
  closeSync(out);
}
