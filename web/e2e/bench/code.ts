// From the press of Connect under a code that was typed to the list of files: the
// plate, CPace, the handshake, the connection, the first control messages. On
// loopback, in both browsers.

import type { Page } from "puppeteer-core";
import { press } from "../harness/actions.ts";
import { type Kind, kinds, launch } from "../harness/browser.ts";
import { bytes, tempFolder, writeTree } from "../harness/files.ts";
import { startServer } from "../harness/server.ts";
import { share } from "../harness/transfer.ts";
import { figure, median, note } from "./figure.ts";

/** A server gives an address six plates a minute. */
const rounds = 5;

export async function measureCode(): Promise<void> {
  const medians: number[] = [];
  for (const kind of kinds) medians.push(median(await connections(kind)));
  figure("code_to_connected_ms", Math.round(Math.max(...medians)), "ms", rounds);
}

async function connections(kind: Kind): Promise<number[]> {
  const folder = tempFolder();
  writeTree(folder.path, { "take.mov": bytes(100_000, 1) });
  const server = await startServer();
  const browser = await launch(kind);
  try {
    const sender = await share(browser, server.url, [`${folder.path}/take.mov`]);
    const took: number[] = [];
    for (let i = 0; i < rounds; i++) {
      await press(sender.page, i === 0 ? "Say a code instead" : "New code");
      const found = await sender.page.waitForFunction(() => document.querySelector(".spoken-code")?.textContent?.trim() || false, { timeout: 30_000, polling: 50 });
      const code = String(await found.jsonValue());
      const { page } = await browser.page();
      await watch(page);
      await page.goto(`${server.url}/r`, { waitUntil: "load" });
      await page.waitForSelector("#code");
      await page.click("#code");
      await page.keyboard.type(code);
      await page.waitForFunction(() => document.querySelector(".code-entry")?.textContent?.includes("This reads:") || false, { timeout: 10_000, polling: 20 });
      await press(page, "Connect");
      const ms = await page.waitForFunction("globalThis.took ?? false", { timeout: 30_000, polling: 20 });
      took.push(Number(await ms.jsonValue()));
      note(`  ${kind}: ${Math.round(took.at(-1) ?? 0)} ms`);
      await page.close();
    }
    return took;
  } finally {
    await Promise.allSettled([browser.close(), server.stop()]);
    folder.remove();
  }
}

/** Notes when the code went to the core, and when the core shows a list. */
async function watch(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(`
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        if (options.name !== "core") return;
        this.addEventListener("message", ({ data }) => {
          if (data.type === "receive.view" && data.view.phase === "listed") globalThis.took ??= performance.now() - globalThis.began;
        });
      }
      postMessage(message, transfer) {
        if (message.type === "code.open") globalThis.began = performance.now();
        super.postMessage(message, transfer);
      }
    };
  `);
}
