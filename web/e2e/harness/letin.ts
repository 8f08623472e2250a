// Who gets in by a link, as two people bring it about: a link that wants approval,
// and the six digits.

import type { Page } from "puppeteer-core";
import { press, shareLink, waitStage, waitWords } from "./actions.ts";
import type { Browser } from "./browser.ts";
import type { Visit } from "./tour.ts";
import { open, share } from "./transfer.ts";

const soon = 30_000;

/** Ticks "Only with six digits"; returns the link there is then. */
export async function wantDigits(page: Page): Promise<string> {
  const before = await shareLink(page);
  await page.locator('::-p-aria([name="Only with six digits"][role="checkbox"])').click();
  await page.waitForFunction((old: string) => document.querySelector<HTMLInputElement>("#share-link")?.value !== old, { timeout: soon, polling: 50 }, before);
  return shareLink(page);
}

/** What the person at the recipient's reads out. */
export async function digitsOn(page: Page): Promise<string> {
  const found = await page.waitForSelector(".digits-read", { timeout: soon });
  return ((await found?.evaluate((e) => e.textContent)) ?? "").replaceAll(" ", "");
}

/** Types digits at the sharer's, as they were read. */
export async function typeDigits(page: Page, digits: string): Promise<void> {
  await page.bringToFront();
  const box = await page.waitForSelector("#digits", { timeout: soon });
  await box?.type(`${digits.slice(0, 3)} ${digits.slice(3)}`);
  await page.keyboard.press("Enter");
}

/** Six digits that are not these. */
export function otherDigits(digits: string, by: number): string {
  return String((Number(digits) + by) % 1_000_000).padStart(6, "0");
}

/** The states of such a link, for pictures and for what axe says. */
export async function tourOfDigits(browser: Browser, other: Browser, url: string, file: string, see: Visit): Promise<void> {
  const sender = await share(browser, url, [file]);
  const link = await wantDigits(sender.page);
  await sender.page.locator(".terms summary").click();
  await sender.page.select("#share-ends", "date");
  await sender.page.locator("#share-limit").fill("3");
  await sender.page.locator("#share-note").fill("Reel 3, second take.\nPlease check the sound first.");
  await sender.page.keyboard.press("Tab");
  await see("send-policy", sender.page);

  const recipient = await open(other, link);
  await press(recipient.page, "Connect");
  const digits = await digitsOn(recipient.page);
  await see("receive-digits", recipient.page);
  await waitWords(sender.page, /six digits/, soon);
  await see("send-digits", sender.page);
  await typeDigits(sender.page, otherDigits(digits, 1));
  await sender.page.waitForFunction(() => document.querySelector("#digits-said")?.textContent !== "", { timeout: soon });
  await see("send-digits-wrong", sender.page);
  await typeDigits(sender.page, otherDigits(digits, 2));
  await sender.page.waitForFunction(() => /one more mistake/.test(document.querySelector("#digits-said")?.textContent ?? ""), { timeout: soon });
  await typeDigits(sender.page, otherDigits(digits, 3));
  await waitStage(recipient.page, "Failed", soon);
  await see("send-digits-refused", sender.page);
  await press(recipient.page, "Try again");
  await sender.page.waitForSelector("#digits");
  await typeDigits(sender.page, await digitsOn(recipient.page));
  await recipient.page.waitForSelector(".note", { timeout: soon });
  await see("receive-note", recipient.page);
  await recipient.page.close();
  recipient.remove();
  await sender.page.close({ runBeforeUnload: false });
}
