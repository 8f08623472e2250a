// A whole transfer without a mouse: Tab, Enter and Space lead from the first
// page to Complete on both sides, and no step throws people back to the top of
// the document because what they pressed has gone.

import assert from "node:assert/strict";
import path from "node:path";
import { afterEach, test } from "node:test";
import type { Page } from "puppeteer-core";
import { drop, shareLink, waitStage, waitWords } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { bytes, digests, writeTree } from "./harness/files.ts";
import { open, saved, share } from "./harness/transfer.ts";

/** More stops than either page has. */
const stopsMax = 30;

/** Long enough to be paused from both sides at 30 MB/s. */
const film = { "film.mov": bytes(96 << 20, 4) };

const { browsers, server, source } = scene(film);

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** What has the focus: the text or name of an element, or "body", where the next Tab begins from the top. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    if (at === null || at === document.body || at.matches(":disabled")) return "body";
    return at.textContent?.trim() || at.getAttribute("aria-label") || at.id || at.localName;
  });

/** Notes each text of the status region. */
const listen = `globalThis.said = [];
  new MutationObserver(() => globalThis.said.push(document.querySelector("[role=status]")?.textContent ?? ""))
    .observe(document.body, { subtree: true, childList: true, characterData: true }); undefined`;

/**
 * Presses Tab until this has the focus, or Shift and Tab where it stands above: behind the last stop the way leads out
 * of the page in Firefox, and the driver's Enter then presses nothing, though the page believes to have the focus.
 */
async function tabTo(page: Page, name: string): Promise<void> {
  await page.waitForFunction((text: string) => [...document.querySelectorAll("button, a")].some((e) => e.textContent === text && !e.matches(":disabled")), { timeout: 30_000, polling: 50 }, name);
  const above = await page.evaluate((text: string) => {
    const to = [...document.querySelectorAll("button, a")].find((e) => e.textContent === text && !e.matches(":disabled"));
    const at = document.activeElement;
    return to !== undefined && at !== null && at !== document.body && (at.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  }, name);
  const passed: string[] = [];
  while (passed.length < stopsMax) {
    if (above) await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    if (above) await page.keyboard.up("Shift");
    const now = await focused(page);
    if (now === name) return;
    passed.push(now);
  }
  throw new Error(`no "${name}" on the way of the Tab key: ${passed.join(" | ")}`);
}

/** Fails if the focus fell to the body, now or within the time a page takes to draw. */
async function keeps(page: Page, after: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.notEqual(await focused(page), "body", `the focus was lost ${after}`);
}

/** The button on which the focus is. */
async function pressWith(page: Page, key: "Enter" | " ", name: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press(key);
  await keeps(page, `after ${name}`);
}

for (const kind of ["chromium", "firefox"] as const) {
  test(`${kind}: after Remove the keyboard is still at what is shared`, async () => {
    writeTree(source.path, { "one.txt": bytes(10, 1), "two.txt": bytes(10, 2) });
    const { page } = await share(browsers.of(kind), server.url, [path.join(source.path, "one.txt"), path.join(source.path, "two.txt")]);
    opened.push({ close: () => page.close({ runBeforeUnload: false }) });
    await pressWith(page, "Enter", "Remove");
    await page.waitForFunction(() => document.querySelectorAll(".roots li").length === 1, { timeout: 10_000, polling: 50 });
    await keeps(page, "when the row had gone");
    assert.equal(await focused(page), "What is shared");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Remove");
  });
}

for (const [from, to] of [["chromium", "firefox"], ["firefox", "chromium"]] as const) {
  test(`${from} to ${to} with the keyboard alone`, async () => {
    const { page: sender, watch } = await browsers.of(from).page();
    opened.push(sender);
    await sender.goto(`${server.url}/`, { waitUntil: "load" });
    await waitStage(sender, "Ready");
    await tabTo(sender, "Choose files");
    const asked = sender.waitForFileChooser({ timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 200)); // until the driver has told the browser to ask it
    await sender.keyboard.press("Enter");
    await (await asked).accept([path.join(source.path, "film.mov")]);
    const link = await shareLink(sender);
    await keeps(sender, "after the files were chosen");
    await pressWith(sender, "Enter", "Copy link");

    const recipient = await open(browsers.of(to), link);
    opened.push({ close: async () => recipient.remove() }, recipient.page);
    const { page } = recipient;
    await page.evaluate(listen);
    await pressWith(page, " ", "Connect");
    await waitWords(page, /^Ready\. Nothing has been received/);
    await keeps(page, "when the list came");
    // No driver can answer the folder picker; where there is one, a drop stands in for it.
    if (to === "chromium") {
      await drop(page, [recipient.folder]);
      await page.waitForFunction((name: string) => document.body.textContent.includes(name), { polling: 50 }, path.basename(recipient.folder));
    }
    await pressWith(page, "Enter", "Receive");
    await waitStage(page, "Transferring");
    await keeps(page, "when it began");

    await pressWith(page, "Enter", "Pause");
    await waitStage(page, "Paused");
    assert.equal(await focused(page), "Resume", "the same key again must not do something else");
    await page.keyboard.press(" ");
    await waitStage(page, "Transferring");
    await pressWith(sender, " ", "Pause");
    await waitStage(sender, "Paused");
    assert.equal(await focused(sender), "Resume");
    await keeps(page, "when the other side paused");
    await sender.keyboard.press("Enter");

    await waitStage(page, "Complete", 60_000);
    await waitStage(sender, "Complete");
    await keeps(page, "at the end");
    await keeps(sender, "at the end");
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    await pressWith(sender, "Enter", "Stop sharing");
    await waitStage(sender, "Cancelled");
    await tabTo(sender, "Share something else");
    // The server is away for a tenth of a second at every start: a screen reader must not speak of it.
    const said = (await page.evaluate("globalThis.said")) as string[];
    assert.ok(said.length > 3, "nothing was noted");
    assert.deepEqual(said.filter((text) => text.includes("Looking for the server")), []);
    assert.deepEqual([watch.problems, recipient.watch.problems], [[], []]);
  });
}
