// A recipient whose page goes in the middle goes on where it was: by the same link,
// or by one click on what the page found unfinished. DESIGN 4, wasm/PROTOCOL.md f.4.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { kinds } from "./harness/browser.ts";
import { bytes, digests, type Tree } from "./harness/files.ts";
import { open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const tree: Tree = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`card/${i}.mov`, bytes(4_000_000 + i, i)]));

const { browsers, server, source } = scene(tree);

/** The recipient's page goes, and another one comes at this address. */
async function again(recipient: Recipient, url: string, prepare?: (page: Page) => Promise<unknown>): Promise<Recipient> {
  const { page, watch } = await recipient.browser.page();
  await prepare?.(page);
  await recipient.page.close();
  await page.goto(url, { waitUntil: "load" });
  return { ...recipient, page, watch };
}

for (const kind of kinds) {
  describe(`${kind}, a page that goes in the middle`, () => {
    test("the same link goes on, and the tree is what was sent", async () => {
      const sender = await share(browsers.of(kind === "chromium" ? "firefox" : "chromium"), server.url, [`${source.path}/card`]);
      let recipient = await open(browsers.of(kind), sender.link);
      await receive(recipient);
      await partWritten(recipient.page, 20, 95);
      recipient = await again(recipient, sender.link);
      await press(recipient.page, "Continue");
      await waitStage(recipient.page, "Complete", 90_000);
      assert.deepEqual(await saved(recipient, "card.zip"), digests(tree));
      assert.deepEqual(recipient.watch.problems, []);
      await recipient.page.close();

      // Nothing is left to be continued.
      const { page } = await browsers.of(kind).page();
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await waitStage(page, "Ready");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.ok(!String(await page.evaluate("document.body.textContent")).includes("Unfinished transfers"));
      await Promise.all([page.close(), sender.page.close()]);
      recipient.remove();
    });

    test("one click on / goes on, and what is there is not sent again", async () => {
      const sender = await share(browsers.of(kind === "chromium" ? "firefox" : "chromium"), server.url, [`${source.path}/card`]);
      let recipient = await open(browsers.of(kind), sender.link);
      await receive(recipient);
      await partWritten(recipient.page, 30, 95);
      // No driver here has Safari's engine: what it would delete is told by the name it goes by.
      recipient = await again(recipient, `${server.url}/`, (page) => page.evaluateOnNewDocument('Object.defineProperty(Navigator.prototype, "vendor", { get: () => "Apple Computer, Inc." })'));
      await recipient.page.waitForFunction(() => document.body.textContent.includes("are here, since"), { timeout: 30_000 });
      const text = String(await recipient.page.evaluate("document.body.textContent"));
      assert.equal(text.includes("This browser deletes it seven days after you last used this page: at the earliest"), kind === "firefox", "of what the browser keeps, not of a folder");
      await press(recipient.page, "Continue");
      await recipient.page.waitForFunction(
        (least: number) => Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow")) >= least,
        { timeout: 30_000, polling: 20 },
        5, // at once: what the journal knows
      );
      await waitStage(recipient.page, "Complete", 90_000);
      assert.deepEqual(await saved(recipient, "card.zip"), digests(tree));
      await Promise.all([recipient.page.close(), sender.page.close()]);
      recipient.remove();
    });
  });
}

test("who came by a code goes on by one click too, and without another code", async () => {
  const sender = await share(browsers.of("chromium"), server.url, [`${source.path}/card`]);
  await press(sender.page, "Say a code instead");
  const said = await sender.page.waitForFunction(() => document.querySelector(".spoken-code")?.textContent?.trim() || false, { timeout: 10_000, polling: 50 });
  let recipient = await open(browsers.of("firefox"), `${server.url}/r`);
  await recipient.page.bringToFront();
  await (await recipient.page.waitForSelector("#code"))?.type(String(await said.jsonValue()));
  await receive(recipient);
  await partWritten(recipient.page, 20, 95);
  recipient = await again(recipient, `${server.url}/`);
  await recipient.page.waitForFunction(() => document.body.textContent.includes("are here, since"), { timeout: 30_000 });
  await press(recipient.page, "Continue");
  await waitStage(recipient.page, "Complete", 90_000);
  assert.deepEqual(await saved(recipient, "card.zip"), digests(tree));
  assert.equal(await recipient.page.evaluate("location.href"), `${server.url}/r`);
  assert.equal(await sender.page.$$eval(".recipients > li, [aria-label=Recipients] > li", (rows) => rows.length), 1, "the sender sees somebody else");
  await Promise.all([recipient.page.close(), sender.page.close()]);
  recipient.remove();
});
