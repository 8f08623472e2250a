// The states of /contacts, as tour.ts has those of a transfer.

import type { ElementHandle, Page } from "puppeteer-core";
import { press, waitStage } from "./actions.ts";
import type { Browser } from "./browser.ts";

const soon = 30_000;

async function type(page: Page, selector: string, text: string): Promise<void> {
  await ((await page.waitForSelector(selector)) as ElementHandle<HTMLInputElement>).type(text);
}

async function add(page: Page, card: string): Promise<void> {
  const [box] = [await page.waitForSelector("#their-card")];
  await box?.evaluate((e, text) => {
    (e as HTMLTextAreaElement).value = text;
    e.dispatchEvent(new Event("input", { bubbles: true }));
  }, card);
  await press(page, "Look at the card");
  await page.waitForSelector("#came");
}

const openParts = (page: Page, open: boolean): Promise<void> =>
  page.$$eval("details", (all, on) => {
    for (const part of all) part.toggleAttribute("open", on);
  }, open);

/** Makes a card, returns its link, and begins anew. */
async function cardOf(page: Page, name: string): Promise<string> {
  await type(page, "#own-name", name);
  await press(page, "Make my card");
  await page.waitForSelector("#card-link");
  const link = await page.$eval("#card-link", (e) => (e as HTMLInputElement).value);
  await openParts(page, true);
  await press(page, "Erase everything");
  await press(page, "Yes, erase");
  await page.waitForFunction(() => document.querySelector("#card-link") === null, { timeout: soon });
  return link;
}

export async function contacts(browser: Browser, url: string, see: (name: string, page: Page) => Promise<void>): Promise<void> {
  const { page } = await browser.page();
  await page.goto(`${url}/contacts`);
  await waitStage(page, "Ready", soon);
  await see("contacts-none", page);
  const long = "Anna Katharina von Hohenstein-Weißenberg"; // breaks layouts
  const cards = [await cardOf(page, long), await cardOf(page, "Grace"), await cardOf(page, "grace"), await cardOf(page, "עדה")];
  await page.goto("about:blank"); // else a fragment alone would be no navigation
  await page.goto(`${url}/c${cards[0]?.slice(cards[0].indexOf("#"))}`);
  await page.waitForSelector("#came");
  await see("contacts-came", page);
  await press(page, "Add to contacts");
  await page.waitForSelector(".person");
  await add(page, cards[1] ?? "");
  await press(page, "Add to contacts");
  await page.waitForFunction(() => document.querySelectorAll(".person").length === 2, { timeout: soon });
  await add(page, cards[3] ?? "");
  await press(page, "Add to contacts");
  await page.waitForFunction(() => document.querySelectorAll(".person").length === 3, { timeout: soon });
  await page.$eval(".person:first-child button", (b) => (b as HTMLButtonElement).click());
  await page.waitForSelector(".safety-number");
  await see("contacts-compare", page);
  await press(page, "They are the same");
  await page.waitForSelector("[data-state=verified]");
  await add(page, cards[2] ?? "");
  await see("contacts-stop", page);
  await press(page, "Close");
  await page.waitForSelector("[data-state=changed]");
  await see("contacts", page);
  await press(page, "Scan a QR code");
  await page.waitForSelector(".camera [role=alert], .camera video");
  await see("contacts-camera", page);
  await page.$eval(".camera button", (b) => (b as HTMLButtonElement).click());
  await openParts(page, true);
  await press(page, "Show the words");
  await page.waitForSelector(".seed-words li");
  await see("contacts-keep", page);
  await press(page, "Make a new key");
  await press(page, "Yes, make a new key");
  await page.waitForSelector("#successor-link");
  await see("contacts-successor", page);
  for (const box of ["#passphrase-first", "#passphrase-second"]) await type(page, box, "correct horse battery");
  await press(page, "Set passphrase");
  await page.waitForFunction(() => /A passphrase is set/.test(document.body.textContent), { timeout: soon });
  await page.reload();
  await waitStage(page, "Waiting", soon);
  await see("contacts-locked", page);
  await page.close();
}
