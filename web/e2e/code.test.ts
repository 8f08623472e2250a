// A code that is said over a phone, in the place of a link: typed with the keyboard
// and its slips put right, used once, wrong three times, stopped.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage, waitWords } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { scene } from "./harness/both.ts";
import type { Browser } from "./harness/browser.ts";
import { bytes, digests } from "./harness/files.ts";
import { type End, open, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const day = { "Day 3/take.mov": bytes(300_000, 1), "Day 3/notes.txt": bytes(2_000, 2) };
const { browsers, server, source } = scene(day);

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

async function sender(browser: Browser): Promise<End> {
  const it = await share(browser, server.url, [`${source.path}/Day 3`]);
  opened.push(it.page);
  return it;
}

async function recipient(browser: Browser, path: "/" | "/r"): Promise<Recipient> {
  const it = await open(browser, `${server.url}${path}`);
  opened.push({ close: async () => it.remove() }, it.page);
  return it;
}

/** The code on the sender's page, in its parts. */
async function codeOf(page: Page): Promise<string[]> {
  const found = await page.waitForFunction(() => document.querySelector(".spoken-code")?.textContent?.trim() || false, { timeout: 10_000, polling: 50 });
  return String(await found.jsonValue()).split(/\s+/);
}

async function say(page: Page, name = "Say a code instead"): Promise<string[]> {
  await press(page, name);
  return codeOf(page);
}

const field = (page: Page) => page.$eval("#code", (e) => (e as HTMLInputElement).value);

async function waitField(page: Page, value: string): Promise<void> {
  await page.waitForFunction((want: string) => (document.querySelector("#code") as HTMLInputElement | null)?.value === want, { timeout: 5_000, polling: 20 }, value).catch(async () => {
    assert.equal(await field(page), value);
  });
}

/** Clears the field and types into it. */
async function type(page: Page, text: string): Promise<void> {
  await page.bringToFront();
  await page.waitForSelector("#code");
  await page.click("#code", { count: 3 });
  await page.keyboard.type(text);
}

/** Three words of the list that are not these. */
function otherWords(right: string[]): string {
  const words = ["abandon", "ability", "able"];
  return right.join() === words.join() ? "zoo zone zero" : words.join(" ");
}

for (const [from, to, start] of [["chromium", "firefox", "/"], ["firefox", "chromium", "/r"]] as const) {
  test(`a code of ${from} is typed in ${to} on ${start}: the files land`, async () => {
    const { page } = await sender(browsers.of(from));
    const [plate = "", ...words] = await say(page);
    assert.match(plate, /^[1-9]\d{4,5}$/);
    assert.equal(words.length, 3);
    const it = await recipient(browsers.of(to), start);
    const [first = "", second = "", third = ""] = words;

    // The first word by its beginning, from the list, with the keyboard alone.
    await type(it.page, `${plate} ${first.slice(0, 3)}`);
    await it.page.waitForFunction(() => document.querySelectorAll("#code-words [role=option]").length > 0 || false, { timeout: 20_000, polling: 20 });
    assert.deepEqual(await findings(it.page), []);
    for (let n = 0; n < 6; n++) {
      await it.page.keyboard.press("ArrowDown");
      const active = await it.page.$eval("#code", (e) => document.getElementById(e.getAttribute("aria-activedescendant") ?? "")?.textContent);
      if (active === first) break;
    }
    await it.page.keyboard.press("Enter");
    await waitField(it.page, `${plate} ${first}-`);

    // The second in capitals and with two letters swapped, where that can't be another word.
    const slip = second.slice(0, -2) + second.slice(-1) + second.slice(-2, -1);
    await it.page.keyboard.type(`${(second.length > 5 && slip !== second ? slip : second).toUpperCase()} `);
    await it.page.waitForFunction((want: string) => (document.querySelector("#code") as HTMLInputElement).value.toLowerCase() === want, { timeout: 5_000, polling: 20 }, `${plate} ${first}-${second} `);
    await it.page.keyboard.type(third);
    await it.page.waitForFunction((want: string) => document.querySelector(".code-entry")?.textContent?.includes(want) || false, { timeout: 5_000, polling: 20 }, `This reads: ${plate} ${first} ${second} ${third}.`);

    await receive(it);
    await waitStage(it.page, "Complete");
    assert.deepEqual(await saved(it, "Day 3.zip"), digests(day));
    await page.waitForFunction(() => document.body.textContent.includes("A code works once."), { timeout: 5_000, polling: 50 });
    assert.equal(new URL(it.page.url()).pathname, "/r");
    assert.deepEqual(await findings(page), []);
  });
}

test("three wrong tries end a code, on both sides, and the right words are refused then", async () => {
  const { page } = await sender(browsers.of("chromium"));
  const [plate = "", ...words] = await say(page);
  const it = await recipient(browsers.of("firefox"), "/r");
  for (const left of ["2 tries are left", "1 try is left"]) {
    await type(it.page, `${plate} ${otherWords(words)}`);
    await press(it.page, "Connect");
    await waitWords(it.page, new RegExp(`The words are not the sender's.*${left}`));
    await page.waitForFunction((n: string) => document.querySelector(".spoken")?.textContent?.includes(n) || false, { timeout: 5_000, polling: 50 }, left.startsWith("2") ? "2 wrong tries are left" : "1 wrong try is left");
  }
  await type(it.page, `${plate} ${otherWords(words)}`);
  await press(it.page, "Connect");
  await waitWords(it.page, /^Failed.*The code was wrong three times/);
  await page.waitForFunction(() => document.querySelector(".spoken")?.textContent?.includes("The words were wrong three times") || false, { timeout: 5_000, polling: 50 });
  const late = await recipient(browsers.of("firefox"), "/r");
  await type(late.page, [plate, ...words].join(" "));
  await press(late.page, "Connect");
  await waitWords(late.page, /^Failed.*Nobody waits under this number/);

  // The next code works, typed on the same page.
  const next = await say(page, "New code");
  await type(late.page, next.join(" "));
  await press(late.page, "Connect");
  await late.page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent === "Receive"), { timeout: 30_000, polling: 50 });
});

test("a code that was stopped reaches nobody, and half a code is said to be one before any network", async () => {
  const { page } = await sender(browsers.of("chromium"));
  const code = await say(page);
  await press(page, "Stop the code");
  await page.waitForFunction(() => document.querySelector(".spoken-code") === null, { timeout: 5_000, polling: 50 });
  const it = await recipient(browsers.of("chromium"), "/r");
  await type(it.page, code.slice(0, 3).join(" "));
  await press(it.page, "Connect");
  await it.page.waitForFunction(() => document.querySelector("[role=alert]")?.textContent?.includes("not a whole code yet") || false, { timeout: 5_000, polling: 50 });
  await waitWords(it.page, /There is no link here/);
  await type(it.page, code.join("-"));
  await press(it.page, "Connect");
  await waitWords(it.page, /^Failed.*Nobody waits under this number/);
});
