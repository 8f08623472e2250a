// A walk through every state that the pages can be brought into with the real
// engine: for screenshots (`make shots`) and for what axe says (axe.test.ts).

import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { choose, press, waitStage, waitWords } from "./actions.ts";
import { type Browser, launch } from "./browser.ts";
import { laterBuild } from "./builds.ts";
import { cut, keepConnections } from "./connections.ts";
import { tempFolder, writeTree } from "./files.ts";
import { freePort, startServer } from "./server.ts";
import { smallDisk } from "./smalldisk.ts";
import { tourOfDigits } from "./letin.ts";
import { startTap } from "./tap.ts";
import { comeback } from "./tour-comeback.ts";
import { checks, paths } from "./tour-paths.ts";
import { contacts } from "./tour-contacts.ts";
import { connect, open, partWritten, receive, type Recipient, share } from "./transfer.ts";

/** Called in each state, with the page in front. Bytes may move meanwhile: be quick. */
export type Visit = (name: string, page: Page) => Promise<void>;

/** Long enough to be looked at on the way, in bytes. On two cores Firefox moves 12 MB/s, Chromium 30, where a look also takes longer (axe.test.ts, 2026-11-26). */
const filmSize = { chromium: 400 << 20, firefox: 200 << 20 };
const soon = 30_000;

/** Names that break layouts: long, without a place to break, from right to left, without Latin letters, hiding something. */
const names = {
  "A001_C003_1130XY_with_a_very_long_name_that_an_assistant_gave_it_and_that_has_no_place_to_break_FINAL_FINAL_v12.mov": Buffer.alloc(5_000_000),
  "פרויקט חדש – צילומי ניסיון.mov": Buffer.alloc(1_234_567),
  "第三天 現場錄音/混音.wav": Buffer.alloc(22_000),
  "第三天 現場錄音/note\u202ecod.txt": Buffer.from("turned around"),
  "CON.txt": Buffer.from("a name that Windows keeps for itself"),
};

/** Frames of a sequence, with two gaps. */
function frames(): Record<string, Buffer> {
  const all: Record<string, Buffer> = {};
  for (let n = 1; n <= 60; n++) {
    if (n !== 17 && (n < 40 || n > 42)) all[`VFX_0400/A001_C003.${String(n).padStart(4, "0")}.exr`] = Buffer.alloc(1000, n);
  }
  return all;
}

/** What the walk consists of. */
export const parts = { alone, aboutItself, checks, people, comeback, paths, transfer };

/** Every state that this browser can be brought into, or those of some parts. */
export async function tour(browser: Browser, visit: Visit, which = Object.keys(parts) as (keyof typeof parts)[]): Promise<void> {
  const left = [...which];
  const see: Visit = async (name, page) => {
    await page.bringToFront();
    await visit(name, page);
  };
  /** Walks the next part. One that would only wait has it walked meanwhile. */
  const next = async (): Promise<void> => {
    const part = left.shift();
    if (part !== undefined) await parts[part](browser, see, next);
  };
  while (left.length > 0) await next();
}

/** Cards, contacts, and how they are kept. */
async function people(browser: Browser, see: Visit): Promise<void> {
  const server = await startServer();
  try {
    await contacts(browser, server.url, see);
  } finally {
    await server.stop();
  }
}

/** A transfer from its beginning to each of its ends. */
async function transfer(browser: Browser, see: Visit): Promise<void> {
  const source = tempFolder();
  const folder = path.join(source.path, "Day 3");
  writeTree(folder, { ...names, ...frames() });
  const film = path.join(folder, "A001_C001.mov");
  const file = openSync(film, "w");
  ftruncateSync(file, filmSize[browser.kind]); // zeros are sealed like anything else
  closeSync(file);
  const server = await startServer();
  const tap = await startTap(server.url);
  const other = await launch(browser.kind); // a link is open in one tab of a browser at a time
  try {
    const sender = await share(browser, tap.url, [folder], keepConnections);
    await waitStage(sender.page, "Waiting");
    await see("send-waiting", sender.page);

    const first = await open(browser, sender.link);
    await waitStage(first.page, "Ready");
    await see("receive-ready", first.page);
    await connect(first);
    await see("receive-listed", first.page);
    await see("send-listed", sender.page);

    const second = await open(other, sender.link);
    await press(second.page, "Connect");
    await waitStage(second.page, "Waiting");
    await waitWords(second.page, /let you in/, soon);
    await see("receive-asking", second.page);
    await see("send-asked", sender.page);
    await press(sender.page, "Refuse");
    await waitStage(second.page, "Failed", soon);
    await see("receive-refused", second.page);
    await second.page.close();

    await press(first.page, "Receive");
    await partWritten(first.page, 0, 60);
    await see("receive-transferring", first.page);
    await see("send-transferring", sender.page);
    await press(first.page, "Pause");
    await waitStage(first.page, "Paused", soon);
    await see("receive-paused", first.page);
    await see("send-paused", sender.page);
    await press(first.page, "Resume");
    await waitStage(first.page, "Transferring", soon);
    const letPass = tap.hold(soon); // else it is back before anybody has seen it
    await cut(sender.page);
    await waitStage(first.page, "Reconnecting", soon);
    await see("receive-reconnecting", first.page);
    await see("send-reconnecting", sender.page);
    letPass();
    await waitStage(first.page, "Complete", 120_000);
    await see("receive-complete", first.page);
    await waitStage(sender.page, "Complete", soon);
    await see("send-complete", sender.page);
    if (browser.kind === "firefox") {
      await press(first.page, "Delete this browser's copy");
      await first.page.waitForFunction(() => document.body.textContent.includes("space is free"), { timeout: soon });
      await see("receive-freed", first.page);
    }

    const third = await open(other, sender.link);
    const receiving = receive(third);
    await press(sender.page, "Let in"); // a further one has to be
    await receiving;
    await partWritten(third.page, 0, 60);
    await press(sender.page, "Stop sharing");
    await waitStage(third.page, "Failed", soon);
    await see("receive-stopped", third.page);
    await waitStage(sender.page, "Cancelled", soon);
    await see("send-stopped", sender.page);

    await first.page.close();
    const lost = await open(browser, sender.link);
    await press(lost.page, "Connect");
    await waitStage(lost.page, "Waiting", soon);
    await see("receive-waiting", lost.page); // it takes half a minute to say more, and looks meanwhile

    await spoken(browser, other, tap.url, path.join(folder, "CON.txt"), see);
    await incomplete(browser, tap.url, see);
    await tourOfDigits(browser, other, tap.url, path.join(folder, "CON.txt"), see);
    await changed(browser, tap.url, path.join(folder, "CON.txt"), see);
    await waitWords(lost.page, /Nobody is there/, 60_000);
    await see("receive-nobody", lost.page);
    await press(lost.page, "Cancel");
    await waitStage(lost.page, "Cancelled", soon);
    await see("receive-cancelled", lost.page);
    if (browser.kind === "chromium") await full(browser, tap.url, folder, see);

    const offline = await share(browser, tap.url, [path.join(folder, "CON.txt")]);
    await server.stop();
    await waitWords(offline.page, /Looking for the server/, soon);
    await see("send-offline", offline.page);
    for (const r of [first, second, third, lost]) r.remove();
  } finally {
    await other.close();
    await tap.close();
    await server.stop();
    source.remove();
  }
}

/** Pages that need nobody else. */
async function alone(browser: Browser, see: Visit): Promise<void> {
  const server = await startServer();
  try {
    await pagesAt(browser, server.url, see);
  } finally {
    await server.stop();
  }
}

async function pagesAt(browser: Browser, url: string, see: Visit): Promise<void> {
  const { page } = await browser.page();
  await page.goto(`${url}/`);
  await waitStage(page, "Ready");
  await see("send-empty", page);
  await page.goto(`${url}/r`);
  await waitStage(page, "Failed");
  await see("receive-no-link", page);
  await page.close();
  const damaged = (await browser.page()).page;
  await damaged.goto(`${url}/r#${"A".repeat(40)}`);
  await waitStage(damaged, "Failed");
  await see("receive-damaged", damaged);
  await damaged.close();
  const old = (await browser.page()).page;
  await old.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "RTCPeerConnection"));
  await old.goto(`${url}/`);
  await waitStage(old, "Failed");
  await see("unfit", old);
  await old.close();
}

/** What a page says about itself: kept while its server is away, and older than its server. */
async function aboutItself(browser: Browser, see: Visit): Promise<void> {
  const port = await freePort();
  const later = laterBuild();
  let server = await startServer({ port });
  try {
    const { page } = await browser.page();
    await page.goto(`${server.url}/trust`);
    await see("trust", page);
    await page.goto(`${server.url}/`);
    await page.waitForFunction("navigator.serviceWorker.controller?.state === 'activated'");
    await server.stop();
    await page.reload();
    await page.waitForSelector("[data-notice=serverless]");
    await see("send-serverless", page);
    server = await startServer({ port, args: ["--page", later.path] });
    await page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)");
    await page.waitForSelector("[data-notice=newer]");
    await see("send-newer", page);
    await page.close();
  } finally {
    await server.stop();
    later.remove();
  }
}

/** A code that is said: shown, typed, wrong until it is used up. */
async function spoken(browser: Browser, other: Browser, url: string, file: string, see: Visit): Promise<void> {
  const sender = await share(browser, url, [file]);
  await press(sender.page, "Say a code instead");
  const shown = await sender.page.waitForSelector(".spoken-code");
  const [plate = ""] = String(await shown?.evaluate((e) => e.textContent)).split(" ");
  await see("send-code", sender.page);
  const { page } = await open(other, `${url}/r`);
  for (const n of [1, 2, 3]) {
    await page.bringToFront();
    await page.locator("#code").click({ count: 3 }); // again if it is drawn anew meanwhile
    await page.keyboard.type(`${plate} abandon prbit zoo zon`);
    for (let back = 0; back < 4; back++) await page.keyboard.press("Backspace");
    if (n === 1) {
      await page.keyboard.press("Backspace");
      await page.waitForSelector("#code-words:not([hidden])");
      await see("receive-code", page);
      await page.keyboard.type("o");
    }
    await press(page, "Connect");
    await waitWords(page, n < 3 ? /^Waiting/ : /^Failed. The code/, soon); // it begins as failed: there is no link
    if (n === 3) break;
    await waitWords(page, /not the sender's/, soon);
    if (n === 1) await see("receive-code-wrong", page);
  }
  await see("receive-code-used-up", page);
  await sender.page.waitForFunction(() => document.querySelector(".spoken")?.textContent?.includes("three times"), { timeout: soon });
  await see("send-code-used-up", sender.page);
  await page.close();
  await sender.page.close({ runBeforeUnload: false });
}

/** A file is taken away before it is sent: the others arrive. */
async function incomplete(browser: Browser, url: string, see: Visit): Promise<void> {
  const source = tempFolder();
  writeTree(source.path, { "Audio/mix.wav": Buffer.alloc(50_000, 1), "Audio/gone.wav": Buffer.alloc(50_000, 2) });
  const sender = await share(browser, url, [path.join(source.path, "Audio")]);
  const recipient = await open(browser, sender.link);
  await connect(recipient);
  rmSync(path.join(source.path, "Audio/gone.wav"));
  await press(recipient.page, "Receive");
  await waitStage(recipient.page, "Failed", soon);
  await see("receive-incomplete", recipient.page);
  await see("send-incomplete", sender.page);
  await recipient.page.close();
  await sender.page.close({ runBeforeUnload: false });
  recipient.remove();
  source.remove();
}

/** A share that is added to and taken from until nothing is left. */
async function changed(browser: Browser, url: string, file: string, see: Visit): Promise<void> {
  const { page } = await share(browser, url, [file]);
  await choose(page, [file], "files");
  await page.waitForFunction(() => document.querySelectorAll(".roots li").length === 2, { timeout: soon });
  await see("send-added", page);
  await press(page, "Remove");
  await press(page, "Remove");
  await page.waitForFunction(() => document.querySelectorAll(".roots li").length === 0, { timeout: soon });
  await see("send-emptied", page);
  await page.close();
}

/** A destination that fills up. Needs the right to mount. */
async function full(browser: Browser, url: string, folder: string, see: Visit): Promise<void> {
  const small = smallDisk(64);
  if (small === null) return;
  const sender = await share(browser, url, [folder]);
  const recipient: Recipient = { ...(await open(browser, sender.link)), folder: small.path };
  try {
    await receive(recipient);
    await waitStage(recipient.page, "Paused", 60_000);
    await see("receive-full", recipient.page);
    await see("send-full", sender.page);
  } finally {
    await recipient.page.close({ runBeforeUnload: false });
    await sender.page.close({ runBeforeUnload: false });
    small.remove();
  }
}
