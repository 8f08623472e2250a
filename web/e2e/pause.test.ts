// A transfer that people stop in its middle: paused, cancelled, no longer
// shared, by either side, between two browsers that are not the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage, waitWords } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import type { Kind } from "./harness/browser.ts";
import { carried, keepConnections } from "./harness/connections.ts";
import { bytes, digest, digests, readTree } from "./harness/files.ts";
import { type End, open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

/** How long a click may take to be seen on both sides, ms. A view comes twice a second, from a machine with all hands full. */
const soon = 5_000;
/** What a connection without a transfer carries at most, bytes a second: signs of life. */
const idleRate = 20_000;

/** Is there by the middle of the transfer. */
const first = "reel/a first.wav";
/** Long enough to be stopped in its middle at 30 MB/s. */
const reel = { [first]: bytes(300_000, 1), "reel/film.mov": bytes(96 << 20, 2) };

const { browsers, server, source } = scene(reel, async () => {
  late = await openedLate();
});

/** Somebody with a link that is dead. Begun first: it takes half a minute until they are told. */
let late: Page;
async function openedLate(): Promise<Page> {
  const sender = await share(browsers.of("chromium"), server.url, [`${source.path}/reel`]);
  await press(sender.page, "Stop sharing");
  await waitStage(sender.page, "Cancelled");
  const { page } = await open(browsers.of("firefox"), sender.link);
  await press(page, "Connect");
  return page;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

type Sender = End & { link: string };

/** A transfer of which a part has arrived. */
async function underWay(from: Kind, to: Kind): Promise<{ sender: Sender; recipient: Recipient }> {
  const sender = await share(browsers.of(from), server.url, [`${source.path}/reel`], keepConnections);
  opened.push(sender.page);
  const recipient = await open(browsers.of(to), sender.link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  await receive(recipient);
  await partWritten(recipient.page);
  return { sender, recipient };
}

/** What a page says is written. */
const written = (page: Page) => page.$eval("[role=progressbar]", (bar) => bar.getAttribute("aria-valuetext"));
const buttons = (page: Page) => page.$$eval("main button", (all) => all.map((b) => b.textContent ?? ""));
const row = (page: Page) => page.$eval("[aria-label=Recipients] > li", (li) => li.textContent ?? "");
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails unless bytes stop within a few seconds, and stay away. */
async function still(sender: Page, recipient: Page): Promise<void> {
  const deadline = Date.now() + 6_000;
  for (;;) {
    const [wire, shown] = [await carried(sender), await written(recipient)];
    await wait(1_000);
    const moved = (await carried(sender)) - wire;
    if (moved < idleRate && (await written(recipient)) === shown) return;
    if (Date.now() > deadline) throw new Error(`${moved} bytes in a second although it is paused; ${shown} are written`);
  }
}

const pairs = [["chromium", "firefox"], ["firefox", "chromium"]] as const;

for (const [from, to] of pairs) {
  describe(`${from} to ${to}`, () => {
    test("either side pauses: nothing moves, who paused resumes, and what lands is whole", async () => {
      const { sender, recipient } = await underWay(from, to);
      await press(recipient.page, "Pause");
      await waitStage(recipient.page, "Paused", soon);
      assert.match(await waitStage(sender.page, "Paused", soon), /Nothing is lost/);
      assert.match(await row(sender.page), /At the recipient's\. Nothing is lost/);
      await still(sender.page, recipient.page);
      assert.deepEqual(await buttons(recipient.page), ["Resume", "Cancel"]);
      // Notifications are offered once something has succeeded in this browser: in the second pair.
      const offered = (await buttons(sender.page)).filter((name) => !name.startsWith("Tell me when"));
      assert.deepEqual(offered, ["Copy link", "Say a code instead", "Stop sharing", "Stop", "Remove", "Choose files", "Choose folder"], "a button that would do nothing");

      await press(recipient.page, "Resume");
      await waitStage(recipient.page, "Transferring", soon);
      await waitStage(sender.page, "Transferring", soon);
      await press(sender.page, "Pause");
      await waitStage(sender.page, "Paused", soon);
      assert.match(await waitStage(recipient.page, "Paused", soon), /The sender has paused\. Nothing is lost/);
      await still(sender.page, recipient.page);
      assert.deepEqual(await buttons(recipient.page), ["Cancel"], "a button that would do nothing");
      assert.match((await written(recipient.page)) ?? "", /^[1-9]\d? %/, "it was all written before it could be paused");

      await press(sender.page, "Resume");
      await waitStage(recipient.page, "Complete", 60_000);
      await waitStage(sender.page, "Complete");
      assert.deepEqual(await saved(recipient, "reel.zip"), digests(reel));
    });

    test("the recipient cancels: both are told, the link lives on, and nothing unfinished is left", async () => {
      const { sender, recipient } = await underWay(from, to);
      await press(recipient.page, "Cancel");
      assert.match(await waitStage(recipient.page, "Cancelled", soon), to === "chromium" ? /^Cancelled\. Files that had arrived completely stay in the folder\./ : /^Cancelled\. Nothing of it is kept\./);
      assert.match(await waitStage(sender.page, "Cancelled", soon), /^Cancelled\. The recipient has stopped\. The link still works/);
      await holds(recipient, to === "chromium" ? [first] : []);
      assert.deepEqual(await buttons(recipient.page), []);
    });

    test("the sharer stops one recipient: both are told, and what is unfinished can be deleted", async () => {
      const { sender, recipient } = await underWay(from, to);
      await press(sender.page, "Stop");
      assert.match(await waitStage(sender.page, "Cancelled", soon), /^Cancelled\. The recipient has stopped/);
      assert.match(await row(sender.page), /Cancelled\. Stopped\. Files that had arrived completely may stay with the recipient/);
      await toldOfTheEnd(recipient);
    });

    test("stop sharing in the middle: both are told, and the link is dead", async () => {
      const { sender, recipient } = await underWay(from, to);
      await press(sender.page, "Stop sharing");
      assert.match(await waitStage(sender.page, "Cancelled", soon), /^Cancelled\. The link is dead\. Files that had arrived completely may stay with the recipients/);
      assert.equal(await sender.page.$("#share-link"), null, "a dead link is still shown");
      await toldOfTheEnd(recipient);
    });
  });
}

/** The recipient of a transfer that the sharer ended reads so, and what is left, and can let it go. */
async function toldOfTheEnd(recipient: Recipient): Promise<void> {
  const { page, browser } = recipient;
  assert.match(await waitStage(page, "Failed", soon), /^Failed\. The sender stopped sharing\. Ask the sender for a new link/);
  const shown = await page.$eval("main", (main) => main.textContent ?? "");
  assert.match(shown, browser.kind === "chromium" ? /completely stay in the folder/ : /still kept in this browser, but only a whole transfer becomes a download/);
  assert.notDeepEqual(await kept(recipient), [], "nothing is left, although it is said");
  await press(page, "Delete what is unfinished");
  await holds(recipient, browser.kind === "chromium" ? [first] : []);
  await page.waitForFunction(() => document.querySelector("main button") === null, { timeout: soon });
}

/** The files that are kept: in the folder, or of unfinished transfers in the browser's own storage. */
function kept({ browser, page, folder }: Recipient): Promise<string[]> | string[] {
  if (browser.kind === "chromium") return Object.keys(readTree(folder)).sort();
  return page.evaluate(async () => {
    type Dir = { entries(): AsyncIterable<[string, FileSystemHandle]> };
    const found: string[] = [];
    const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("beeline", { create: true });
    for await (const [, transfer] of (all as unknown as Dir).entries()) {
      const names: string[] = [];
      try {
        for await (const [name] of (transfer as unknown as Dir).entries()) names.push(name);
      } catch (error) {
        if ((error as DOMException).name !== "NotFoundError") throw error;
        continue; // it was deleted while we looked: nothing of it is kept
      }
      if (!names.includes("delivered")) found.push(...names); // else its download may still be running
    }
    return found;
  });
}

/** Fails unless these files, whole, and no others are kept after a moment. */
async function holds(recipient: Recipient, files: string[]): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (String(await kept(recipient)) !== String(files) && Date.now() < deadline) await wait(100);
  assert.deepEqual(await kept(recipient), files);
  for (const file of files) assert.equal(digest(readFileSync(path.join(recipient.folder, file))), digest(reel[file as keyof typeof reel]));
}

test("who opens a link after sharing was stopped is told that nobody is there, and what to do", async () => {
  await waitWords(late, /Nobody is there/, 40_000);
  assert.match(await waitStage(late, "Waiting"), /^Waiting\. Nobody is there\. The sender's page is closed or offline\. Ask them to keep it open/);
  assert.deepEqual(await buttons(late), ["Cancel"]);
});
