// The part of the tour that is about pages that went: what the other side reads
// meanwhile, and what the next page finds.

import { writeFileSync } from "node:fs";
import type { Page } from "puppeteer-core";
import { drop, press, waitStage, waitWords } from "./actions.ts";
import { type Browser, launch } from "./browser.ts";
import { bytes, tempFolder, writeTree } from "./files.ts";
import { startServer } from "./server.ts";
import type { Visit } from "./tour.ts";
import { open, partWritten, receive, share } from "./transfer.ts";

const soon = 30_000;
const MiB = 1 << 20;

/** `browser` sends, another one receives, and looks for the sender in vain while the next part is walked. */
export async function comeback(browser: Browser, see: Visit, next: () => Promise<void>): Promise<void> {
  const other = await launch(browser.kind);
  const source = tempFolder();
  const card = `${source.path}/Day 3`;
  writeTree(source.path, { ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`Day 3/A001_C00${n}.mov`, bytes(20 * MiB, n)])), "elsewhere.mov": bytes(1000, 6) });
  const server = await startServer();
  const at = async (by: Browser, path: string): Promise<Page> => {
    const { page } = await by.page();
    await page.goto(`${server.url}${path}`);
    return page;
  };
  const shows = (page: Page, words: string) => page.waitForFunction((text: string) => document.body.textContent?.includes(text), { timeout: soon, polling: 50 }, words);
  try {
    const sender = await share(browser, server.url, [card]);
    const recipient = await open(other, sender.link);
    await receive(recipient);
    await partWritten(recipient.page, 30, 80);
    await press(recipient.page, "Pause");
    await waitStage(recipient.page, "Paused");
    await recipient.page.close();
    await waitStage(sender.page, "Reconnecting", soon);
    await see("send-recipient-away", sender.page);

    for (const [name, path, words] of [["send-unfinished", "/", "Unfinished transfers"], ["receive-unfinished", "/r", "Unfinished transfers"]] as const) {
      const page = await at(other, path);
      await shows(page, words);
      await see(name, page);
      await page.close();
    }
    const back = await at(other, `/r${sender.link.slice(sender.link.indexOf("#"))}`);
    await shows(back, "are here, since");
    await see("receive-recalled", back);
    await press(back, "Continue");
    await waitStage(back, ["Transferring", "Verifying"], soon);
    await press(back, "Pause");
    await waitStage(back, "Paused");

    await sender.page.close();
    const again = await at(browser, "/");
    await shows(again, "Offer again");
    await see("send-shared-before", again);
    writeFileSync(`${card}/A001_C002.mov`, bytes(20 * MiB, 9)); // not what was shared
    await press(again, "Offer again");
    if (browser.kind === "firefox") {
      await shows(again, "Choose or drop the same files");
      await see("send-choose-the-same", again);
      await drop(again, [`${source.path}/elsewhere.mov`]);
      await shows(again, "None of the files that were shared");
      await see("send-none-of-them", again);
      await drop(again, [card]);
    }
    await shows(again, "missing or not the same");
    await see("send-not-the-same", again);
    await again.close();
    await next();
    await waitWords(back, /^Reconnecting\. Since .* The sender is not there/, 60_000); // it was looked for in vain
    await see("receive-sender-away", back);
    await back.close({ runBeforeUnload: false });
    recipient.remove();
  } finally {
    await other.close();
    await server.stop();
    source.remove();
  }
}
