// One whole transfer through the real pages, as a person makes it, with times.

import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { choose, drop, press, shareLink, waitStage } from "../harness/actions.ts";
import type { Browser } from "../harness/browser.ts";

/** How long a transfer may take, ms: slow machines make poor figures, not failures. */
const patience = 1_800_000;

export interface Transfer {
  /** From pressing Receive until the page says Complete and, where the browser exports, the download is whole. */
  seconds: number;
  sender: Page;
  receiver: Page;
  close(): Promise<void>;
}

export interface TransferOptions {
  url: string;
  from: Browser;
  to: Browser;
  /** A file, or a folder (Chromium only). */
  source: string;
  /** An empty folder for what arrives; ignored where the browser exports. */
  destination: string;
  /** Sees the sender's page before it loads. */
  prepare?: (sender: Page) => Promise<void>;
  /** Called once Receive was pressed. */
  during?: (sender: Page, receiver: Page) => Promise<void>;
}

export async function transfer(o: TransferOptions): Promise<Transfer> {
  const { page: sender } = await o.from.page();
  await o.prepare?.(sender);
  await sender.goto(`${o.url}/`);
  if (o.from.kind === "chromium") await drop(sender, [o.source]);
  else await choose(sender, [o.source], "files");
  const link = await shareLink(sender);

  const { page: receiver } = await o.to.page();
  await receiver.goto(link);
  await press(receiver, "Connect");
  if (o.to.kind === "chromium") {
    await receiver.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent?.trim() === "Receive"), { timeout: 30_000 });
    rmSync(o.destination, { recursive: true, force: true });
    mkdirSync(o.destination, { recursive: true });
    await drop(receiver, [o.destination]);
  }
  const landed = path.join(o.to.downloads, path.basename(o.source));
  rmSync(landed, { force: true });
  await receiver.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent?.trim() === "Receive" && !b.disabled), { timeout: 30_000 });
  const began = performance.now();
  await press(receiver, "Receive");
  const watching = o.during?.(sender, receiver);
  await waitStage(receiver, "Complete", patience);
  if (o.to.kind === "firefox") await whole(landed, statSync(o.source).size);
  const seconds = (performance.now() - began) / 1000;
  await watching;
  return {
    seconds,
    sender,
    receiver,
    async close() {
      await receiver.close({ runBeforeUnload: false });
      await sender.close({ runBeforeUnload: false });
      rmSync(landed, { force: true });
    },
  };
}

/** Waits until a download has all its bytes under its own name. */
async function whole(file: string, size: number): Promise<void> {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    if (existsSync(file) && statSync(file).size === size && !readdirSync(path.dirname(file)).some((name) => name.endsWith(".part"))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the download did not finish: ${file}`);
}
