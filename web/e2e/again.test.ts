// A sharer whose page or browser dies offers the same link again: by a click where
// the browser kept handles, by choosing the same files elsewhere. A recipient in
// the middle goes on, and what has changed is said. DESIGN 4, wasm/PROTOCOL.md i.

import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink, waitStage } from "./harness/actions.ts";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, type Tree, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { open, partWritten, receive, saved, share } from "./harness/transfer.ts";

const shared: Tree = { "card/empty.txt": new Uint8Array() };
for (let i = 0; i < 6; i++) shared[`card/A001_C00${i}.mov`] = bytes(4_000_000 - i, i);

for (const kind of kinds) {
  describe(`${kind} shares`, () => {
    const other = kind === "chromium" ? "firefox" : "chromium";
    const tree = { ...shared };
    const source = tempFolder();
    const kept = mkdtempSync(path.join(tmpdir(), "beeline-again-"));
    let server: Server;
    let sharer: Browser;
    let taker: Browser;
    before(async () => {
      writeTree(source.path, tree);
      server = await startServer();
      sharer = await launch(kind, { kept });
      taker = await launch(other);
    });
    after(async () => {
      await Promise.allSettled([sharer?.close(), taker?.close()]);
      await server?.stop();
      source.remove();
      rmSync(kept, { recursive: true, force: true, maxRetries: 5 });
    });

    /** A page that comes after one that is gone, and what it takes to offer the link again. */
    async function again(): Promise<Page> {
      const { page } = await sharer.page();
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await press(page, "Offer again");
      if (kind === "chromium") return page; // it kept the handle of the folder
      await page.waitForFunction(() => document.body.textContent.includes("Choose or drop the same files"), { timeout: 30_000 });
      await drop(page, [`${source.path}/card`]);
      return page;
    }

    test("the browser is killed in the middle: the recipient goes on, and nothing comes twice", { timeout: 150_000 }, async () => {
      const sender = await share(sharer, server.url, [`${source.path}/card`]);
      const recipient = await open(taker, sender.link);
      await receive(recipient);
      await partWritten(recipient.page, 10, 90);
      await sharer.kill();
      const now = new Date();
      for (let i = 0; i < 6; i++) utimesSync(`${source.path}/card/A001_C00${i}.mov`, now, now); // as a copy of the folder has them
      sharer = await launch(kind, { kept });
      const page = await again();
      assert.equal(await shareLink(page), sender.link);
      await waitStage(recipient.page, "Complete", 90_000);
      assert.deepEqual(await saved(recipient, "card.zip"), digests(tree));
      await Promise.all([page.close({ runBeforeUnload: false }), recipient.page.close()]);
      recipient.remove();
    });

    test("a file that changes after that starts again, as it would have before", { timeout: 150_000 }, async () => {
      const sender = await share(sharer, server.url, [`${source.path}/card`]);
      await sender.page.waitForFunction(() => document.body.textContent.includes("7 files"), { timeout: 30_000 });
      await sender.page.close({ runBeforeUnload: false });
      const page = await again();
      await shareLink(page);
      const changed = bytes(5_000_000, 78);
      writeFileSync(`${source.path}/card/A001_C003.mov`, changed);
      const recipient = await open(taker, sender.link);
      await receive(recipient);
      await waitStage(recipient.page, "Complete", 90_000);
      tree["card/A001_C003.mov"] = changed;
      assert.deepEqual(await saved(recipient, "card.zip"), digests(tree));
      await press(page, "Stop sharing");
      await waitStage(page, "Cancelled");
      await Promise.all([page.close(), recipient.page.close()]);
      recipient.remove();
    });

    test("what is not the same is said, and the rest is sent", { timeout: 150_000 }, async () => {
      const sender = await share(sharer, server.url, [`${source.path}/card`]);
      await sender.page.waitForFunction(() => document.body.textContent.includes("7 files"), { timeout: 30_000 });
      await new Promise((resolve) => setTimeout(resolve, 4000)); // the samples are taken
      await sender.page.close({ runBeforeUnload: false });
      const changed = bytes(4_000_000 - 1, 77);
      writeFileSync(`${source.path}/card/A001_C001.mov`, changed);
      renameSync(`${source.path}/card/A001_C002.mov`, `${source.path}/card/elsewhere.mov`);
      const page = await again();
      await page.waitForFunction(() => document.body.textContent.includes("2 files are missing or not the same"), { timeout: 30_000 });
      await press(page, "Offer the rest");
      assert.equal(await shareLink(page), sender.link);
      const recipient = await open(taker, sender.link);
      await receive(recipient);
      await waitStage(recipient.page, "Complete", 90_000);
      const rest = Object.fromEntries(Object.entries(tree).filter(([name]) => !/C00[12]/.test(name)));
      assert.deepEqual(await saved(recipient, "card.zip"), digests(rest));
      await press(page, "Stop sharing");
      await waitStage(page, "Cancelled");
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await waitStage(page, "Ready");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.ok(!String(await page.evaluate("document.body.textContent")).includes(sender.link), "a link in the page");
      await Promise.all([page.close(), recipient.page.close()]);
      recipient.remove();
    });
  });
}
