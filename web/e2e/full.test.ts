// Every place that a transfer may go to fills up in the middle. Where the page
// writes itself that is a pause, which says how much is missing and ends by itself;
// what is given up leaves the space free. A download that the browser writes breaks
// off and can begin anew. wasm/PROTOCOL.md 3, attack 36. What the disk worker does
// then is in disk-full.test.ts.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, status, waitStage, waitWords } from "./harness/actions.ts";
import { type Browser, type BrowserOptions, type Kind, kinds, launch } from "./harness/browser.ts";
import { downloadsOf, lying } from "./harness/downloads.ts";
import { bytes, digest, digests, readTree, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { noSmallDisk, type SmallDisk, smallDisk } from "./harness/smalldisk.ts";
import { connect, downloadOf, type End, open, partWritten, type Recipient, share } from "./harness/transfer.ts";

const MiB = 1 << 20;
const film = { "film.mov": bytes(40 * MiB, 36) };
/** Room for about half of it, and for all of it twice. MiB. */
const little = 24;
const enough = 128;
const skip = noSmallDisk();

const source = tempFolder();
let server: Server;
before(async () => {
  writeTree(source.path, film);
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});

/** What a test opened is closed after it, also where it failed. */
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function started(kind: Kind, options: BrowserOptions = {}): Promise<Browser> {
  const browser = await launch(kind, options);
  opened.push(browser);
  return browser;
}

function disk(mib: number, at?: string): SmallDisk {
  const made = smallDisk(mib, at) ?? assert.fail("no disk");
  opened.push({ close: () => made.remove() });
  return made;
}

/** A folder of a browser's own, of which a test makes a part a disk. */
function keptFolder(): string {
  const kept = mkdtempSync(path.join(tmpdir(), "beeline-full-"));
  opened.push({ close: () => rmSync(kept, { recursive: true, force: true, maxRetries: 5 }) });
  return kept;
}

/** There is no folder to pick, as in Firefox and Safari. Runs in the page. */
const noPicker = "delete Window.prototype.showDirectoryPicker; delete window.showDirectoryPicker;";
/** The browser gave this site all the room it gives, so that it is written into a download. */
const noRoom = `${noPicker}
  StorageManager.prototype.estimate = async () => ({ quota: 20 << 20, usage: 0 });
  StorageManager.prototype.persisted = async () => true;`;

interface Pair {
  sender: End;
  recipient: Recipient;
}

/** Both ends in one browser, so that what is full is the recipient's: the sender's page keeps little. `saysWhere` is on the page before Receive. */
async function pair(browser: Browser, code: string, saysWhere: RegExp): Promise<Pair> {
  const sender = await share(browser, server.url, [`${source.path}/film.mov`]);
  const recipient = { ...(await open(browser, sender.link, async (page) => void (await page.evaluateOnNewDocument(code)))), folder: browser.downloads };
  await press(recipient.page, "Connect");
  await recipient.page.waitForFunction((words: string) => new RegExp(words).test(document.body.textContent ?? ""), { timeout: 20_000, polling: 50 }, saysWhere.source);
  await press(recipient.page, "Receive");
  return { sender, recipient };
}

const alerts = (page: Page) => page.$$eval("[role=alert]", (all) => all.map((e) => e.textContent ?? "").join(" "));

/** The transfer stands still, both people are told, and it stays so. Returns what the page says is missing, MB. */
async function isFull({ sender, recipient: { page } }: Pair): Promise<number> {
  await waitWords(page, /^Paused\. The disk is full\. What is safe on disk stays\. Free some space; it goes on by itself\./, 60_000);
  const missing = /([\d.]+) MB more is needed\./.exec(await alerts(page)) ?? assert.fail(`it says "${await alerts(page)}" of what is missing`);
  await waitStage(sender.page, "Paused");
  assert.match(await sender.page.$eval("[aria-label=Recipients] > li", (li) => li.textContent ?? ""), /Paused\. .*Nothing is lost/);
  return Number(missing[1]);
}

/** It looks again and again, and goes on only once there is room. */
async function goesOn({ recipient: { page }, sender }: Pair, room: () => unknown, within = 60_000): Promise<void> {
  await wait(3_500);
  assert.match(await status(page), /^Paused/, "it went on although nothing was freed");
  await room();
  await waitStage(page, "Complete", within);
  await waitStage(sender.page, "Complete");
  assert.equal(await alerts(page), "");
}

/** Holds a transfer in its middle, with everything written that was on its way. */
async function hold(page: Page): Promise<void> {
  await partWritten(page, 20, 80);
  await press(page, "Pause");
  await waitStage(page, "Paused");
  const written = () => page.$eval("[role=progressbar]", (bar) => bar.getAttribute("aria-valuetext"));
  for (let before = ""; before !== (await written()); ) {
    before = (await written()) ?? "";
    await wait(700);
  }
}

/** Waits until the whole film lies among what was downloaded: beside one that broke off it has a number. */
async function landsWhole({ folder }: Recipient): Promise<void> {
  const all = () => Object.entries(lying(folder)).filter(([, size]) => size === film["film.mov"].byteLength).map(([name]) => name);
  await settles(() => all().length, (n) => n > 0, "downloads of its size");
  for (const name of all()) assert.equal(digest(readFileSync(path.join(folder, name))), digests(film)["film.mov"]);
}

/** Waits until this many bytes are free, or used. */
async function settles(now: () => number | Promise<number>, fits: (n: number) => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  let n = await now();
  for (; !fits(n) && Date.now() < deadline; n = await now()) await wait(100);
  assert.ok(fits(n), `${what}: ${n}`);
}

describe("a folder picked in Chromium", { skip }, () => {
  async function receiving(): Promise<Pair & { folder: SmallDisk }> {
    const browser = await started("chromium");
    const folder = disk(little);
    const sender = await share(browser, server.url, [`${source.path}/film.mov`]);
    const recipient = { ...(await open(browser, sender.link)), folder: folder.path };
    await connect(recipient);
    await press(recipient.page, "Receive");
    return { sender, recipient, folder };
  }

  test("waits for room, says how much, and goes on", async () => {
    const pair = await receiving();
    const missing = await isFull(pair);
    assert.ok(missing > 10 && missing < 50, `${missing} MB of 42, where ${little} MiB were free`);
    await goesOn(pair, () => pair.folder.resize(enough));
    assert.deepEqual(readTree(pair.folder.path), digests(film));
  });

  test("given up, its space is free", async () => {
    const { sender, recipient, folder } = await receiving();
    await isFull({ sender, recipient });
    assert.ok(folder.free() < 2 * MiB || Object.keys(readTree(folder.path)).length > 0, "nothing was there");
    await press(recipient.page, "Cancel");
    await waitStage(recipient.page, "Cancelled");
    await settles(folder.free, (n) => n === little * MiB, "free of the folder's disk");
    await settles(() => readdirSync(folder.path).length, (n) => n === 0, "things left in the folder");
  });
});

/** What the site uses, as the browser counts. */
const usage = (page: Page) => page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
/** What it uses before anything came: the page itself. */
const shell = 8 * MiB;

/** Takes all the room that the site has but a few MiB, whatever the browser reckons. Runs in the page. */
const fill = `(async () => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("ballast", { create: true });
  let n = 0;
  try {
    for (; n < 1000; n++) {
      const file = await (await folder.getFileHandle(String(n), { create: true })).createWritable();
      await file.write(new Uint8Array(1 << 20));
      await file.close();
    }
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
  }
  for (let left = 4; left > 0 && n > 0; left--) await folder.removeEntry(String(--n));
})()`;

// The browser's own limit for a site, which something else of the site used up.
describe("the browser's own storage, at its limit", () => {
  /** In the middle, with the limit reached; `room` lifts it. */
  async function full(kind: Kind): Promise<Pair & { room(): Promise<unknown> }> {
    // Firefox: 200 MiB for all sites are 40 for one, and no less than so.
    const browser = await started(kind, { firefoxPrefs: { "dom.quotaManager.temporaryStorage.fixedLimit": 300 * 1024 } });
    const both = await pair(browser, noPicker, /kept in this browser until it is whole/);
    const { page } = both.recipient;
    await hold(page);
    let room: () => Promise<unknown>;
    if (kind === "chromium") {
      const cdp = await page.createCDPSession();
      const { origin } = new URL(server.url);
      await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: (await usage(page)) + 4 * MiB });
      room = () => cdp.send("Storage.overrideQuotaForOrigin", { origin });
    } else {
      await both.sender.page.evaluate(fill);
      room = () => both.sender.page.evaluate("navigator.storage.getDirectory().then((root) => root.removeEntry('ballast', { recursive: true }))");
    }
    await press(page, "Resume");
    return { ...both, room };
  }

  for (const kind of kinds) {
    test(`${kind} waits for room, says how much, and goes on`, async () => {
      const pair = await full(kind);
      const missing = await isFull(pair);
      assert.ok(missing > 1 && missing < 42, `${missing} MB`);
      await goesOn(pair, pair.room);
      const { recipient } = pair;
      assert.deepEqual(await downloadOf(recipient.folder, "film.mov"), digests(film));
    });

    test(`${kind}: what its sender gave up can be deleted, and its space is free`, async () => {
      const { sender, recipient: { page }, ...rest } = await full(kind);
      await isFull({ sender, recipient: { page } as Recipient });
      await press(sender.page, "Stop sharing");
      await waitWords(page, /^Failed\. The sender stopped sharing/);
      assert.ok((await usage(page)) > shell, "nothing is kept");
      await press(page, "Delete what is unfinished");
      if (kind === "firefox") await rest.room(); // its ballast counts too
      await settles(() => usage(page), (n) => n < shell, "used by the site");
    });
  }
});

describe("a download that the browser writes itself", { skip }, () => {
  for (const kind of kinds) {
    test(`${kind}: streamed to a full disk it breaks off, looks like nothing whole, and can begin anew`, async () => {
      const kept = keptFolder();
      const downloads = disk(little, `${kept}/downloads`);
      const browser = await started(kind, { kept });
      const { sender, recipient } = await pair(browser, noRoom, /written into a download while it arrives/);
      const { page } = recipient;
      await waitWords(page, /^Failed\. The download broke off\. .*the disk is full/, 60_000);
      await waitWords(sender.page, /The recipient's download broke off/);
      const whole = Object.entries(lying(downloads.path)).filter(([name, size]) => size > 0 && !/\.(part|crdownload)$/.test(name));
      assert.deepEqual(whole, [], "it looks whole");
      downloads.resize(enough);
      await press(page, "Try again");
      await press(page, "Receive");
      await waitStage(page, "Complete", 60_000);
      await landsWhole(recipient);
    });

    test(`${kind}: kept whole and saved to a full disk it is not lost, and can be saved again`, async () => {
      const kept = keptFolder();
      const downloads = disk(little, `${kept}/downloads`);
      const browser = await started(kind, { kept });
      const all = await downloadsOf(browser);
      const { recipient } = await pair(browser, noPicker, /kept in this browser until it is whole/);
      const { page } = recipient;
      await waitStage(page, "Complete", 60_000);
      await settles(async () => ((await all.last()) === "broken" ? 1 : 0), (n) => n === 1, "the browser's download broke off");
      assert.match(await page.$eval("main", (main) => main.textContent ?? ""), /If it is not among your downloads, save it again/);
      downloads.resize(enough);
      await page.click("main a[download]");
      await landsWhole(recipient);
    });
  }
});

// A disk that is full although the browser reckons with room: it never knows.
describe("the disk under the browser's own storage", { skip }, () => {
  for (const kind of kinds) {
    test(`${kind} waits for room, says how much, and goes on`, async () => {
      const kept = keptFolder();
      const under = disk(512, kept);
      const browser = await started(kind, { kept });
      const both = await pair(browser, noPicker, /kept in this browser until it is whole/);
      const { page } = both.recipient;
      await hold(page);
      under.resize(Math.ceil((512 * MiB - under.free()) / MiB) + 4);
      await press(page, "Resume");
      const missing = await isFull(both);
      assert.ok(missing > 1 && missing < 42, `${missing} MB`);
      // Chromium makes its quota of the disk's size, and looks at that once a minute.
      await goesOn(both, () => under.resize(512), 150_000);
      assert.deepEqual(await downloadOf(both.recipient.folder, "film.mov"), digests(film));
    });
  }
});
