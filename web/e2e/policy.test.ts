// Who gets in by a link, and for how long: digits that are read out and typed, a link
// that takes the place of another, how many may come, and a note.

import assert from "node:assert/strict";
import path from "node:path";
import { afterEach, test } from "node:test";
import type { Page } from "puppeteer-core";
import { choose, press, shareLink, waitStage, waitWords } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { type Browser, type Kind, kinds } from "./harness/browser.ts";
import { bytes, digests } from "./harness/files.ts";
import { digitsOn, otherDigits, typeDigits, wantDigits } from "./harness/letin.ts";
import { type End, open, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const film = { "film.mov": bytes(300_000, 1) };
/** By a one-time link. */
const once = { "once.mov": bytes(300_000, 2) };
const { browsers, server, source } = scene({ ...film, ...once }, async () => {
  for (const kind of kinds) {
    const it = takenLink(kind);
    taken.set(kind, it);
    await it.catch(() => undefined); // told by its test
  }
});

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close().catch(() => undefined); // some are closed already
});

async function sharing(browser: Browser): Promise<End & { link: string }> {
  const sender = await share(browser, server.url, [path.join(source.path, "film.mov")]);
  opened.push(() => sender.page.close({ runBeforeUnload: false }));
  return sender;
}

async function opening(browser: Browser, link: string): Promise<Recipient> {
  const recipient = await open(browser, link);
  opened.push(async () => recipient.remove(), () => recipient.page.close({ runBeforeUnload: false }));
  return recipient;
}

const other = { chromium: "firefox", firefox: "chromium" } as const;

for (const kind of kinds) {
  // PROTOCOL.md 3, attacks 44 and 55.
  test(`${kind} lets in whose digits are typed, and nobody by a click`, async () => {
    const sender = await sharing(browsers.of(kind));
    const old = sender.link;
    const link = await wantDigits(sender.page);
    assert.notEqual(link, old);
    assert.match(await sender.page.evaluate(() => document.body.textContent), /another one now/);
    const recipient = await opening(browsers.of(other[kind]), link);
    const got = receive(recipient);
    const digits = await digitsOn(recipient.page);
    assert.match(digits, /^\d{6}$/);
    await waitWords(sender.page, /six digits on their page/);
    const names = await sender.page.$$eval("button", (all) => all.map((b) => b.textContent?.trim()));
    assert.ok(!names.includes("Let in"), "a click would let them in");
    const shown = await recipient.page.evaluate(() => document.body.textContent);
    assert.ok(!shown.includes("film.mov"), "a name before being let in");
    assert.equal(await sender.page.evaluate((d: string) => document.body.textContent.includes(d), digits), false, "the sender is shown the digits");

    await typeDigits(sender.page, "12 34");
    await sender.page.waitForFunction(() => /not six digits/.test(document.querySelector("#digits-said")?.textContent ?? ""));
    await sender.page.$eval("#digits", (box) => ((box as HTMLInputElement).value = ""));
    await typeDigits(sender.page, otherDigits(digits, 1));
    await sender.page.waitForFunction(() => /Nobody who waits has these digits.*2 more mistakes/.test(document.querySelector("#digits-said")?.textContent ?? ""));
    await typeDigits(sender.page, digits);
    await got;
    await waitStage(recipient.page, "Complete");
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
  });
}

test("digits that nobody has refuse everybody at the third time, who may ask again", async () => {
  const sender = await sharing(browsers.of("chromium"));
  const recipient = await opening(browsers.of("firefox"), await wantDigits(sender.page));
  await press(recipient.page, "Connect");
  const digits = await digitsOn(recipient.page);
  for (const by of [1, 2, 3]) await typeDigits(sender.page, otherDigits(digits, by));
  assert.match(await waitStage(recipient.page, "Failed"), /did not let you in/);
  await sender.page.waitForFunction(() => /everybody who was waiting has been refused/.test(document.body.textContent));
  await press(recipient.page, "Try again");
  const again = await digitsOn(recipient.page);
  await typeDigits(sender.page, again);
  await waitWords(recipient.page, /Press Receive/);
});

test("as many get in as the link is for, and read the note beside the list", async () => {
  const sender = await sharing(browsers.of("chromium"));
  await sender.page.locator(".terms summary").click();
  await sender.page.locator("#share-limit").fill("1");
  await sender.page.locator("#share-note").fill("Second take.\nSound first.");
  await sender.page.keyboard.press("Tab");
  await sender.page.select("#share-ends", "hour");
  await sender.page.waitForFunction(() => /0 of at most 1 recipient let in/.test(document.body.textContent));
  const first = await opening(browsers.of("firefox"), sender.link);
  await press(first.page, "Connect");
  const note = await first.page.waitForSelector(".note p");
  assert.equal(await note?.evaluate((p) => p.textContent), "Second take.\nSound first.");
  await sender.page.waitForFunction(() => /1 of at most 1 recipient let in/.test(document.body.textContent));
  await sender.page.locator("#share-note").fill("Third take.");
  await sender.page.keyboard.press("Tab");
  await first.page.waitForFunction(() => document.querySelector(".note p")?.textContent === "Third take.");
  await first.page.close({ runBeforeUnload: false });

  const page = (await browsers.of("chromium").page()).page;
  opened.push(() => page.close({ runBeforeUnload: false }));
  await page.goto(sender.link);
  await press(page, "Connect");
  assert.match(await waitStage(page, "Failed"), /used as often as the sender allows/);
  assert.equal(await shareLink(sender.page), sender.link, "none of this is part of the link");
});

test("a view that comes takes nothing away that somebody types", async () => {
  const sender = await sharing(browsers.of("chromium"));
  await sender.page.bringToFront();
  await sender.page.locator("#share-title").click({ count: 3 });
  await sender.page.keyboard.type("New na");
  const recipient = await opening(browsers.of("firefox"), sender.link);
  await press(recipient.page, "Connect");
  await sender.page.waitForSelector(".recipient");
  await waitWords(recipient.page, /Press Receive/);
  await sender.page.keyboard.type("me");
  await sender.page.keyboard.press("Tab");
  assert.equal(await sender.page.$eval("#share-title", (box) => (box as HTMLInputElement).value), "New name");
});

test("by the link of before nobody new gets in, and whoever was let in goes on", async () => {
  const sender = await sharing(browsers.of("chromium"));
  const first = await opening(browsers.of("firefox"), sender.link);
  await press(first.page, "Connect");
  await waitWords(first.page, /Press Receive/);
  const link = await wantDigits(sender.page);
  await press(first.page, "Receive");
  await waitStage(first.page, "Complete");
  await first.page.close({ runBeforeUnload: false });
  const late = await opening(browsers.of("firefox"), link);
  await press(late.page, "Connect");
  await digitsOn(late.page);
});

/** A one-time link that is its first recipient's, and somebody else who found it. */
interface Taken {
  sender: Page;
  link: string;
  finder: Page;
}

// Begun first: it takes half a minute until who found it is told.
const taken = new Map<Kind, Promise<Taken>>();

async function takenLink(kind: Kind): Promise<Taken> {
  const sender = await share(browsers.of(kind), server.url, [path.join(source.path, "once.mov")]);
  await sender.page.locator('::-p-aria([name="For one recipient only"][role="checkbox"])').click();
  await sender.page.waitForFunction((old: string) => document.querySelector<HTMLInputElement>("#share-link")?.value !== old, { polling: 50 }, sender.link);
  const link = await shareLink(sender.page);
  const looks = await open(browsers.of(other[kind]), link);
  await waitStage(looks.page, "Ready"); // a robot, or somebody who only looks: nothing is used up
  await looks.page.close();
  looks.remove();

  const first = await open(browsers.of(other[kind]), link);
  await press(first.page, "Connect");
  await waitWords(first.page, /Press Receive/);
  await sender.page.waitForFunction(() => document.querySelector<HTMLInputElement>("#share-link")?.value === "" && /somebody's now/.test(document.body.textContent), { timeout: 10_000 });
  await first.page.close({ runBeforeUnload: false });
  first.remove();

  const finder = (await browsers.of(kind).page()).page;
  await finder.goto(link);
  await press(finder, "Connect");
  return { sender: sender.page, link, finder };
}

/** Presses Offer again beside this share: others were begun since. */
async function offerAgain(page: Page, title: string): Promise<void> {
  const found = await page.waitForFunction(
    (name: string) => {
      const row = [...document.querySelectorAll("#shared-before ~ ul > li")].find((li) => li.querySelector(".share-title")?.textContent?.includes(name));
      return [...(row?.querySelectorAll("button") ?? [])].find((b) => b.textContent === "Offer again" && !b.disabled) ?? false;
    },
    { timeout: 30_000, polling: 50 },
    title,
  );
  await page.bringToFront();
  await (found as unknown as { click(): Promise<void> }).click();
}

for (const kind of kinds) {
  // PROTOCOL.md 3, attacks 16 and 18.
  test(`${kind}: a one-time link is its first recipient's, who comes back after both pages were closed`, async () => {
    const { sender, link, finder } = await (taken.get(kind) ?? assert.fail("it did not begin"));
    opened.push(() => finder.close({ runBeforeUnload: false }));
    await waitWords(finder, /Nobody is there/, 60_000);

    // The sender's page anew: it offers what it has, and only the first one comes.
    await sender.close({ runBeforeUnload: false });
    const page = (await browsers.of(kind).page()).page;
    opened.push(() => page.close({ runBeforeUnload: false }));
    await page.goto(`${server.url}/`);
    await offerAgain(page, "once.mov");
    if (kind === "firefox") await choose(page, [path.join(source.path, "once.mov")], "files");
    await page.waitForFunction(() => /somebody's now/.test(document.body.textContent), { timeout: 30_000 });
    const again = await opening(browsers.of(other[kind]), link);
    await receive(again);
    await waitStage(again.page, "Complete");
    assert.deepEqual(await saved(again, "once.mov"), digests(once));
    assert.doesNotMatch(await finder.evaluate(() => document.body.textContent), /once\.mov/);
  });
}
