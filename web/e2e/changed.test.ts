// A file that another program writes while it is sent: said, started again, and
// what lands is all of one moment; one that never stops changing is given up,
// the others arrive. wasm/PROTOCOL.md f.4; 3, attack 38.

import assert from "node:assert/strict";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { afterEach, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { waitStage } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import type { Kind } from "./harness/browser.ts";
import { bytes, digests, tempFolder, type Tree, writeTree } from "./harness/files.ts";
import { type End, open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const MiB = 1 << 20;

const { browsers, server } = scene({});

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** A reel whose film is being sent when this returns. */
async function filming(from: Kind, to: Kind, film: Uint8Array): Promise<{ tree: Tree; file: string; sender: End; recipient: Recipient }> {
  const source = tempFolder();
  opened.push({ close: async () => source.remove() });
  const tree: Tree = { "reel/a.wav": bytes(300_000, 1), "reel/film.mov": film, "reel/z.wav": bytes(400_000, 3) };
  writeTree(source.path, tree);
  const sender = await share(browsers.of(from), server.url, [`${source.path}/reel`]);
  opened.push(sender.page);
  const recipient = await open(browsers.of(to), sender.link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  await receive(recipient);
  await partWritten(recipient.page, 5, 80);
  return { tree, file: `${source.path}/reel/film.mov`, sender, recipient };
}

const shown = (page: Page) => page.$eval("main", (main) => main.textContent ?? "");

for (const [from, to] of [["chromium", "firefox"], ["firefox", "chromium"]] as const) {
  describe(`under ${from}`, () => {
    test("a file that changes is said to have, is started again, and lands as it is now", async () => {
      const { tree, file, sender, recipient } = await filming(from, to, bytes(48 * MiB, 2));
      const now = bytes(40 * MiB + 5, 7);
      writeFileSync(file, now);
      await waitStage(recipient.page, "Complete", 60_000);
      await waitStage(sender.page, "Complete");
      for (const { page } of [sender, recipient]) assert.match(await shown(page), /1 file changed while being sent and was started again\./);
      assert.match(await shown(recipient.page), /3 files received and verified/);
      assert.deepEqual(await saved(recipient, "reel.zip"), digests({ ...tree, "reel/film.mov": now }));
    });

    test("one that never stops changing fails, with its name and why, and the others arrive", async () => {
      const { tree, file, sender, recipient } = await filming(from, to, bytes(20 * MiB, 2));
      // A byte now and again, as a program that records writes.
      let n = 0;
      const timer = setInterval(() => {
        const f = openSync(file, "r+");
        writeSync(f, Buffer.from([++n & 0xff]), 0, 1, 1000 + n);
        closeSync(f);
      }, 50);
      try {
        assert.match(await waitStage(recipient.page, "Failed", 60_000), /^Failed\. Some files did not arrive\. All the others are complete and verified/);
      } finally {
        clearInterval(timer);
      }
      assert.match(await waitStage(sender.page, "Failed"), /^Failed\. Some files did not arrive/);
      const list = (page: Page) => page.$$eval("[aria-label='Files that will not arrive'] > li", (all) => all.map((li) => li.textContent ?? ""));
      const why = "film.movA file keeps changing while it is sent. Another program is still writing it";
      assert.deepEqual(await list(recipient.page), [`${why} at the sender's. Ask them to share it again when that is done.`]);
      assert.deepEqual(await list(sender.page), [`${why}. When that is done, stop sharing and share it again.`]);
      assert.match(await shown(recipient.page), /2 files verified, 1 failed/);
      const { "reel/film.mov": _, ...others } = tree;
      assert.deepEqual(await saved(recipient, "reel.zip"), digests(others));
    });
  });
}
