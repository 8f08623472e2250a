// What people decide: who is let in, who is not, and when sharing ends.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, status, waitStage, waitWords } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { connect, type End, open, type Recipient, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
let browser: Browser;
const source = tempFolder();
const small = { "Day 3/take.mov": bytes(300_000, 1) };

before(async () => {
  writeTree(source.path, small);
  server = await startServer();
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  await server?.stop();
  source.remove();
});

/** What a test opened is closed after it, also where it failed. */
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

async function shareDay(): Promise<End & { link: string }> {
  const sender = await share(browser, server.url, [`${source.path}/Day 3`]);
  opened.push(sender.page);
  return sender;
}

async function openLink(link: string, by = browser): Promise<Recipient> {
  const recipient = await open(by, link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  return recipient;
}

/** Another profile: the same browser refuses the same link in a second tab. */
async function otherPerson(): Promise<Browser> {
  const other = await launch("chromium");
  opened.push(other);
  return other;
}

/** The lines of the list of recipients. */
const rows = (page: Page) => page.$$eval("[aria-label=Recipients] > li", (all) => all.map((li) => li.textContent ?? ""));

async function waitForButton(page: Page, name: string): Promise<void> {
  await page.waitForFunction((text: string) => [...document.querySelectorAll("button")].some((b) => b.textContent === text), { timeout: 30_000, polling: 50 }, name);
}

// PROTOCOL.md 3, attack 17: a leaked link.
test("the second recipient of a link waits until the sharer lets them in", async () => {
  const sender = await shareDay();
  const first = await openLink(sender.link);
  await receive(first);
  await waitStage(first.page, "Complete");
  const second = await openLink(sender.link, await otherPerson());
  await press(second.page, "Connect");
  await waitForButton(sender.page, "Let in");
  // The view follows within a moment of the answer; no names come with it.
  await waitWords(second.page, /asked to let you in/, 10_000);
  assert.match(await waitStage(second.page, "Waiting"), /asked to let you in/);
  assert.equal(await second.page.$("[role=progressbar]"), null, "no list and no progress before being let in");
  assert.equal((await second.page.evaluate(() => document.body.textContent)).includes("take.mov"), false, "a name before being let in");
  assert.equal((await rows(sender.page)).length, 2);
  assert.deepEqual(await findings(sender.page), []);

  await press(sender.page, "Let in");
  await waitForButton(second.page, "Receive");
});

test("a recipient that is refused gets nothing and is told so", async () => {
  const sender = await shareDay();
  const first = await openLink(sender.link);
  await connect(first);
  const second = await openLink(sender.link, await otherPerson());
  await press(second.page, "Connect");
  await press(sender.page, "Refuse");
  assert.match(await waitStage(second.page, "Failed"), /did not let you in/);
  assert.match((await rows(sender.page))[1] ?? "", /^Recipient 2(Failed|Cancelled)\./);
});

test("stop sharing kills the link at once, for those inside and those who come", async () => {
  const sender = await shareDay();
  const inside = await openLink(sender.link);
  await connect(inside);
  await press(sender.page, "Stop sharing");
  await waitStage(sender.page, "Cancelled");
  assert.equal(await sender.page.$("#share-link"), null, "a dead link is still shown");
  assert.match(await waitStage(inside.page, "Failed"), /stopped sharing/);
});

test("the same link in a second tab of a browser says so", async () => {
  const sender = await shareDay();
  const first = await openLink(sender.link);
  await waitStage(first.page, "Ready");
  await waitForButton(first.page, "Connect");
  const second = await openLink(sender.link);
  assert.match(await waitStage(second.page, "Failed"), /open in another tab/);
});

test("two tabs share two things independently", async () => {
  const a = await shareDay();
  const b = await shareDay();
  assert.notEqual(a.link, b.link);
  const recipient = await openLink(b.link);
  await receive(recipient);
  await waitStage(recipient.page, "Complete");
  assert.deepEqual(await saved(recipient, ""), digests(small));
  assert.match(await status(a.page), /^Waiting/);
});

test("cancel before Receive leaves nothing behind", async () => {
  const sender = await shareDay();
  const recipient = await openLink(sender.link);
  await connect(recipient);
  await press(recipient.page, "Cancel");
  await waitStage(recipient.page, "Cancelled");
  assert.deepEqual(await saved(recipient, ""), {});
});
