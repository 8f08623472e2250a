// What native.test.ts leaves of the matrix {native → browser, browser → native} ×
// {link, code, contact, resume}, in both browsers: contacts in both directions, a
// browser that goes on with what a native peer sends, and an identity that goes from
// one to the other and back as a backup.

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { ElementHandle, Page } from "puppeteer-core";
import { press, waitStage } from "./harness/actions.ts";
import { inEach } from "./harness/both.ts";
import type { Browser } from "./harness/browser.ts";
import { bytes, digests, readTree, tempFolder, writeTree } from "./harness/files.ts";
import { command, type Line, nativeSend, type Peer } from "./harness/native.ts";
import { type Server, startServer } from "./harness/server.ts";
import { choosePlace, open, partWritten, receive, saved, share } from "./harness/transfer.ts";

const soon = 30_000;
const passphrase = "correct horse battery";
const day = { "Day 3/A001.mov": bytes(300_000, 1), "Day 3/notes/log.txt": bytes(12, 2) };
const reel = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`reel/${i}.mov`, bytes(4_000_000 + i, i)]));

let server: Server;
const source = tempFolder();
const keys = tempFolder();
before(async () => {
  writeTree(source.path, { ...day, ...reel });
  server = await startServer();
  process.env["BEELINE_BACKUP_PASSPHRASE"] = passphrase;
});
after(async () => {
  await server?.stop();
  source.remove();
  keys.remove();
});

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** A folder that goes after the test. */
function folder(): string {
  const it = tempFolder();
  opened.push({ close: async () => it.remove() });
  return it.path;
}

/** A command that keeps its identity in this folder. */
async function native(config: string, name: string, ...args: string[]): Promise<Peer> {
  const peer = await command([name, "--config", config, ...args], keys.path);
  opened.push(peer);
  return peer;
}

/** `beeline contacts …`, to its end; returns the line of this event, if there is to be one. */
async function contacts(config: string, args: string[], event?: string): Promise<Line | null> {
  const it = await native(config, "contacts", ...args);
  const line = event === undefined ? null : await it.next(event);
  assert.equal(await it.exit(), 0, args.join(" "));
  return line;
}

async function cardOf(page: Page): Promise<string> {
  const box = await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#card-link")?.value || false, { timeout: soon, polling: 50 });
  return String(await box.jsonValue());
}

/** The person of the browser and the one of the native peer add each other. */
async function acquainted(browser: Browser, config: string): Promise<void> {
  const nat = await contacts(config, ["me", "--name", "Nat", "--server", server.url], "me");
  const { page } = await browser.page();
  await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
  if ((await page.waitForSelector("#own-name, #card-link", { timeout: soon }).then((found) => found?.evaluate((e) => e.id))) === "own-name") {
    await page.type("#own-name", "Bela");
    await press(page, "Make my card");
  }
  await contacts(config, ["add", await cardOf(page)]);
  await page.close();
  const { page: add } = await browser.page();
  await add.goto(String(nat?.["link"]), { waitUntil: "load" });
  await press(add, "Add to contacts");
  await add.waitForSelector(".person", { timeout: soon });
  await add.close();
}

/** Marks the native peer's person among the contacts that a share is offered to. */
async function offer(page: Page): Promise<ElementHandle<HTMLInputElement>> {
  const found = await page.waitForFunction(() => [...document.querySelectorAll("label")].find((it) => it.textContent?.includes("Nat"))?.querySelector("input") ?? false, { timeout: soon, polling: 50 });
  const mark = found as unknown as ElementHandle<HTMLInputElement>;
  await mark.click();
  return mark;
}

inEach((browser, kind) => {
  const nat = tempFolder();
  before(() => acquainted(browser, nat.path));
  after(() => nat.remove());

  test(`${kind} receives what a native contact shares`, async () => {
    const sharing = await native(nat.path, "share", "--server", server.url, "--to", "Bela", `${source.path}/Day 3`);
    await sharing.next("shared");
    const recipient = await open(browser, `${server.url}/r`);
    opened.push({ close: async () => recipient.remove() }, recipient.page);
    await press(recipient.page, "Look for it");
    await recipient.page.waitForSelector(".inbox .offered", { timeout: soon });
    await press(recipient.page, "Open");
    await choosePlace(recipient);
    await press(recipient.page, "Receive");
    await waitStage(recipient.page, "Complete", 60_000);
    assert.deepEqual(await saved(recipient, "Day 3.zip"), digests(day));
    const seen = await sharing.next("progress", soon, (line) => line["phase"] === "complete");
    assert.equal(seen["contact"], "Bela");
  });

  test(`a native peer receives what a contact shares in ${kind}`, async () => {
    const sender = await share(browser, server.url, [`${source.path}/Day 3`]);
    opened.push(sender.page);
    await offer(sender.page);
    const [first, second] = [folder(), folder()];
    for (const [out, rows] of [[first, "Nat"], [second, "Nat|Nat, device 2"], [first, "Nat|Nat, device 2"]] as const) {
      rmSync(`${out}/Day 3`, { recursive: true, force: true });
      const recipient = await native(nat.path, "receive", "--server", server.url, "--yes", "--out", out, "--wait", "20s", "--from", "Bela");
      assert.deepEqual([(await recipient.next("result", 60_000))["ok"], await recipient.exit()], [true, 0]);
      assert.deepEqual(readTree(out), digests(day));
      const shown = () => sender.page.$$eval(".recipient h3", (all) => all.map((it) => it.textContent).sort().join("|"));
      await sender.page.waitForFunction((want) => [...document.querySelectorAll(".recipient h3")].map((it) => it.textContent).sort().join("|") === want, { timeout: soon }, rows).catch(async (cause: unknown) => {
        throw new Error(`the rows are ${await shown()}, want ${rows}`, { cause });
      });
    }
  });

  test(`${kind} stops a contact, who is offered nothing any more`, async () => {
    const long = path.join(folder(), "long.mov");
    writeFileSync(long, "");
    truncateSync(long, 1 << 30);
    const { page } = await share(browser, server.url, [long]);
    opened.push(page);
    const mark = await offer(page);
    const recipient = await native(nat.path, "receive", "--server", server.url, "--yes", "--out", folder(), "--wait", "20s", "--from", "Bela");
    await recipient.next("progress", soon, (line) => Number(line["written"]) > 0);
    await press(page, "Stop");
    const end = await recipient.next("result", soon);
    assert.deepEqual([end["ok"], end["why"], await recipient.exit()], [false, "E_REVOKED", 3]);
    await page.waitForFunction((it: HTMLInputElement) => !it.checked, { timeout: soon }, mark);
    await page.waitForFunction(() => document.querySelector(".recipient")?.getAttribute("data-phase") === "cancelled", { timeout: soon });
    const again = await native(nat.path, "receive", "--server", server.url, "--yes", "--out", folder(), "--wait", "2s", "--from", "Bela");
    assert.notEqual(await again.exit(), 0);
  });

  test(`${kind} goes on with what a native peer sends, after its page went`, async () => {
    const sender = await nativeSend(server.url, [`${source.path}/reel`]);
    opened.push(sender);
    const before = await open(browser, sender.link);
    opened.push({ close: async () => before.remove() });
    await receive(before);
    await partWritten(before.page, 10, 95);
    const { page } = await browser.page();
    opened.push(page);
    await before.page.close();
    await page.goto(sender.link, { waitUntil: "load" });
    await press(page, "Continue");
    await waitStage(page, "Complete", 60_000);
    assert.deepEqual(await saved({ ...before, page }, "reel.zip"), digests(reel));
  });

  // The wasm is the same in both: one is enough for what takes Argon2id five times.
  if (kind === "chromium") test(`an identity goes from a native peer to ${kind} and back`, async () => {
    const [first, last] = [folder(), folder()];
    const file = path.join(first, "native.bl");
    const me = await contacts(first, ["me", "--name", "Wandering", "--server", server.url], "me");
    const nats = await contacts(nat.path, ["me"], "me");
    await contacts(first, ["add", "--as", "Nat of old", String(nats?.["card"])]);
    await contacts(first, ["backup", file]);

    const { page } = await browser.page();
    opened.push(page);
    await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
    await page.waitForSelector("#card-link", { timeout: soon });
    const type = async (selector: string, text: string): Promise<void> => {
      const box = (await page.waitForSelector(selector)) as ElementHandle<HTMLInputElement>;
      await box.evaluate((e) => e.closest("details")?.setAttribute("open", ""));
      await box.type(text);
    };
    await type("#restore-passphrase", passphrase);
    await ((await page.$("#backup-file")) as ElementHandle<HTMLInputElement>).uploadFile(file);
    await press(page, "Restore the file");
    await press(page, "Replace what is here");
    await page.waitForFunction((want: string) => document.querySelector<HTMLInputElement>("#card-link")?.value === want, { timeout: soon }, String(me?.["link"]));
    assert.deepEqual(await page.$$eval(".person h3", (all) => all.map((h) => h.textContent)), ["Nat of old"]);

    await type("#backup-first", passphrase);
    await type("#backup-second", passphrase);
    await press(page, "Save backup");
    const back = path.join(browser.downloads, "beeline-backup.bl");
    for (let n = 0; n < 100 && !(existsSync(back) && statSync(back).size > 0); n++) await new Promise((r) => setTimeout(r, 100)); // Firefox makes an empty file first
    assert.equal(readFileSync(back).subarray(0, 4).toString(), "BLV1");
    await contacts(last, ["restore", back]);
    rmSync(back);
    assert.equal((await contacts(last, ["me"], "me"))?.["id"], me?.["id"]);
    assert.equal((await contacts(last, [], "contact"))?.["name"], "Nat of old");
  });
});
