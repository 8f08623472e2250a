// A transfer that is cut: it goes on where it was, or it fails and says so. It
// is never "Complete" with a byte missing. PROTOCOL.md 3, attack 30.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { percents, status, waitStage } from "./harness/actions.ts";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { open, type Recipient, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
const source = tempFolder();
/** Long enough to be cut in its middle at 30 MB/s. */
const film = { "film.mov": bytes(64 << 20, 9) };

const opened: { close(): Promise<void> }[] = [];
before(async () => {
  writeTree(source.path, film);
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** Keeps every connection of a page within reach of the test. As text: what tsx makes of a class does not run in a page. */
const keepConnections = (page: Page) =>
  page.evaluateOnNewDocument(`
    var connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration) {
        super(configuration);
        connections.push(this);
      }
    };
  `);

/** Ends every connection of a page without a word, as a network does. */
const cut = (page: Page) => page.evaluate("for (const c of connections) c.close()");

/** Starts a transfer and returns when a part of it, not all, is written. */
async function inTheMiddle(browser: Browser): Promise<{ sender: Page; recipient: Recipient }> {
  const sender = await share(browser, server.url, [`${source.path}/film.mov`], keepConnections);
  opened.push(sender.page);
  const recipient = await open(browser, sender.link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  await receive(recipient);
  await recipient.page.waitForFunction(
    () => {
      const now = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
      return now > 5 && now < 90;
    },
    { timeout: 30_000, polling: 20 },
  ).catch(async (error: unknown) => {
    throw new Error(`never in the middle: ${await status(recipient.page)} ${await percents(recipient.page)}`, { cause: error });
  });
  return { sender: sender.page, recipient };
}

for (const kind of kinds) {
  test(`${kind}: a broken connection is said within 5 s, and the transfer goes on by itself`, async () => {
    const browser = await launch(kind);
    opened.push(browser);
    const { sender, recipient } = await inTheMiddle(browser);
    await cut(sender);
    await waitStage(recipient.page, "Reconnecting", 5_000);
    const at = (await percents(recipient.page))[0] ?? 0;
    assert.ok(at > 5 && at < 100, `cut at ${at} %`);
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender, "Complete", 30_000);
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
