// Asymmetric sharing, as three people do it: A shares with B, C knows neither; B
// adds A late; A takes B's mark away in the middle.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink, status, waitStage } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { type Browser, type Kind, kinds, launch } from "./harness/browser.ts";
import { bytes, digest, digests, readTree, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { choosePlace, open, partWritten, saved, share } from "./harness/transfer.ts";

const source = tempFolder();
const film = { "Film/reel.mov": bytes(150_000_000, 3) }; // a few seconds even where nothing is slow
const day = { "Day 3/A001.mov": bytes(300_000, 1), "Day 3/notes/log.txt": bytes(12, 2) };
const late = bytes(60_000, 3);
const cards = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`Cards/${i}.mov`, bytes(4_000_000 + i, i)]));
let server: Server;

before(async () => {
  writeTree(source.path, { ...day, ...film, ...cards, "late.mov": late });
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});

interface Person {
  browser: Browser;
  /** Link to their card. */
  card: string;
}

async function person(kind: Kind, name: string): Promise<Person> {
  const browser = await launch(kind);
  const { page } = await browser.page();
  await page.goto(`${server.url}/contacts`);
  await page.waitForSelector("#own-name");
  await page.type("#own-name", name);
  await press(page, "Make my card");
  const link = await page.waitForFunction(() => [...document.querySelectorAll("input")].find((box) => box.value.includes("/c#bl1."))?.value ?? false, { timeout: 30_000 });
  const card = String(await link.jsonValue());
  await page.close();
  return { browser, card };
}

async function add(who: Person, whom: Person): Promise<void> {
  const { page } = await who.browser.page();
  await page.goto(whom.card);
  await press(page, "Add to contacts");
  await page.waitForFunction(() => document.querySelector(".person") !== null, { timeout: 30_000 });
  await page.close();
}

/** Marks or unmarks a contact beside the link. */
async function mark(page: Page, name: string): Promise<void> {
  await tick(page, name);
}

/** Marks the box with this label. */
async function tick(page: Page, label: string): Promise<void> {
  const found = await page.waitForFunction((text: string) => [...document.querySelectorAll<HTMLLabelElement>("label")].find((it) => it.textContent?.includes(text)) ?? false, { timeout: 30_000, polling: 50 }, label);
  await (found as unknown as { click(): Promise<void> }).click();
}

const offered = (page: Page) => page.$$eval(".inbox .offered", (all) => all.map((li) => li.textContent ?? ""));

async function waitOffered(page: Page, n: number, timeout = 30_000): Promise<void> {
  await page.waitForFunction((count: number) => document.querySelectorAll(".inbox .offered").length === count, { timeout, polling: 50 }, n);
}

for (const kind of kinds) {
  describe(kind, () => {
    let a: Person;
    let b: Person;
    let c: Person;
    const opened: Page[] = [];
    before(async () => {
      [a, b, c] = [await person(kind, "Anna"), await person(kind, "Bela"), await person(kind, "Cleo")];
      await add(a, b);
      await add(c, a); // Anna does not know Cleo
    });
    afterEach(async () => {
      for (const page of opened.splice(0).reverse()) await page.close({ runBeforeUnload: false });
    });
    after(async () => {
      for (const who of [a, b, c]) await who?.browser.close();
    });
    const look = async (who: Person): Promise<Page> => {
      const { page } = await who.browser.page();
      opened.push(page);
      await page.goto(`${server.url}/r`);
      await waitStage(page, "Ready").catch(() => undefined); // Failed, where nobody was added
      return page;
    };

    test("a share appears for the one it was shared with, once they added the sharer, and lands whole", { timeout: 180_000 }, async () => {
      const sender = await share(a.browser, server.url, [`${source.path}/Day 3`]);
      opened.push(sender.page);
      await shareLink(sender.page);
      await mark(sender.page, "Bela");
      const cleo = await look(c);
      await press(cleo, "Look for it"); // contacts then learn the address: asked for once
      const early = await look(b);
      assert.equal(await early.$(".inbox"), null, "who added nobody looks at nobody");
      await early.close();
      opened.splice(opened.indexOf(early), 1);
      await add(b, a);
      const recipient = await open(b.browser, `${server.url}/r`);
      const bela = recipient.page;
      opened.push(bela);
      await press(bela, "Look for it");
      await waitOffered(bela, 1);
      assert.match((await offered(bela))[0] ?? "", /Day 3.* New/);
      assert.match(await status(bela), /^Ready\. Open what a contact shares/);
      assert.deepEqual(await offered(cleo), [], "Cleo was not shared with");
      const lengthBefore = await bela.evaluate(() => history.length);
      const went: string[] = [];
      bela.on("framenavigated", (frame) => went.push(frame.url()));
      await press(bela, "Open"); // the click that Connect is elsewhere
      await bela.waitForFunction(() => /^Shared by Anna .*not compared/.test(document.querySelector("main .proved")?.textContent ?? ""), { timeout: 10_000, polling: 50 });
      await choosePlace(recipient);
      await press(bela, "Receive");
      await waitStage(bela, "Complete", 60_000);
      // No address and no storage of the page ever names whose share it is.
      assert.deepEqual([...new Set([...went, bela.url()])], [`${server.url}/r`]);
      assert.deepEqual(await bela.evaluate(() => [history.length, history.state, JSON.stringify(sessionStorage), performance.getEntriesByType("navigation")[0]?.name]), [lengthBefore, null, "{}", `${server.url}/r`]);
      assert.deepEqual(await saved(recipient, "Day 3.zip"), digests(day));
      recipient.remove();
      await sender.page.waitForFunction(() => document.querySelector(".recipient h3")?.textContent === "Bela");
      // What comes to it shows as new, and can be taken alone. One tab of a browser opens a share at a time.
      await bela.close();
      opened.splice(opened.indexOf(bela), 1);
      const looked = await open(b.browser, `${server.url}/r`);
      opened.push(looked.page);
      await waitOffered(looked.page, 1);
      assert.doesNotMatch((await offered(looked.page))[0] ?? "", /New/);
      await drop(sender.page, [`${source.path}/late.mov`]);
      await looked.page.waitForFunction(() => document.querySelector(".inbox .offered")?.textContent?.includes("New: 1 file or folder"), { timeout: 10_000, polling: 50 });
      await press(looked.page, "Open");
      await choosePlace(looked);
      await looked.page.waitForFunction(() => [...document.querySelectorAll(".tree-row .news")].map((it) => it.textContent).join() === "New", { timeout: 10_000, polling: 50 });
      await press(looked.page, "Receive what is new");
      await waitStage(looked.page, "Complete", 60_000);
      assert.deepEqual(await saved(looked, "late.mov"), { "late.mov": digest(late) });
      looked.remove();
      // Taken away, it goes at once.
      const again = await look(b);
      await waitOffered(again, 1);
      await mark(sender.page, "Bela");
      await waitOffered(again, 0, 5_000);
    });

    test("who is taken away in the middle of a transfer gets no further byte, and is told", { timeout: 120_000 }, async () => {
      const sender = await share(a.browser, server.url, [`${source.path}/Film`]);
      opened.push(sender.page);
      await mark(sender.page, "Bela");
      const recipient = await open(b.browser, `${server.url}/r`);
      const bela = recipient.page;
      opened.push(bela);
      await waitOffered(bela, 1);
      await press(bela, "Open");
      await choosePlace(recipient);
      await press(bela, "Receive");
      await bela.waitForFunction(() => Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow") ?? 0) >= 5, { timeout: 60_000, polling: 20 });
      await mark(sender.page, "Bela");
      await waitStage(bela, "Failed", 10_000);
      assert.deepEqual(Object.keys(readTree(recipient.folder)).filter((file) => file.includes("reel")), [], "part of it has its name");
      assert.match(await bela.$eval("main", (it) => it.textContent ?? ""), /not shared with you any more/);
      recipient.remove();
    });

    test("a link says whose it is, and the recipient who they are", { timeout: 120_000 }, async () => {
      const sender = await share(a.browser, server.url, [`${source.path}/Day 3`]);
      opened.push(sender.page);
      const before = await shareLink(sender.page);
      await tick(sender.page, "Say who I am");
      const found = await sender.page.waitForFunction((old: string) => {
        const now = document.querySelector<HTMLInputElement>("#share-link")?.value ?? "";
        return now !== "" && now !== old ? now : false;
      }, { timeout: 10_000, polling: 50 }, before);
      const link = String(await found.jsonValue());
      const { page } = await b.browser.page();
      opened.push(page);
      await page.goto(link);
      await tick(page, "Tell the sender who I am");
      await press(page, "Connect");
      await page.waitForFunction(() => document.querySelector(".proved")?.textContent?.includes("This is from Anna"), { timeout: 30_000, polling: 50 });
      await sender.page.waitForFunction(() => document.querySelector(".recipient .proved")?.textContent?.includes("This is Bela"), { timeout: 10_000, polling: 50 });
    });

    test("at the end of a transfer who was unknown is added, and the safety number stands there", { timeout: 120_000 }, async () => {
      const sender = await share(a.browser, server.url, [`${source.path}/Day 3`]);
      opened.push(sender.page);
      const recipient = await open(c.browser, await shareLink(sender.page));
      opened.push(recipient.page);
      await tick(recipient.page, "Tell the sender who I am");
      await press(recipient.page, "Connect");
      await choosePlace(recipient);
      await press(recipient.page, "Receive");
      await waitStage(recipient.page, "Complete", 60_000);
      recipient.remove();
      await press(sender.page, "Add to contacts"); // shows the card
      await sender.page.waitForSelector("#petname", { timeout: 10_000 });
      await press(sender.page, "Add to contacts");
      const number = await sender.page.waitForSelector(".recipient .safety-number", { timeout: 10_000 });
      assert.match(await number?.evaluate((it) => it.textContent ?? "") ?? "", /^\d{60}$/);
      await press(sender.page, "They are the same");
      await sender.page.waitForFunction(() => document.querySelector(".recipient .proved")?.getAttribute("data-sure") === "yes", { timeout: 10_000, polling: 50 });
    });

    if (kind === "chromium") {
      test("whose share broke off is known once the passphrase is typed, and then it goes on", { timeout: 120_000 }, async () => {
        const sender = await share(a.browser, server.url, [`${source.path}/Cards`]);
        opened.push(sender.page);
        await shareLink(sender.page);
        await mark(sender.page, "Bela");
        const recipient = await open(b.browser, `${server.url}/r`);
        await waitOffered(recipient.page, 1);
        await press(recipient.page, "Open");
        await choosePlace(recipient);
        await press(recipient.page, "Receive");
        await partWritten(recipient.page, 20, 95);
        const { page } = await b.browser.page();
        opened.push(page);
        await recipient.page.close();
        await page.goto(`${server.url}/contacts`);
        await page.waitForSelector("#passphrase-first");
        await page.$eval("#passphrase-first", (box) => box.closest("details")?.setAttribute("open", ""));
        for (const box of ["#passphrase-first", "#passphrase-second"]) await page.type(box, "correct horse battery");
        await press(page, "Set passphrase");
        await page.waitForFunction(() => document.body.textContent.includes("A passphrase is set"), { timeout: 30_000, polling: 50 });
        await page.goto(`${server.url}/`);
        const goesOn = (can: boolean) => page.waitForFunction((enabled: boolean) => [...document.querySelectorAll("button")].some((it) => it.textContent === "Continue" && it.disabled !== enabled), { timeout: 30_000, polling: 50 }, can);
        await goesOn(false);
        assert.deepEqual(await findings(page), []);
        assert.match(String(await page.evaluate(() => document.body.textContent)), /shared by one of your contacts\. Open your contacts/);
        await page.type("#unlock", "correct horse battery");
        await press(page, "Open");
        await goesOn(true);
        await press(page, "Continue");
        await waitStage(page, "Complete", 60_000);
        assert.equal(page.url(), `${server.url}/r`);
        assert.deepEqual(readTree(recipient.folder), digests(cards));
        recipient.remove();
      });
    }
  });
}
