// Disk to disk through the page ÷ a raw data channel between the same two
// browsers, in pairs, and what that costs in processor time. In Chromium also
// ÷ the same channel with the browser saving what comes, without us.

import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { randomBytes } from "node:crypto";
import type { Page } from "puppeteer-core";
import type { Browser, Kind } from "../harness/browser.ts";
import { cpuSeconds } from "../harness/processes.ts";
import { figure, median, note } from "./figure.ts";
import { withPair } from "./pair.ts";
import { rawSeconds } from "./raw.ts";
import { savedSeconds } from "./saved.ts";
import { transfer } from "./transfer.ts";

export const pairs = Number(process.env["BENCH_PAIRS"] ?? "5");
const size = 256 << 20;

export function measureRatio(kind: Kind): Promise<void> {
  return withPair(kind, async ({ url, from, to, folder }) => {
    const source = path.join(folder, "clip.mov");
    randomFile(source, size);
    const runs = await alternate({ url, from, to, source, destination: path.join(folder, "landed"), save: kind === "chromium" });
    figure(`transfer_ratio_raw_${kind}`, median(runs.map((r) => r.raw.seconds / r.page.seconds)), "ratio", runs.length);
    if (kind !== "chromium") return;
    const perGB = (seconds: number): number => (seconds / size) * 1e9;
    figure("cpu_s_per_gb_overhead", median(runs.map((r) => perGB(r.page.cpu - r.raw.cpu))), "s/GB", runs.length);
    const saved = runs.flatMap((r) => (r.saved ? [{ page: r.page, saved: r.saved }] : []));
    figure("transfer_ratio_saved_chromium", median(saved.map((r) => r.saved.seconds / r.page.seconds)), "ratio", saved.length);
    figure("cpu_s_per_gb_above_saved", median(saved.map((r) => perGB(r.page.cpu - r.saved.cpu))), "s/GB", saved.length);
  });
}

interface Setup {
  url: string;
  from: Browser;
  to: Browser;
  source: string;
  destination: string;
  /** Whether to measure the browser's own saving too; Chromium only. */
  save: boolean;
}

interface Cost {
  seconds: number;
  cpu: number;
}

export interface Run {
  raw: Cost;
  /** The raw channel with the browser saving what comes. */
  saved: Cost | null;
  page: Cost;
}

/** Raw, saved, page, raw, saved, page …: what is compared stands side by side. */
export async function alternate(s: Setup): Promise<Run[]> {
  const runs: Run[] = [];
  for (let i = 0; i < pairs; i++) {
    const raw = await between(s, (a, b) => rawSeconds(a, b, size));
    const saved = s.save ? await between(s, (a, b) => savedSeconds(a, b, size, s.destination)) : null;
    const page = await throughPage(s);
    runs.push({ raw, saved, page });
    note(`  ${said("raw", raw)}, ${saved ? `${said("saved", saved)}, ` : ""}${said("page", page)}`);
  }
  return runs;
}

const said = (what: string, { seconds, cpu }: Cost): string => `${what} ${(size / 1e6 / seconds).toFixed(1)} MB/s ${cpu.toFixed(1)} s CPU`;

const used = (s: Setup): number => [s.from, s.to].reduce((sum, b) => sum + cpuSeconds(b.driver.process()?.pid ?? 0), 0);

async function between(s: Setup, move: (sender: Page, receiver: Page) => Promise<number>): Promise<Cost> {
  const [{ page: a }, { page: b }] = [await s.from.page(), await s.to.page()];
  await a.goto(`${s.url}/`);
  await b.goto(`${s.url}/`);
  const before = used(s);
  const seconds = await move(a, b);
  const cpu = used(s) - before;
  await a.close();
  await b.close();
  return { seconds, cpu };
}

async function throughPage(s: Setup): Promise<Cost> {
  let before = 0;
  const done = await transfer({
    ...s,
    during: async () => {
      before = used(s);
    },
  });
  const cpu = used(s) - before;
  await done.close();
  return { seconds: done.seconds, cpu };
}

/** A file of random bytes: nothing on the way can compress it. */
export function randomFile(file: string, bytes: number): void {
  const out = openSync(file, "w");
  for (let left = bytes; left > 0; left -= 4 << 20) writeSync(out, randomBytes(Math.min(left, 4 << 20)));
  closeSync(out);
}
