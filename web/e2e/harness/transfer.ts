// A whole transfer between two real pages, and what the recipient then has.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { drop, percents, press, shareLink, status, waitStage } from "./actions.ts";
import type { Browser } from "./browser.ts";
import { unzip } from "../disk/unzip.ts";
import { digest, readTree, tempFolder } from "./files.ts";
import type { Watch } from "./watch.ts";
import { readZip } from "./zip.ts";

export interface End {
  browser: Browser;
  page: Page;
  watch: Watch;
}

/** Opens the send page, drops the paths on it, and returns the link. `prepare` sees the page before it loads. */
export async function share(browser: Browser, url: string, paths: string[], prepare?: (page: Page) => Promise<void>): Promise<End & { link: string }> {
  const { page, watch } = await browser.page();
  await prepare?.(page);
  await page.goto(`${url}/`, { waitUntil: "load" });
  await waitStage(page, "Ready").catch((error: unknown) => {
    throw new Error(`a page did not start; it said on its console: ${watch.problems.join("; ") || "nothing"}`, { cause: error });
  });
  await drop(page, paths);
  return { browser, page, watch, link: await shareLink(page) };
}

export interface Recipient extends End {
  /** Where it saves: a real folder, or the browser's downloads. */
  folder: string;
  remove(): void;
}

/** Opens a link in a new page; nothing is pressed. `prepare` as in share. */
export async function open(browser: Browser, link: string, prepare?: (page: Page) => Promise<void>): Promise<Recipient> {
  const { page, watch } = await browser.page();
  await prepare?.(page);
  await page.goto(link, { waitUntil: "load" });
  // Firefox numbers a second download of the same name: what an earlier test saved goes.
  for (const name of readdirSync(browser.downloads)) rmSync(path.join(browser.downloads, name));
  const folder = browser.kind === "chromium" ? tempFolder() : { path: browser.downloads, remove: () => undefined };
  return { browser, page, watch, folder: folder.path, remove: folder.remove };
}

/** Connects and waits until Receive can be pressed, with a destination chosen. */
export async function connect(recipient: Recipient): Promise<void> {
  await press(recipient.page, "Connect");
  await choosePlace(recipient);
}

/** Waits until Receive can be pressed, and chooses the destination. */
export async function choosePlace({ browser, page, folder }: Recipient): Promise<void> {
  await page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent === "Receive"), { timeout: 30_000, polling: 50 });
  if (browser.kind !== "chromium") return; // its own storage, then a download
  await drop(page, [folder]);
  await page.waitForFunction((name: string) => document.body.textContent.includes(name), { timeout: 10_000, polling: 50 }, path.basename(folder));
}

/** Connects and presses Receive. */
export async function receive(recipient: Recipient): Promise<void> {
  await connect(recipient);
  await press(recipient.page, "Receive");
}

/** Waits until a part of a transfer is written, not all. */
export async function partWritten(page: Page, from = 5, to = 50): Promise<void> {
  await page.waitForFunction(
    (least: number, most: number) => {
      const now = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
      return now > least && now < most;
    },
    { timeout: 30_000, polling: 20 },
    from,
    to,
  ).catch(async (error: unknown) => {
    throw new Error(`never in the middle: ${await status(page)} ${await percents(page)}`, { cause: error });
  });
}

/** What was saved, by path; on Firefox the archive of this name, or the file. */
export async function saved(recipient: Recipient, download: string): Promise<Record<string, string | null>> {
  return recipient.browser.kind === "chromium" ? readTree(recipient.folder) : downloadOf(recipient.folder, download);
}

/** What a download holds once it is whole, by path. */
export async function downloadOf(folder: string, name: string): Promise<Record<string, string | null>> {
  const file = path.join(folder, name);
  await downloaded(folder, file);
  if (statSync(file).size > 1 << 30) return unzipped(file); // more than fits into a buffer
  return name.endsWith(".zip") ? readZip(file) : { [name]: digest(readFileSync(file)) };
}

function unzipped(file: string): Record<string, string | null> {
  const folder = tempFolder();
  try {
    unzip(file, folder.path);
    return readTree(folder.path);
  } finally {
    folder.remove();
  }
}

/** Waits until a download is whole: until then there is a NAME.part or .crdownload beside it. */
async function downloaded(folder: string, file: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!existsSync(file) || readdirSync(folder).some((name) => /\.(part|crdownload)$/.test(name))) {
    if (Date.now() > deadline) throw new Error(`${path.basename(file)} was not downloaded; there is ${readdirSync(folder).join(", ") || "nothing"}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
