// A whole transfer by accessible names and roles alone, as somebody with a
// screen reader finds their way: no selector, no class, no text that is not a
// name. The names are those of DESIGN 6, so they hold for others' tests, too.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { ElementHandle, Page } from "puppeteer-core";
import { drop } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { bytes, digests } from "./harness/files.ts";
import { open, saved } from "./harness/transfer.ts";

const patience = 30_000;

const film = { "film.mov": bytes(96 << 20, 6) };

const { browsers, server, source } = scene(film);

/** What has this role and name, once it is there. */
async function named(page: Page, role: string, name: string): Promise<ElementHandle<Element>> {
  const found = await page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`, { timeout: patience }).catch((error: unknown) => {
    throw new Error(`no ${role} named "${name}"`, { cause: error });
  });
  assert.ok(found);
  return found;
}

/** Presses a button by its name, once it can be pressed. */
async function push(page: Page, name: string): Promise<void> {
  const deadline = Date.now() + patience;
  let found = await named(page, "button", name);
  while (await found.evaluate((e) => e.matches(":disabled"))) {
    if (Date.now() > deadline) throw new Error(`"${name}" stays disabled`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await named(page, "button", name);
  }
  await page.bringToFront();
  await found.click();
}

/** What the status region says, once it begins like this. */
async function says(page: Page, beginning: string): Promise<string> {
  const deadline = Date.now() + patience;
  for (;;) {
    const text = await (await page.waitForSelector('::-p-aria([role="status"])', { timeout: patience }))?.evaluate((e) => e.textContent ?? "");
    if (text?.startsWith(beginning)) return text;
    if (Date.now() > deadline) throw new Error(`waited for ${beginning}, it says: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const [from, to] of [["chromium", "firefox"], ["firefox", "chromium"]] as const) {
  test(`${from} to ${to} by names alone`, async () => {
    const { page: sender } = await browsers.of(from).page();
    await sender.goto(`${server.url}/`, { waitUntil: "load" });
    await says(sender, "Ready");
    await named(sender, "button", "Choose files");
    await named(sender, "button", "Choose folder");
    await drop(sender, [path.join(source.path, "film.mov")]); // no driver can answer a file dialog
    await says(sender, "Waiting");
    const link = await (await named(sender, "textbox", "Share link")).evaluate((e) => (e as HTMLInputElement).value);
    await named(sender, "button", "Copy link");
    await named(sender, "button", "Stop sharing");
    await named(sender, "textbox", "Title");
    await named(sender, "image", "QR code of the share link"); // what both call the role img by now

    const recipient = await open(browsers.of(to), link);
    const { page } = recipient;
    await says(page, "Ready");
    await push(page, "Connect");
    await named(page, "button", "Receive");
    if (to === "chromium") await drop(page, [recipient.folder]);
    await named(page, "button", "Cancel");
    await push(page, "Receive");
    await says(page, "Transferring");
    await push(page, "Pause");
    await says(page, "Paused");
    await says(sender, "Paused");
    const list = await named(sender, "list", "Recipients");
    assert.equal(await list.evaluate((e) => e.children.length), 1);
    const bar = await named(page, "progressbar", "Written");
    const before = Number(await bar.evaluate((e) => e.getAttribute("aria-valuenow")));
    assert.ok(before >= 0 && before < 100, `${before} percent while paused`);
    await push(page, "Resume");
    await says(page, "Complete");
    assert.equal(await (await named(page, "progressbar", "Written")).evaluate((e) => e.getAttribute("aria-valuenow")), "100");
    assert.match(await says(sender, "Complete"), /verified/);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    await page.close();
    await sender.close({ runBeforeUnload: false });
    recipient.remove();
  });
}
