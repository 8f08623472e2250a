// What a person does with the pages, by the stable names of DESIGN 6.

import path from "node:path";
import type { ElementHandle, Page } from "puppeteer-core";

export { drop } from "./drop.ts";

/** How long anything may take that does not depend on the size of a transfer, ms. */
const patience = 30_000;

export type Stage = "Ready" | "Waiting" | "Connecting" | "Transferring" | "Paused" | "Reconnecting" | "Verifying" | "Complete" | "Failed" | "Cancelled";

/** The text of the status region. */
export async function status(page: Page): Promise<string> {
  return page.$eval("[role=status]", (e) => e.textContent ?? "");
}

/** Waits until the status begins with one of the stages; returns its text. Fails at once at an end that was not asked for. */
export async function waitStage(page: Page, stages: Stage | Stage[], timeout = patience): Promise<string> {
  const wanted = [stages].flat();
  const found = await page.waitForFunction(
    (all: string[], ends: string[]) => {
      const text = document.querySelector("[role=status]")?.textContent ?? "";
      return all.some((stage) => text.startsWith(stage)) || ends.some((stage) => text.startsWith(stage)) ? text : false;
    },
    { timeout, polling: 50 },
    wanted,
    ["Failed", "Cancelled"],
  ).catch(async (error: unknown) => {
    throw new Error(`waited ${timeout} ms for ${wanted.join(" or ")}, the page says: ${await status(page).catch(() => "nothing")}`, { cause: error });
  });
  const text = String(await found.jsonValue());
  if (!wanted.some((stage) => text.startsWith(stage))) throw new Error(`waited for ${wanted.join(" or ")}, the page says: ${text}`);
  return text;
}

/** Waits until the status says this, at whatever stage. */
export async function waitWords(page: Page, words: RegExp, timeout = patience): Promise<void> {
  await page.waitForFunction((source: string) => new RegExp(source).test(document.querySelector("[role=status]")?.textContent ?? ""), { timeout, polling: 50 }, words.source).catch(async (error: unknown) => {
    throw new Error(`waited ${timeout} ms for ${words}, the page says: ${await status(page).catch(() => "nothing")}`, { cause: error });
  });
}

/** The button with this accessible name. */
export function button(page: Page, name: string): Promise<ElementHandle | null> {
  return page.$(`::-p-aria([name="${name}"][role="button"])`);
}

/** Presses the button with this text, when it is there and enabled. */
export async function press(page: Page, name: string, timeout = patience): Promise<void> {
  const found = await page.waitForFunction(
    (text: string) => [...document.querySelectorAll("button")].find((b) => b.textContent?.trim() === text && !b.disabled) ?? false,
    { timeout, polling: 50 },
    name,
  ).catch(async (error: unknown) => {
    throw new Error(`no button "${name}" within ${timeout} ms, the page says: ${await status(page).catch(() => "nothing")}`, { cause: error });
  });
  await page.bringToFront(); // nobody presses a button of a tab they don't see, and Chromium draws no other
  await (found as unknown as ElementHandle<HTMLButtonElement>).click();
}

/** Hands files or one folder to the page's file inputs, as the browser's own dialog does. Firefox's driver takes no folders. */
export async function choose(page: Page, paths: string[], what: "files" | "folder"): Promise<void> {
  const input = (await page.waitForSelector(what === "files" ? "#pick-files" : "#pick-folder")) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(...paths.map((p) => path.resolve(p)));
}

/** The share link, once the page shows it. */
export async function shareLink(page: Page): Promise<string> {
  const found = await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#share-link")?.value || false, { timeout: patience, polling: 50 });
  return String(await found.jsonValue());
}

/** The percents of every progressbar of a page. */
export async function percents(page: Page): Promise<number[]> {
  return page.$$eval("[role=progressbar]", (bars) => bars.map((b) => Number(b.getAttribute("aria-valuenow"))));
}
