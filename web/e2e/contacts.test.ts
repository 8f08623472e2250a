// Contacts between two browsers: cards, names, safety numbers, and how it is all
// kept. Attacks 22, 47 and 56 as a person meets them.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { ElementHandle, Page } from "puppeteer-core";
import encodeQR from "qr";
import { press, status, waitStage } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { type Browser, type Kind, kinds, launch } from "./harness/browser.ts";
import { type Server, startServer } from "./harness/server.ts";

let server: Server;
const browsers = new Map<Kind, Browser>();
before(async () => {
  server = await startServer();
  for (const kind of kinds) browsers.set(kind, await launch(kind));
});
after(async () => {
  for (const browser of browsers.values()) await browser.close();
  await server?.stop();
});

const soon = 30_000;

function browserOf(kind: Kind): Browser {
  const browser = browsers.get(kind);
  assert.ok(browser);
  return browser;
}

async function visit(kind: Kind, at = "/contacts"): Promise<Page> {
  const { page } = await browserOf(kind).page();
  await page.goto(`${server.url}${at}`, { waitUntil: "load" });
  await page.waitForFunction(() => !/^Connecting/.test(document.querySelector("[role=status]")?.textContent ?? "Connecting"), { timeout: soon });
  return page;
}

async function type(page: Page, selector: string, text: string): Promise<void> {
  const box = (await page.waitForSelector(selector)) as ElementHandle<HTMLInputElement>;
  await box.evaluate((e) => {
    e.closest("details")?.setAttribute("open", "");
    e.value = "";
  });
  await box.type(text);
}

/** Waits for text anywhere on the page. */
async function says(page: Page, words: RegExp): Promise<void> {
  await page.waitForFunction((source: string) => new RegExp(source).test(document.querySelector("main")?.textContent ?? ""), { timeout: soon, polling: 50 }, words.source).catch(async (error: unknown) => {
    throw new Error(`the page does not say ${words}, but: ${await page.$eval("main", (e) => e.textContent)}`, { cause: error });
  });
}

const value = (page: Page, selector: string) => page.$eval(selector, (e) => (e as HTMLInputElement).value);
const numbers = (page: Page) => page.$$eval(".safety-number li", (all) => all.map((li) => li.textContent ?? ""));
const states = (page: Page) => page.$$eval(".person", (all) => all.map((li) => `${li.querySelector("h3")?.textContent}: ${li.getAttribute("data-state")}`));

/** Makes the first card and returns the link to it. Whoever an earlier test left here goes first. */
async function begin(page: Page, name: string): Promise<string> {
  if ((await page.$("#card-link")) !== null) await erase(page);
  await type(page, "#own-name", name);
  await press(page, "Make my card");
  await page.waitForSelector("#card-link");
  return value(page, "#card-link");
}

async function open(page: Page, summary: string): Promise<void> {
  await page.$$eval("summary", (all, text) => all.find((s) => s.textContent === text)?.parentElement?.setAttribute("open", ""), summary);
}

async function erase(page: Page): Promise<void> {
  await open(page, "Erase");
  await press(page, "Erase everything");
  await press(page, "Yes, erase");
  await page.waitForFunction(() => /Nobody is kept/.test(document.querySelector("[role=status]")?.textContent ?? ""), { timeout: soon });
}

/** What is kept in this browser, and puts it back: what a copy of a profile does. */
const kept = `new Promise((resolve, reject) => { const r = indexedDB.open("beeline"); r.onerror = reject; r.onsuccess = () => { const db = r.result; if (!db.objectStoreNames.contains("people")) return reject(new Error("no vault")); const get = db.transaction("people").objectStore("people").get("own"); get.onsuccess = () => { globalThis.copy = get.result; db.close(); resolve(get.result !== undefined); }; }; })`;
const putBack = `new Promise((resolve) => { const r = indexedDB.open("beeline"); r.onsuccess = () => { const db = r.result, tx = db.transaction("people", "readwrite"); tx.objectStore("people").put(globalThis.copy, "own"); tx.oncomplete = () => { db.close(); resolve(true); }; }; })`;

test("two people in two browsers add each other, and compare the same number", async () => {
  const ada = await visit("chromium");
  assert.match(await status(ada), /^Ready\. Nobody is kept/);
  assert.equal(await ada.evaluate(kept), false, "an identity was made before anybody asked for one");
  const link = await begin(ada, "Ada Lovelace");
  assert.match(link, new RegExp(`^${server.url}/c#bl1\\.`));
  await ada.reload({ waitUntil: "load" });
  await ada.waitForSelector("#card-link");
  assert.equal(await value(ada, "#card-link"), link, "the identity was not kept");

  const grace = await visit("firefox", link.slice(server.url.length));
  assert.equal(await grace.evaluate("location.href"), `${server.url}/c`, "the card stands in the address bar");
  await says(grace, /The card says: Ada Lovelace/);
  assert.equal(await grace.evaluate(kept), false, "looking at a card made an identity");
  await type(grace, "#petname", "Ada");
  await press(grace, "Add to contacts");
  await says(grace, /Ada\s*Not verified/);
  const nameless = await value(grace, "#card-link");
  await type(grace, "#own-name", "Grace");
  await grace.keyboard.press("Tab");
  await grace.waitForFunction((before: string) => document.querySelector<HTMLInputElement>("#card-link")?.value !== before, { timeout: soon }, nameless);

  await type(ada, "#their-card", `Here I am: ${await value(grace, "#card-link")} see you`);
  await press(ada, "Look at the card");
  await says(ada, /The card says: Grace/);
  await press(ada, "Add to contacts");
  await says(ada, /Grace\s*Not verified/);

  await press(ada, "Compare safety number");
  await press(grace, "Compare safety number");
  const number = await numbers(ada);
  assert.equal(number.length, 12);
  assert.ok(number.every((group) => /^\d{5}$/.test(group)), number.join(" "));
  assert.deepEqual(await numbers(grace), number);
  await press(grace, "They are the same");
  await says(grace, /Ada\s*Verified/);
  await press(ada, "They differ");
  await says(ada, /Grace\s*Changed: stop/);

  // Ada fears for her key: the old one says which the new one is.
  await open(ada, "New key");
  await press(ada, "Make a new key");
  await press(ada, "Yes, make a new key");
  await ada.waitForSelector("#successor-link");
  assert.notEqual(await value(ada, "#card-link"), link);
  assert.deepEqual(await states(ada), ["Grace: changed"], "her contacts did not stay");
  await type(grace, "#their-card", await value(ada, "#successor-link"));
  await press(grace, "Look at the card");
  await says(grace, /Ada says that this is their new key/);
  await press(grace, "Use the new key");
  await says(grace, /Ada\s*Not verified/);

  // A new card under the old name: Ada begins anew, as somebody who plays her would.
  await erase(ada);
  const other = await begin(ada, "ada lovelace");
  assert.notEqual(other, link);
  await type(grace, "#their-card", other);
  await press(grace, "Look at the card");
  await says(grace, /Stop\. This card says it is Ada, but it has another key/);
  assert.equal(await grace.$$eval("button", (all) => all.some((b) => b.textContent === "Add to contacts")), false, "it can be added");
  await press(grace, "Close");
  await says(grace, /Ada\s*Changed: stop/);
  assert.deepEqual(await states(grace), ["Ada: changed"]);
  await press(grace, "Rename");
  await type(grace, ".person input", "Countess");
  await press(grace, "Save name");
  await says(grace, /Countess\s*Changed: stop/);
  await press(grace, "Remove");
  await press(grace, "Yes, remove");
  await says(grace, /no contacts yet/);
  await erase(grace);
  await erase(ada);
  await ada.close();
  await grace.close();
});

for (const kind of kinds) {
  describe(kind, () => {
    test("cards that are damaged, one's own, or no cards are said so", async () => {
      const page = await visit(kind);
      const link = await begin(page, "Me");
      for (const [pasted, words] of [["https://example.org", /This is not a contact card/], [link.slice(0, -4), /This is not a contact card/], [link, /This is your own card/]] as const) {
        await type(page, "#their-card", pasted);
        await press(page, "Look at the card");
        await says(page, words);
      }
      await erase(page);
      await page.close();
    });

    test("a passphrase: asked for by the next page, nothing without it, and taken away again", async () => {
      const page = await visit(kind);
      const link = await begin(page, "Me");
      await type(page, "#passphrase-first", "short");
      await press(page, "Set passphrase");
      await says(page, /at least 10 characters/);
      await type(page, "#passphrase-first", "correct horse battery");
      await type(page, "#passphrase-second", "correct horse battery");
      await press(page, "Set passphrase");
      await says(page, /A passphrase is set/);
      await page.reload({ waitUntil: "load" });
      await waitStage(page, "Waiting", soon);
      assert.equal(await page.$("#card-link"), null, "it is shown without the passphrase");
      await page.goto(`${server.url}/r`, { waitUntil: "load" }); // there it is asked for, too, rather than nothing shown
      await says(page, /Shared with you\s*Your contacts are locked/);
      await waitStage(page, "Ready", soon);
      await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
      await waitStage(page, "Waiting", soon);
      await type(page, "#unlock", "correct horse batterx");
      await press(page, "Open");
      await says(page, /That is not the passphrase/);
      await type(page, "#unlock", "correct horse battery");
      await press(page, "Open");
      await page.waitForSelector("#card-link", { timeout: soon });
      assert.equal(await value(page, "#card-link"), link);
      await open(page, "Passphrase");
      await press(page, "Take the passphrase away");
      await says(page, /There is no passphrase any more/);
      await page.reload({ waitUntil: "load" });
      await page.waitForSelector("#card-link", { timeout: soon });
      await erase(page);
      await page.close();
    });

    test("a backup brings everything back, words the identity; both ask before they replace", async () => {
      const page = await visit(kind);
      const link = await begin(page, "Me");
      await open(page, "24 words");
      await press(page, "Show the words");
      await page.waitForSelector(".seed-words li");
      const words = await page.$$eval(".seed-words li", (all) => all.map((li) => li.textContent ?? ""));
      assert.equal(words.length, 24);
      await type(page, "#backup-first", "correct horse battery");
      await type(page, "#backup-second", "correct horse battery");
      await press(page, "Save backup");
      await says(page, /The browser is saving it/);
      const file = path.join(browserOf(kind).downloads, "beeline-backup.bl");
      // Firefox makes an empty file of that name first.
      for (let n = 0; n < 100 && !(existsSync(file) && statSync(file).size > 0); n++) await new Promise((r) => setTimeout(r, 100));
      assert.equal(readFileSync(file).subarray(0, 4).toString(), "BLV1");
      await erase(page);
      const other = await begin(page, "Somebody else");
      assert.notEqual(other, link);
      await open(page, "Restore");
      await ((await page.$("#backup-file")) as ElementHandle<HTMLInputElement>).uploadFile(file);
      await type(page, "#restore-passphrase", "correct horse batterx");
      await press(page, "Restore the file");
      await says(page, /This replaces the identity/);
      await press(page, "Keep it");
      assert.equal(await value(page, "#card-link"), other, "it was replaced without a yes");
      await press(page, "Restore the file");
      await press(page, "Replace what is here");
      await says(page, /The passphrase is another one/);
      assert.equal(await value(page, "#card-link"), other);
      await type(page, "#restore-passphrase", "correct horse battery");
      await press(page, "Restore the file");
      await press(page, "Replace what is here");
      await page.waitForFunction((want: string) => document.querySelector<HTMLInputElement>("#card-link")?.value === want, { timeout: soon }, link);
      rmSync(file);

      await erase(page);
      await type(page, "#restore-words", words.with(4, "qqqq").join(" "));
      await press(page, "Restore from words");
      await says(page, /Word 5 is not in the list/);
      await type(page, "#restore-words", words.join(" ").toUpperCase());
      await press(page, "Restore from words");
      await page.waitForSelector("#card-link", { timeout: soon });
      // The same identity with no name: the public keys in the card are the same.
      const keys = (of: string) => Buffer.from(of.split("bl1.")[1] ?? "", "base64url").subarray(2, 66).toString("hex");
      assert.equal(keys(await value(page, "#card-link")), keys(link));
      await erase(page);
      await page.close();
    });

    test("two tabs write one after the other and show the same", async () => {
      const one = await visit(kind);
      await begin(one, "Me");
      const two = await visit(kind);
      await two.waitForSelector("#card-link");
      const other = kind === "chromium" ? "firefox" : "chromium";
      const cards = [await cardOf(other, "Ada"), await cardOf(other, "Grace")]; // one browser is one person at a time
      for (const [n, page] of [one, two].entries()) {
        await type(page, "#their-card", cards[n] ?? "");
        await press(page, "Look at the card");
        await press(page, "Add to contacts");
        await page.waitForFunction((many: number) => document.querySelectorAll(".person").length === many, { timeout: soon }, n + 1);
      }
      await one.waitForFunction(() => document.querySelectorAll(".person").length === 2, { timeout: soon, polling: 50 }); // nothing is drawn in a tab behind another
      assert.deepEqual(await states(one), await states(two));
      await two.close();
      await erase(one);
      await one.close();
    });

    test("attack 56: what is kept was put back to an earlier state: that is said, until something changes", async () => {
      const page = await visit(kind);
      await begin(page, "Me");
      assert.equal(await page.evaluate(kept), true);
      await type(page, "#own-name", "Me again");
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => localStorage.getItem("beeline-people") === "2", { timeout: soon });
      await page.evaluate(putBack);
      await page.reload({ waitUntil: "load" });
      await says(page, /This is an earlier state/);
      await type(page, "#own-name", "Me once more");
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => !/earlier state/.test(document.querySelector("main")?.textContent ?? ""), { timeout: soon });
      await page.reload({ waitUntil: "load" });
      await page.waitForSelector("#card-link");
      assert.doesNotMatch(await page.$eval("main", (e) => e.textContent), /earlier state/);
      await erase(page);
      await page.close();
    });

    test("a QR code out of a picture", async () => {
      const page = await visit(kind);
      const card = await cardOf(kind === "chromium" ? "firefox" : "chromium", "Ada");
      const folder = mkdtempSync(path.join(tmpdir(), "beeline-qr-"));
      try {
        const gif = path.join(folder, "card.gif");
        writeFileSync(gif, encodeQR(card, "gif", { scale: 4 }));
        await ((await page.waitForSelector("#card-picture")) as ElementHandle<HTMLInputElement>).uploadFile(gif);
        await says(page, /The card says: Ada/);
        writeFileSync(gif, Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"));
        await ((await page.$("#card-picture")) as ElementHandle<HTMLInputElement>).uploadFile(gif);
        await says(page, /There is no QR code in this picture/);
      } finally {
        rmSync(folder, { recursive: true });
        await page.close();
      }
    });

    for (const language of ["en", "de"]) {
      test(`${language}: axe finds nothing, and at 320 pixels nothing is scrolled sideways`, async () => {
        const page = await visit(kind);
        await begin(page, "Me");
        await type(page, "#their-card", await cardOf(kind === "chromium" ? "firefox" : "chromium", "Ada"));
        await press(page, "Look at the card");
        await press(page, "Add to contacts");
        await page.waitForSelector(".person");
        await page.evaluate((chosen: string) => localStorage.setItem("beeline-language", chosen), language);
        for (const scheme of ["light", "dark"]) {
          if (kind === "chromium") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          for (const width of [320, 1280]) {
            await page.setViewport({ width, height: 900 });
            await page.reload({ waitUntil: "load" });
            await page.waitForSelector(".person");
            await page.$$eval("details", (all) => { for (const d of all) d.setAttribute("open", ""); });
            await page.$eval(".person button", (b) => (b as HTMLButtonElement).click());
            await page.waitForSelector(".safety-number");
            assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${scheme} ${width}: it has to be scrolled sideways`);
            assert.deepEqual(await findings(page), [], `${scheme} ${width}`);
          }
        }
        await page.evaluate(() => localStorage.removeItem("beeline-language"));
        await page.reload({ waitUntil: "load" });
        await page.waitForSelector("#card-link");
        await erase(page);
        await page.close();
      });
    }
  });
}

/** A card of somebody else, made in a browser that then forgets them. */
async function cardOf(kind: Kind, name: string): Promise<string> {
  const page = await visit(kind);
  const link = await begin(page, name);
  await erase(page);
  await page.close();
  return link;
}

test("the camera is asked for by the click, reads the code, and is let go", async () => {
  const card = await cardOf("firefox", "Ada");
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-camera-"));
  const film = path.join(folder, "card.y4m");
  writeFileSync(film, filmOf(card));
  const browser = await launch("chromium", { chromiumArgs: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`] });
  try {
    const { page } = await browser.page();
    await page.evaluateOnNewDocument(`globalThis.asked = 0; globalThis.tracks = []; const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); navigator.mediaDevices.getUserMedia = async (what) => { globalThis.asked++; const stream = await get(what); globalThis.tracks.push(...stream.getTracks()); return stream; };`);
    await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
    await page.waitForSelector("#their-card");
    assert.equal(await page.evaluate("asked"), 0);
    await press(page, "Scan a QR code");
    await says(page, /The card says: Ada/);
    assert.deepEqual(await page.evaluate("[asked, tracks.map((t) => t.readyState).join()]"), [1, "ended"]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});

test("without a camera it says what to do instead", async () => {
  const page = await visit("firefox");
  await press(page, "Scan a QR code");
  await says(page, /No camera was found\. Take a picture|does not allow the camera/);
  await press(page, "Close");
  await page.close();
});

/** A film of one frame that shows a QR code, as Chromium takes it for a camera. */
function filmOf(text: string): Buffer {
  const [width, height, scale] = [1280, 960, 10];
  const rows = encodeQR(text, "raw", { ecc: "low", border: 4 });
  const luma = Buffer.alloc(width * height, 200);
  const [left, top] = [(width - rows.length * scale) >> 1, (height - rows.length * scale) >> 1];
  for (const [y, row] of rows.entries()) {
    for (const [x, dark] of row.entries()) {
      for (let dy = 0; dy < scale; dy++) {
        const at = (top + y * scale + dy) * width + left + x * scale;
        luma.fill(dark ? 20 : 235, at, at + scale);
      }
    }
  }
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array<Buffer>(10).fill(frame)]);
}
