// Over distance: the real pages against one plain data channel on the same line,
// in turn, between two hosts of a lab; and nearby, that looking for more lanes
// costs nothing. wasm/PROTOCOL.md f.1.

import path from "node:path";
import type { Page } from "puppeteer-core";
import { type Browser, launch } from "../harness/browser.ts";
import { farAway } from "../harness/connections.ts";
import { tempFolder } from "../harness/files.ts";
import { type Line, startLink } from "../harness/netlab.ts";
import { figure, median, note } from "./figure.ts";
import { withPair } from "./pair.ts";
import { pairs, randomFile } from "./ratio.ts";
import { rawSeconds } from "./raw.ts";
import { transfer } from "./transfer.ts";

const pageBytes = 512e6;
/** One channel alone is so slow that a part has to do. */
const rawBytes = 32e6;
const nearBytes = 256e6;

interface Ends {
  from: Browser;
  to: Browser;
  url: string;
  folder: string;
}

export async function measureWan(): Promise<void> {
  figure("wan_speedup", await over({ delay: "25ms", loss: 1e-4, rate: 1e9 }, 2), "ratio", 2);
  figure("wan_150ms_speedup", await over({ delay: "75ms", loss: 1e-3, rate: 1e9 }, 1, 128e6, 8e6), "ratio", 1);
}

/** Raw, page, raw …: the median of the page's rates by that of the channel's, which swings with its luck. */
async function over(line: Line, times: number, whole = pageBytes, part = rawBytes): Promise<number> {
  const lab = await startLink(line);
  const folder = tempFolder();
  const opened: { close(): Promise<unknown> }[] = [];
  try {
    const server = await lab.serve();
    opened.push({ close: () => server.stop() });
    const from = await launch("chromium", { host: lab.host("a") });
    opened.push(from);
    const to = await launch("chromium", { host: lab.host("b") });
    opened.push(to);
    const ends = { from, to, url: lab.url, folder: folder.path };
    const raws = [await raw(ends, part)];
    const pages: number[] = [];
    for (let i = 0; i < times; i++) {
      pages.push(await paged(ends, whole));
      raws.push(await raw(ends, part));
    }
    const list = (rates: number[]): string => rates.map((rate) => rate.toFixed(2)).join(", ");
    note(`  ${line.delay} one way, loss ${line.loss}: raw ${list(raws)} MB/s, page ${list(pages)} MB/s`);
    const { missed } = await lab.report();
    if (missed > 0) throw new Error(`the lab itself lost ${missed} frames`);
    return median(pages) / median(raws);
  } finally {
    for (const it of opened.reverse()) await it.close().catch(() => undefined);
    await lab.close();
    folder.remove();
  }
}

/** MB/s of one plain channel. */
async function raw(ends: Ends, bytes: number): Promise<number> {
  const [{ page: a }, { page: b }] = [await ends.from.page(), await ends.to.page()];
  await a.goto(`${ends.url}/`);
  await b.goto(`${ends.url}/`);
  const seconds = await rawSeconds(a, b, bytes);
  await a.close();
  await b.close();
  return bytes / 1e6 / seconds;
}

/** MB/s of a whole transfer through the pages. */
async function paged(ends: Ends, bytes: number, prepare?: (sender: Page) => Promise<void>): Promise<number> {
  const source = path.join(ends.folder, "clip.mov");
  randomFile(source, bytes);
  const done = await transfer({ ...ends, source, destination: path.join(ends.folder, "landed"), ...(prepare === undefined ? {} : { prepare }) });
  await done.close();
  return bytes / 1e6 / done.seconds;
}

/** Nearby, as it is ÷ with a browser that says that a round trip takes a millisecond, so that one lane stays. */
export function measureLanLanes(): Promise<void> {
  return withPair("chromium", async (ends) => {
    const ratios: number[] = [];
    for (let i = 0; i < pairs; i++) {
      const one = await paged(ends, nearBytes, (sender) => farAway(sender, 1));
      const free = await paged(ends, nearBytes);
      note(`  one lane ${one.toFixed(1)} MB/s, as many as it wants ${free.toFixed(1)} MB/s`);
      ratios.push(free / one);
    }
    figure("lan_lanes_ratio", median(ratios), "ratio", ratios.length);
  });
}
