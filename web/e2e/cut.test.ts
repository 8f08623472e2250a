// A transfer that is cut: it goes on where it was, or it fails and says so. It
// is never "Complete" with a byte missing. PROTOCOL.md 3, attack 27.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { status, waitStage } from "./harness/actions.ts";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { cut, keepConnections } from "./harness/connections.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { startTap, type Tap } from "./harness/tap.ts";
import { open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
let tap: Tap;
const source = tempFolder();
/** Long enough to be cut in its middle at 30 MB/s. */
const film = { "film.mov": bytes(96 << 20, 9) };

const opened: { close(): Promise<void> }[] = [];
before(async () => {
  writeTree(source.path, film);
  server = await startServer();
  tap = await startTap(server.url);
});
after(async () => {
  await tap?.close();
  await server?.stop();
  source.remove();
});
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** Starts a transfer and returns when a part of it, not all, is written. */
async function inTheMiddle(browser: Browser): Promise<{ sender: Page; recipient: Recipient }> {
  const sender = await share(browser, tap.url, [`${source.path}/film.mov`], keepConnections);
  opened.push(sender.page);
  const recipient = await open(browser, sender.link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  await receive(recipient);
  await partWritten(recipient.page);
  return { sender: sender.page, recipient };
}

/** Notes every stage a page shows from now on, with the time: one that lasts a moment counts too. */
async function stages(page: Page): Promise<() => Promise<{ stage: string; ms: number }[]>> {
  await page.evaluate(() => {
    const began = performance.now();
    const seen: { stage: string; ms: number }[] = [];
    const note = () => {
      const stage = document.querySelector("[role=status] strong")?.textContent ?? "";
      if (seen.at(-1)?.stage !== stage) seen.push({ stage, ms: performance.now() - began });
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(globalThis, { seen });
  });
  return () => page.evaluate(() => (globalThis as unknown as { seen: { stage: string; ms: number }[] }).seen);
}

for (const kind of kinds) {
  test(`${kind}: a broken connection is said within 5 s, and the transfer goes on by itself`, async () => {
    const browser = await launch(kind);
    opened.push(browser);
    const { sender, recipient } = await inTheMiddle(browser);
    const seen = await stages(recipient.page);
    // A new connection is there in a tenth of a second, too soon to be seen: the hub is slow for a moment.
    tap.hold(2_000);
    await cut(sender);
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender, "Complete", 30_000);
    const [before, broken, after] = await seen();
    assert.deepEqual([before?.stage, broken?.stage, after?.stage], ["Transferring.", "Reconnecting.", "Transferring."]);
    assert.ok((broken?.ms ?? Infinity) < 5_000, `said after ${broken?.ms} ms`);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
  });
}

test("a sender that goes away for good is told as a failure, and nothing half is saved as whole", async () => {
  const browser = await launch("chromium");
  opened.push(browser);
  const { sender, recipient } = await inTheMiddle(browser);
  await sender.close();
  opened.splice(opened.indexOf(sender), 1);
  await waitStage(recipient.page, "Reconnecting", 5_000);
  // Nobody comes back: a minute, then it has failed.
  assert.match(await waitStage(recipient.page, "Failed", 90_000), /went away/);
  assert.match(await status(recipient.page), /^Failed/);
  const left = Object.keys(await saved(recipient, "film.mov"));
  assert.equal(left.includes("film.mov"), false, `half a film is saved under its name: ${left.join(", ")}`);
});
