// One's own identity on a second device: by a code, and six digits that are typed on
// the first one.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "puppeteer-core";
import { press } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { scene } from "./harness/both.ts";
import type { Kind } from "./harness/browser.ts";

const { browsers, server } = scene({});
const soon = 20_000;

async function visit(kind: Kind): Promise<Page> {
  const { page } = await browsers.of(kind).page();
  await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
  await page.waitForFunction(() => /^(Ready|Waiting)/.test(document.querySelector("[role=status]")?.textContent ?? ""), { timeout: soon });
  return page;
}

async function type(page: Page, selector: string, text: string): Promise<void> {
  const box = await page.waitForSelector(selector);
  await box?.evaluate((e) => e.closest("details")?.setAttribute("open", ""));
  await page.bringToFront();
  await box?.click({ count: 3 });
  await page.keyboard.type(text);
}

async function begin(page: Page, name: string): Promise<string> {
  await type(page, "#own-name", name);
  await press(page, "Make my card");
  await page.waitForSelector("#card-link");
  return cardOf(page);
}

const cardOf = (page: Page) => page.$eval("#card-link", (e) => (e as HTMLInputElement).value);

async function says(page: Page, words: RegExp): Promise<void> {
  await page.waitForFunction((source: string) => new RegExp(source).test(document.querySelector("main")?.textContent ?? ""), { timeout: soon, polling: 50 }, words.source).catch(async (error: unknown) => {
    throw new Error(`the page does not say ${words}, but: ${await page.$eval("main", (e) => e.textContent)}`, { cause: error });
  });
}

async function unfold(page: Page, summary: string): Promise<void> {
  await page.$$eval("summary", (all, text) => all.find((s) => s.textContent === text)?.focus(), summary);
  await page.bringToFront();
  await page.keyboard.press("Enter");
}

async function codeOf(page: Page, before = ""): Promise<string> {
  const found = await page.waitForFunction(
    (old: string) => {
      const text = document.querySelector(".spoken-code")?.textContent?.trim() ?? "";
      return text !== "" && text !== old && text;
    },
    { timeout: soon, polling: 50 },
    before,
  ).catch(async (error: unknown) => {
    throw new Error(`there is no code: ${await page.$eval("main", (e) => e.textContent)}`, { cause: error });
  });
  return String(await found.jsonValue());
}

async function digitsOf(page: Page): Promise<string> {
  await page.waitForSelector(".digits-read", { timeout: soon });
  return (await page.$eval(".digits-read", (e) => e.textContent ?? "")).replaceAll(" ", "");
}

/** Types digits where they are asked for: the field has the focus. */
async function enter(page: Page, digits: string): Promise<void> {
  await page.waitForFunction(() => document.activeElement?.id === "device-digits", { timeout: soon });
  await page.bringToFront();
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
}

test("an identity and its contacts move to another browser", async () => {
  const old = await visit("chromium");
  const card = await begin(old, "Ada");
  const fresh = await visit("firefox");
  assert.equal(await fresh.$("#card-link"), null);

  await unfold(old, "Move to another device");
  await press(old, "Make a code");
  const code = await codeOf(old);
  await unfold(fresh, "I have Beeline on another device");
  await type(fresh, "#code", `${code}\n`);
  const digits = await digitsOf(fresh);
  assert.match(digits, /^\d{6}$/);
  assert.deepEqual([await findings(old), await findings(fresh)], [[], []]);
  await enter(old, String((Number(digits) + 1) % 1_000_000).padStart(6, "0"));
  await says(old, /shows other digits\. 2 more mistakes/);
  assert.equal(await fresh.$("#card-link"), null, "wrong digits let it over");
  await enter(old, digits);
  // Nobody is there yet, and still the person is asked: only the old device knows whether it sent this.
  await says(fresh, /The card of Ada and 0 contacts arrived\..*Keep this only if it says there: “Everything went over/);
  await says(old, /Everything went over/);
  assert.equal(await fresh.$("#card-link"), null, "it was kept before the answer");
  await press(fresh, "Keep it on this device");
  await says(fresh, /Done\. This browser has your card/);
  assert.equal(await cardOf(fresh), card);
  await says(old, /Done\. The other device has your card/);
  await fresh.reload({ waitUntil: "load" });
  await fresh.waitForSelector("#card-link");
  assert.equal(await cardOf(fresh), card, "it was not kept");

  // And where somebody is, the person is asked, and may say no.
  await type(fresh, "#own-name", "Somebody");
  await fresh.keyboard.press("Tab");
  await fresh.waitForFunction((before: string) => document.querySelector<HTMLInputElement>("#card-link")?.value !== before, { timeout: soon }, card);
  const theirs = await cardOf(fresh);
  for (const yes of [false, true]) {
    await press(old, yes ? "Make a new code" : "Make a code");
    const next = await codeOf(old);
    if (!yes) await unfold(fresh, "I have Beeline on another device");
    await type(fresh, "#code", `${next}\n`);
    await enter(old, await digitsOf(fresh));
    await says(fresh, /The card of Ada and 0 contacts arrived\..*This replaces the identity/);
    assert.equal(await cardOf(fresh), theirs, "it was replaced before the answer");
    await says(old, /Everything went over/);
    await press(fresh, yes ? "Replace what is here" : "Keep what is here");
    await says(old, yes ? /Done\. The other device/ : /or it said no there/);
    await fresh.waitForFunction((want: string) => document.querySelector<HTMLInputElement>("#card-link")?.value === want, { timeout: soon }, yes ? card : theirs);
  }
  await old.close();
  await fresh.close();
});

test("a code is mistyped, and a move is called off on either device", async () => {
  const old = await visit("chromium");
  const fresh = await visit("firefox");
  await unfold(old, "Move to another device");
  await press(old, "Make a code");
  const code = await codeOf(old);
  const [plate = "", ...words] = code.split(" ");
  const wrong = words.join() === "zoo,zoo,zoo" ? "able able able" : "zoo zoo zoo";
  await unfold(fresh, "I have Beeline on another device");
  await type(fresh, "#code", `${plate} ${wrong}\n`);
  await says(fresh, /The words are not those of the other device.*2 tries are left/);
  await type(fresh, "#code", `${code}\n`);
  await digitsOf(fresh);
  await press(old, "Cancel");
  await says(fresh, /It was cancelled on the other device/);
  assert.equal(await old.$(".spoken-code"), null);
  // Cancelled on the new one the old one hears of it.
  await press(old, "Make a code");
  await type(fresh, "#code", `${await codeOf(old)}\n`);
  await digitsOf(fresh);
  await press(fresh, "Cancel");
  await says(old, /The other device left/);
});
