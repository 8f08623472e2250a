// What goes away in the middle and comes back: the server, and the address of a
// computer. The transfer goes on by itself, and what lands is what was sent.
// Silence is in cut.test.ts, who stays away in both.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { status, waitStage, waitWords } from "./harness/actions.ts";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { cut, keepConnections } from "./harness/connections.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { makeNetwork, noNetwork } from "./harness/network.ts";
import { freePort, type Server, startServer } from "./harness/server.ts";
import { open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const source = tempFolder();
/** Long enough for two things to happen in its middle at 30 MB/s. */
const film = { "film.mov": bytes(128 << 20, 9) };
const why = noNetwork();
const closing: { close(): unknown }[] = []; // until the end of a test

before(() => writeTree(source.path, film));
after(() => source.remove());
afterEach(async () => {
  for (const it of closing.splice(0).reverse()) await it.close();
});

async function inTheMiddle(url: string, from: Browser, to: Browser): Promise<{ sender: Page; recipient: Recipient }> {
  const sender = await share(from, url, [`${source.path}/film.mov`], keepConnections);
  const recipient = await open(to, sender.link);
  closing.push({ close: () => recipient.remove() });
  await receive(recipient);
  await partWritten(recipient.page, 3, 40);
  return { sender: sender.page, recipient };
}

async function isWhole({ sender, recipient }: { sender: Page; recipient: Recipient }): Promise<void> {
  await waitStage(recipient.page, "Complete", 60_000);
  await waitStage(sender, "Complete");
  assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
}

for (const kind of kinds) {
  describe(kind, () => {
    test("a server that restarts is not noticed; a connection that breaks while it is away waits for it", { timeout: 120_000 }, async () => {
      const port = await freePort();
      let server: Server = await startServer({ port });
      closing.push({ close: () => server.stop() });
      const browser = await launch(kind);
      closing.push(browser);
      const pair = await inTheMiddle(server.url, browser, browser);
      await server.stop();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.match(await status(pair.recipient.page), /^Transferring\./);
      await cut(pair.sender);
      await waitWords(pair.recipient.page, /^Reconnecting\. Since .* no connection to the server\./, 5_000);
      await waitWords(pair.sender, /^Reconnecting\. .* by itself/, 5_000);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      server = await startServer({ port }); // it has forgotten everything
      await waitStage(pair.recipient.page, ["Transferring", "Verifying", "Complete"], 15_000);
      await isWhole(pair);
    });

    test("an address that changes in the middle", { skip: why ?? false, timeout: 120_000 }, async () => {
      const network = makeNetwork();
      closing.push({ close: () => network.remove() });
      const [near, far] = network.hosts;
      const url = `http://${near.address}:8090`;
      const server = await startServer({ host: near.address, port: 8090, under: ["ip", "netns", "exec", near.name] });
      closing.push({ close: () => server.stop() });
      const options = { chromiumArgs: [`--unsafely-treat-insecure-origin-as-secure=${url}`], firefoxPrefs: { "dom.securecontext.allowlist": near.address } };
      const [from, to] = [await launch(kind, { host: near, ...options }), await launch(kind, { host: far, ...options })];
      closing.push(from, to);
      const pair = await inTheMiddle(url, from, to);
      network.move("10.77.0.77");
      await waitStage(pair.recipient.page, "Reconnecting", 5_000);
      await waitStage(pair.recipient.page, ["Transferring", "Verifying", "Complete"], 15_000);
      await isWhole(pair);
    });
  });
}
