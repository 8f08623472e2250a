// From the click on Continue, in a page that was just loaded, to the first new byte
// on disk, where the journal of the page before knows 100,000 groups: 100 GiB.
//
// Real: the share and its link, two browsers, the page that goes in the middle and the
// one that comes after it, the vault, the connection, the list, the journal as a file
// in the browser's own storage, all that the pages do with it, and the bytes that
// come first.
// Prepared, because 100 GiB can't be sent in a test: the files of the sender are holes
// of the right size, and between the two pages this file replaces the journal that the
// first one left by what it would have left 100 GiB later, and makes what the records
// name, as holes too. The core believes it or there is no figure: each record has its
// check, and what is written first has to lie behind the 100,000 groups.
// Not here: a file a group in Firefox's storage, which refuses the hundred holes of a
// gigabyte that stand for them (QuotaExceededError).
//
//	BENCH_WAY=0,2 npm run bench -- resume    only some of the ways, by number

import { mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { press } from "../harness/actions.ts";
import { overhear } from "../harness/overhear.ts";
import { type Browser, type BrowserOptions, type Kind, launch } from "../harness/browser.ts";
import { hole, tempFolder } from "../harness/files.ts";
import { startServer } from "../harness/server.ts";
import { open, receive, share } from "../harness/transfer.ts";
import { figure, median, note } from "./figure.ts";
import { firstPlace, journalOf, type Record } from "./records.ts";

const MiB = 1 << 20;
const groups = 100_000;
/** Groups that are missing. */
const more = 2048;
const rounds = 3;
const patience = 180_000;

/** What the page before is made to have left: the records of the groups, and files of the browser's storage that they name. */
interface Left {
  records: Record[];
  stored: { [name: string]: number };
}

interface Way {
  what: string;
  to: Kind;
  options?: BrowserOptions;
  files: { name: string; size: number }[];
  /** `place` is that of the first group that really came; what is in the folder is made at once. */
  left(place: string, folder: string): Left;
}

const top = "A001";
const segment = 256 * MiB; // disk/segments.ts, of a file as large as this
const clip = [{ name: "A001C001.mov", size: (groups + more) * MiB }];
const frames = Array.from({ length: groups + more }, (_, n) => ({ name: `A001.${String(n).padStart(7, "0")}.dpx`, size: MiB }));

/** Room for all of it, and a yes to the question for it. */
const roomy = { firefoxPrefs: { "dom.quotaManager.temporaryStorage.fixedLimit": 400 << 20, "dom.storageManager.prompt.testing": true, "dom.storageManager.prompt.testing.allow": true } };

const ways: Way[] = [
  { what: "one file, a picked folder", to: "chromium", files: clip, left: segments },
  { what: "one file, the browser's own storage", to: "firefox", options: roomy, files: clip, left: oneVolume },
  { what: "a file a group, a picked folder", to: "chromium", files: frames, left: landed },
];

/** Closed segments in the part folder, one record each. */
function segments(place: string, folder: string): Left {
  const [size = 0] = clip.map((file) => file.size);
  const whole = place.split("/")[2] ?? "";
  const unfinished = path.join(folder, "Beeline (unfinished)");
  const part = path.join(unfinished, readdirSync(unfinished)[0] ?? "");
  const records: Record[] = [];
  for (let k = 0; k * segment < groups * MiB; k++) {
    const name = `s${1000 + k}.txt`;
    hole(path.join(part, name), segment);
    records.push({ path: [top, clip[0]?.name ?? ""], size, first: (k * segment) / MiB, count: segment / MiB, place: `part/${name}/${whole}` });
  }
  return { records, stored: {} };
}

/** One large file in the storage, a record for each group: as many as a slow line makes. */
function oneVolume(place: string): Left {
  const [volume = "", at = "", header = ""] = place.split(" ");
  const records = Array.from({ length: groups }, (_, n) => ({ path: [top, clip[0]?.name ?? ""], size: clip[0]?.size ?? 0, first: n, count: 1, place }));
  return { records, stored: { [`v${volume}`]: Number(at) + Number(header) + groups * MiB } };
}

/** Files under their names, two records each: that it was whole, and where it went. */
function landed(_place: string, folder: string): Left {
  const records: Record[] = [];
  for (const [n, { name, size }] of frames.slice(0, groups).entries()) {
    const file = path.join(folder, top, name);
    hole(file, size);
    const one = { path: [top, name], size, first: 0, count: 1 };
    records.push({ ...one, place: `whole/t${n}.dpx` }, { ...one, place: `at/${Math.trunc(statSync(file).mtimeMs)}/${name}` });
  }
  return { records, stored: {} };
}

export async function measureResume(): Promise<void> {
  const only = process.env["BENCH_WAY"];
  const slowest: number[] = [];
  for (const [n, way] of ways.entries()) {
    if (only !== undefined && !only.split(",").includes(String(n))) continue;
    const took = await resumed(way);
    note(`  ${way.what}: ${took.join(", ")} ms`);
    slowest.push(median(took));
  }
  figure("resume_start_ms", Math.max(...slowest), "ms", rounds);
}

async function resumed(way: Way): Promise<number[]> {
  const folder = tempFolder();
  const server = await startServer();
  const [from, to] = [await launch("chromium"), await launch(way.to, way.options)];
  try {
    const source = path.join(folder.path, top);
    mkdirSync(source);
    for (const { name, size } of way.files) hole(path.join(source, name), size);
    const sender = await share(from, server.url, [source]);
    const first = await open(to, sender.link, watch);
    await receive(first);
    await first.page.waitForFunction("globalThis.safe > 0 && listed", { timeout: patience, polling: 100 }); // the sender's folder is walked, too
    await first.page.close();
    await prepare(to, server.url, (place) => way.left(place, first.folder));
    const took: number[] = [];
    for (let i = 0; i < rounds; i++) took.push(await goesOn(to, server.url));
    first.remove();
    return took;
  } finally {
    await Promise.allSettled([from.close(), to.close(), server.stop()]);
    folder.remove();
  }
}

/** Replaces the journal of the only transfer that there is. */
async function prepare(browser: Browser, url: string, left: (place: string) => Left): Promise<void> {
  const { page } = await browser.page();
  await page.goto(`${url}/trust`);
  const journal = Buffer.from(String(await page.evaluate(readJournal)), "base64");
  const { records, stored } = left(firstPlace(journal));
  const written = journalOf(journal, records);
  note(`  ${records.length} records, ${(written.length / 1e6).toFixed(1)} MB`);
  await page.evaluate(`(${write})(${JSON.stringify(written.toString("base64"))}, ${JSON.stringify(stored)})`);
  await page.close();
}

const transferFolder = `(async () => {
  const beeline = await (await navigator.storage.getDirectory()).getDirectoryHandle("beeline");
  for await (const [, dir] of beeline.entries()) if (dir.kind === "directory") return dir;
})()`;

const readJournal = `(async () => {
  const file = await (await (await ${transferFolder}).getFileHandle("journal")).getFile();
  const url = await new Promise((resolve) => Object.assign(new FileReader(), { onload: (e) => resolve(e.target.result) }).readAsDataURL(file));
  return url.slice(url.indexOf(",") + 1);
})()`;

const write = `async (journal, stored) => {
  const dir = await ${transferFolder};
  const file = await (await dir.getFileHandle("journal")).createWritable();
  await file.write(Uint8Array.from(atob(journal), (c) => c.charCodeAt(0)));
  await file.close();
  for (const [name, size] of Object.entries(stored)) {
    const file = await (await dir.getFileHandle(name, { create: true })).createWritable();
    await file.truncate(size);
    await file.close();
  }
}`;

/** From the click to the first new byte, ms, in a page that then goes. */
async function goesOn(browser: Browser, url: string): Promise<number> {
  const { page } = await browser.page();
  await watch(page);
  await page.goto(`${url}/`, { waitUntil: "load" });
  await press(page, "Continue");
  const found = await page.waitForFunction("globalThis.fresh && [Number(sessionStorage.pressed), fresh.at, fresh.group]", { timeout: patience, polling: 50 });
  const [pressed = 0, fresh = 0, group = 0] = (await found.jsonValue()) as number[];
  if (group < groups) throw new Error(`the page goes on from group ${group}`);
  await page.close();
  return fresh - pressed;
}

/**
 * Notes when Continue was pressed (it leads to another document), how many bytes were safe, whether the list was whole, and of the first group that
 * the disk worker says was written, when that was and where it lies in the share: the folder has index 1.
 */
async function watch(page: Page): Promise<void> {
  await overhear(page, `
    addEventListener("click", () => (sessionStorage.pressed = Date.now()), true);
    globalThis.fresh = null;
    globalThis.safe = 0;
    globalThis.listed = false;
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        if (options.name !== "core") return;
        this.addEventListener("message", ({ data }) => {
          if (data.type === "receive.view") listed = data.view.listed;
        });
      }
    };
  `, `({ said }) => {
      if (said?.type === "safe") safe += said.bytes;
      const first = said?.type === "written" ? said.pieces[0] : undefined;
      if (first !== undefined) fresh ??= { at: Date.now(), group: first.file - 2 + first.offset / ${MiB} };
    }`);
}
