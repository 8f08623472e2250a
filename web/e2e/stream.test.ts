// A transfer that the browser has no room to keep: written into a download while
// it arrives. What breaks off must never look whole.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { list } from "./disk/unzip.ts";
import { press, status, waitStage, waitWords } from "./harness/actions.ts";
import { inEach } from "./harness/both.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { type Downloads, downloadsOf, lying } from "./harness/downloads.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { downloadOf, open, partWritten, type Recipient, share } from "./harness/transfer.ts";

const MiB = 1 << 20;
const film = { "A001C001.mov": bytes(60 * MiB + 12345, 3) };
const reel = { "reel/a.wav": bytes(9 * MiB, 4), "reel/sub/ünïcode 名.wav": bytes(17 * MiB + 1, 5), "reel/small.txt": bytes(1000, 6), "reel/empty.txt": bytes(0, 7) };
const source = tempFolder();
let server: Server;

before(async () => {
  writeTree(source.path, film);
  writeTree(source.path, reel);
  server = await startServer();
  crashed = await held(poor + mute);
  await crashed.recipient.page.close();
  const { browser, recipient } = await held(poor);
  const over = stall(recipient);
  over.catch(() => undefined); // told by its test
  stalled = { browser, recipient, over };
});
after(async () => {
  for (const it of [crashed, stalled]) await it?.browser.close();
  await server?.stop();
  source.remove();
});

/** Makes a browser that has no folder to pick, and gave this site all the room it gives. Runs in the page. */
const poor = `
  delete Window.prototype.showDirectoryPicker;
  delete window.showDirectoryPicker;
  if (globalThis.StorageManager) {
    StorageManager.prototype.estimate = async () => ({ quota: 20 << 20, usage: 0 });
    StorageManager.prototype.persisted = async () => true;
  }`;

/** Its page never says that it goes away, as one that crashed. */
const mute = `
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (type !== "pagehide") add.call(this, type, ...rest);
  };`;

const noWorker = `Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });`;

async function recipientOf(browser: Browser, link: string, code = poor): Promise<Recipient> {
  const recipient = await open(browser, link, async (page) => void (await page.evaluateOnNewDocument(code)));
  return { ...recipient, folder: browser.downloads };
}

async function begin({ page }: Recipient, words = /written into a download while it arrives/): Promise<void> {
  await press(page, "Connect");
  await page.waitForFunction((source: string) => new RegExp(source).test(document.body.textContent ?? ""), { timeout: 20_000, polling: 50 }, words.source);
  await press(page, "Receive");
}

/** Holds a transfer in its middle, some of it in the download. */
async function hold(recipient: Recipient): Promise<void> {
  await begin(recipient);
  await partWritten(recipient.page);
  await press(recipient.page, "Pause");
  await waitStage(recipient.page, "Paused");
}

/** For the browser, too, the download broke off; and nothing lies under its name. */
async function brokeOff(browser: Browser, downloads: Downloads, within: number): Promise<void> {
  const until = Date.now() + within;
  let ended = await downloads.last();
  for (; ended === null && Date.now() < until; ended = await downloads.last()) await wait(200);
  assert.equal(ended, "broken");
  const left = Object.entries(lying(browser.downloads)).filter(([name, size]) => size > 0 && !/\.(part|crdownload)$/.test(name));
  assert.deepEqual(left, [], "it looks whole");
}

/** A frame that became a download ends as one that was broken off, for Chromium's network panel. */
const wrong = (r: Recipient) => r.watch.problems.filter((p) => !/stream\/[0-9a-f-]+ net::ERR_ABORTED/.test(p));

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const text = (page: Page): Promise<string> => page.evaluate(() => document.body.textContent ?? "");

// Firefox ends a service worker that hears nothing for 30 s, and calls what it had of
// the download whole. Two wait for longer than that, each in a browser of its own:
// they begin first, and wait while everything else is tested.

interface Held {
  browser: Browser;
  downloads: Downloads;
  recipient: Recipient;
}

let crashed: Held | undefined;
let stalled: { browser: Browser; recipient: Recipient; over: Promise<void> } | undefined;

async function stall({ page }: Recipient): Promise<void> {
  await wait(65_000);
  await press(page, "Resume");
  await waitStage(page, "Complete", 60_000);
}

async function held(code: string): Promise<Held> {
  const browser = await launch("firefox");
  try {
    const downloads = await downloadsOf(browser);
    const sender = await share(browser, server.url, [`${source.path}/A001C001.mov`]);
    const recipient = await recipientOf(browser, sender.link, code);
    await hold(recipient);
    return { browser, downloads, recipient };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

inEach((browser) => {
  for (const [what, expect, name] of [["A001C001.mov", film, "A001C001.mov"], ["reel", reel, "reel.zip"]] as const) {
    test(`${what} is written into a download while it arrives`, async () => {
      const sender = await share(browser, server.url, [`${source.path}/${what}`]);
      const recipient = await recipientOf(browser, sender.link);
      await begin(recipient);
      await waitStage(recipient.page, "Complete", 60_000);
      assert.match(await status(recipient.page), /checked before it went into the download\. You can close this tab once the download has finished/);
      assert.doesNotMatch(await text(recipient.page), /verified/);
      await waitStage(sender.page, "Complete");
      assert.doesNotMatch(await text(sender.page), /verified/, "nobody has looked at what is on disk");
      assert.deepEqual(await downloadOf(recipient.folder, name), digests(expect));
      if (name.endsWith(".zip")) assert.equal(list(`${browser.downloads}/${name}`).length, 6);
      assert.deepEqual(wrong(recipient), []);
      await sender.page.close();
      await recipient.page.close();
    });
  }

  test("cancelled on the page, what there is of the download does not look whole", async () => {
    const downloads = await downloadsOf(browser);
    const sender = await share(browser, server.url, [`${source.path}/A001C001.mov`]);
    const recipient = await recipientOf(browser, sender.link);
    await hold(recipient);
    await press(recipient.page, "Cancel");
    await waitStage(recipient.page, "Cancelled");
    await brokeOff(browser, downloads, 10_000);
    await sender.page.close();
    await recipient.page.close();
  });

  test("cancelled in the browser, both sides say so, and it can begin anew", async () => {
    const downloads = await downloadsOf(browser);
    const sender = await share(browser, server.url, [`${source.path}/A001C001.mov`]);
    const recipient = await recipientOf(browser, sender.link);
    await hold(recipient);
    await downloads.stop();
    await press(recipient.page, "Resume", 3_000).catch(() => undefined); // Firefox tells only who sends it more; Chromium at once
    await waitWords(recipient.page, /^Failed\. The download broke off/, 20_000);
    await waitWords(sender.page, /The recipient's download broke off/);
    await brokeOff(browser, downloads, 10_000);
    await press(recipient.page, "Try again");
    await press(recipient.page, "Receive");
    await waitStage(recipient.page, "Complete", 60_000);
    await sender.page.close();
    await recipient.page.close();
  });

  test("the page is closed in the middle: the download fails at once", async () => {
    const downloads = await downloadsOf(browser);
    const sender = await share(browser, server.url, [`${source.path}/A001C001.mov`]);
    const recipient = await recipientOf(browser, sender.link);
    await hold(recipient);
    await recipient.page.close();
    await brokeOff(browser, downloads, 5_000);
    await sender.page.close();
  });

  test("without a service worker it is refused before it begins, with what would work", async () => {
    const sender = await share(browser, server.url, [`${source.path}/A001C001.mov`]);
    const recipient = await recipientOf(browser, sender.link, poor + noWorker);
    await begin(recipient, /can't write it straight into a download either/);
    await sender.page.close();
    await recipient.page.close();
  });
});

describe("Firefox, for longer than it lets a service worker live", () => {
  test("the page crashes in the middle, and the download is never whole", { timeout: 120_000 }, async () => {
    const { browser, downloads } = crashed ?? assert.fail("it did not begin");
    await brokeOff(browser, downloads, 60_000);
  });

  test("a stall of a minute cuts nothing", { timeout: 180_000 }, async () => {
    const { recipient, over } = stalled ?? assert.fail("it did not begin");
    await over;
    assert.deepEqual(await downloadOf(recipient.folder, "A001C001.mov"), digests(film));
  });
});
