// Room in Firefox's own storage: the browser asks a person before a site may keep
// more than its share, and what was kept for a download can be deleted afterwards.

import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { openRig } from "./disk/rig.ts";
import { press, status, waitStage, waitWords } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { connect, open, receive, saved, share } from "./harness/transfer.ts";

const MiB = 1 << 20;
const large = { "A001C001.mov": bytes(60 * MiB, 3) };
const huge = 300 * MiB; // more than is ever kept in memory
const small = { "a.wav": bytes(9 * MiB, 4), "b.wav": bytes(9 * MiB, 5) };
const source = tempFolder();
let server: Server;

before(async () => {
  writeTree(source.path, large);
  writeFileSync(`${source.path}/huge.mov`, "");
  truncateSync(`${source.path}/huge.mov`, huge);
  writeTree(source.path, Object.fromEntries(Object.entries(small).map(([name, b]) => [`reel/${name}`, b])));
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});

/** What the service worker keeps of the page itself, at most. */
const shell = 8 * MiB;

/** Bytes that the site uses, once the browser has counted them. */
async function usage(page: Page, settled: (n: number) => boolean): Promise<number> {
  let n = 0;
  for (let i = 0; i < 40; i++) {
    n = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    if (settled(n)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return n;
}

function text(page: Page): Promise<string> {
  return page.evaluate(() => document.body.textContent ?? "");
}

/** Firefox that answers its own question, with 200 MiB for all sites and so 40 MiB for one. */
function firefox(allows: boolean): Promise<Browser> {
  return launch("firefox", {
    firefoxPrefs: {
      "dom.quotaManager.temporaryStorage.fixedLimit": 200 * 1024,
      "dom.storageManager.prompt.testing": true,
      "dom.storageManager.prompt.testing.allow": allows,
    },
  });
}

describe("Firefox, more than a site may keep unasked", () => {
  for (const allows of [true, false]) {
    test(allows ? "is received once the person allows it" : "is refused before the first byte where they don't, and no download can be streamed", async () => {
      const browser = await firefox(allows);
      try {
        const sender = await share(browser, server.url, [`${source.path}/${allows ? "A001C001.mov" : "huge.mov"}`]);
        const recipient = await open(browser, sender.link);
        if (!allows) await recipient.page.evaluate('Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined }); 0');
        await connect(recipient);
        await recipient.page.waitForFunction(() => document.body.textContent.includes("asks whether this site may keep data"), { timeout: 10_000, polling: 50 });
        await press(recipient.page, "Receive");
        if (allows) {
          await waitStage(recipient.page, "Complete", 90_000);
          assert.deepEqual(await saved(recipient, "A001C001.mov"), digests(large));
        } else {
          await waitWords(recipient.page, /too little room/, 20_000);
          assert.match(await status(recipient.page), /^Ready\./);
          await press(recipient.page, "Receive"); // it can be pressed again
        }
        assert.equal(await recipient.page.evaluate(() => navigator.storage.persisted()), allows);
      } finally {
        await browser.close();
      }
    });
  }
});

describe("Firefox, what was kept for a download", () => {
  let browser: Browser;
  before(async () => {
    browser = await firefox(true);
  });
  after(() => browser?.close());

  test("fits without a question, and its space is free again once it is deleted", async () => {
    const sender = await share(browser, server.url, [`${source.path}/reel`]);
    const recipient = await open(browser, sender.link);
    const { page } = recipient;
    await receive(recipient);
    await waitStage(page, "Complete", 60_000);
    assert.doesNotMatch(await text(page), /asks whether this site may keep data/);
    assert.equal(await page.evaluate(() => navigator.storage.persisted()), false, "it was asked for what fits");
    assert.deepEqual(await saved(recipient, "reel.zip"), digests(Object.fromEntries(Object.entries(small).map(([name, b]) => [`reel/${name}`, b]))));
    assert.ok((await usage(page, (n) => n > 18 * MiB)) > 18 * MiB, "nothing is kept");

    await press(page, "Delete this browser's copy");
    const left = await usage(page, (n) => n < shell);
    assert.ok(left < shell, `${left} bytes are still used`);
    assert.match(await text(page), /the space is free again/);
    assert.match(await status(page), /^Complete/);
    assert.equal(await page.evaluate(() => document.querySelectorAll("a[download]").length), 0, "a link to what is gone");
    assert.deepEqual(recipient.watch.problems, []);
  });
});

test("Firefox, a transfer that is given up after some of it is there: all of it is free again", async () => {
  const rig = await openRig("firefox");
  try {
    await rig.start();
    const files = [1, 2, 3].map((seed) => ({ path: ["A", `${seed}.mov`], size: 9 * MiB, seed }));
    const report = await rig.run({ key: "0badcafe", destination: "browser", files, end: "discard" });
    assert.equal(Object.keys(report.landed).length, 3);
    assert.deepEqual(await rig.page.evaluate(() => globalThis.rig.stored()), []);
    const left = await usage(rig.page, (n) => n < MiB);
    assert.ok(left < MiB, `${left} bytes are still used`);
  } finally {
    await rig.close();
  }
});
