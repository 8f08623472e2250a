// A transfer cut at a hundred moments, in both browsers: it always goes on where
// it was, and what lands is what was sent. wasm/PROTOCOL.md 3, attack 27.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { waitStage } from "../harness/actions.ts";
import { type Browser, kinds, launch } from "../harness/browser.ts";
import { cut, keepConnections } from "../harness/connections.ts";
import { bytes, digests, tempFolder, type Tree, writeTree } from "../harness/files.ts";
import { type Server, startServer } from "../harness/server.ts";
import { open, receive, saved, share } from "../harness/transfer.ts";

/** Transfers of each browser; each is cut once, twice or three times. */
const times = 25;

for (const kind of kinds) {
  describe(kind, () => {
    let server: Server;
    let browser: Browser;
    before(async () => {
      server = await startServer();
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    for (let n = 0; n < times; n++) {
      test(`transfer ${n}`, { timeout: 180_000 }, async () => {
        const source = tempFolder();
        const tree: Tree = { "cut/film.mov": bytes(24 << 20, n), "cut/empty.txt": new Uint8Array() };
        for (let i = 0; i < 50; i++) tree[`cut/small/${i}.wav`] = bytes(i * 400, 100 * n + i);
        writeTree(source.path, tree);
        const sender = await share(browser, server.url, [`${source.path}/cut`], keepConnections);
        const recipient = await open(browser, sender.link);
        try {
          await receive(recipient);
          for (const moment of bytes(1 + (n % 3), n)) {
            await new Promise((resolve) => setTimeout(resolve, moment * 4)); // up to a second
            await cut(sender.page);
          }
          await waitStage(recipient.page, "Complete", 120_000);
          await waitStage(sender.page, "Complete");
          assert.deepEqual(await saved(recipient, "cut.zip"), digests(tree));
        } finally {
          await Promise.all([sender.page.close(), recipient.page.close()]);
          recipient.remove();
          source.remove();
        }
      });
    }
  });
}
