// A browser that is killed while a file in segments is joined, in a real folder: at
// what the folder shows of each step. disk/join.test.ts does it at every call; here
// the calls are Chromium's. What comes back is the file, and nothing of it was lost
// that was safe.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { randomFile } from "../bench/ratio.ts";
import { press, waitStage } from "../harness/actions.ts";
import { type Browser, launch } from "../harness/browser.ts";
import { readTree, tempFolder } from "../harness/files.ts";
import { type Server, startServer } from "../harness/server.ts";
import { open, receive, saved, share } from "../harness/transfer.ts";

const MiB = 1 << 20;
const segment = 2 * MiB;
const count = 40;
const size = count * segment - 77;
const name = "card/film.mov"; // entry 2 of the list, so t2.mov in the part folder
const more = { name: "card/more.mov", size: 60 * MiB }; // in one piece: so that the transfer goes on after the join

/** What lies in the part folder, by size. */
function part(folder: string): Map<string, number> {
  try {
    const unfinished = path.join(folder, "Beeline (unfinished)");
    const inside = path.join(unfinished, readdirSync(unfinished)[0] ?? "");
    return new Map(readdirSync(inside).map((file) => [file, sizeOf(path.join(inside, file))]));
  } catch {
    return new Map(); // not made yet
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return -1; // it goes at this moment
  }
}

const segments = (files: Map<string, number>): number => [...files.keys()].filter((file) => /^s\d+\.txt$/.test(file)).length;
const whole = "t2.mov";
const copy = `${whole}.crswap`;

/** Steps of a join, by what the folder shows when they are under way. */
const steps: Record<string, (files: Map<string, number>, folder: string) => boolean> = {
  "the first segments are copied": (files) => (files.get(copy) ?? 0) > segment,
  "half of them are copied": (files) => (files.get(copy) ?? 0) > size / 2,
  "all of them are copied": (files) => files.get(copy) === size,
  "the whole is closed": (files) => files.get(whole) === size,
  "some segments are gone": (files) => files.get(whole) === size && segments(files) < count / 2,
  "all segments are gone": (files) => files.get(whole) === size && segments(files) === 0,
  "it has its name": (_files, folder) => sizeOf(path.join(folder, name)) === size,
};

let server: Server;
let sender: Browser;
const source = tempFolder();
before(async () => {
  mkdirSync(path.join(source.path, "card"));
  randomFile(path.join(source.path, name), size);
  randomFile(path.join(source.path, more.name), more.size);
  server = await startServer();
  sender = await launch("firefox");
});
after(async () => {
  await sender?.close();
  await server?.stop();
  source.remove();
});

/** Has the page's disk worker write small segments. */
async function inSegments(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(`
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        this.disk = options.name === "disk";
      }
      postMessage(message, transfer) {
        super.postMessage(this.disk && message.type === "init" ? { ...message, limits: { segmentFrom: ${more.size}, segment: ${segment} } } : message, transfer);
      }
    };
  `);
}

for (const [step, isNow] of Object.entries(steps)) {
  test(`killed when ${step}`, { timeout: 120_000 }, async (t) => {
    const kept = mkdtempSync(path.join(tmpdir(), "beeline-join-"));
    let browser = await launch("chromium", { kept });
    try {
      const shared = await share(sender, server.url, [path.join(source.path, "card")]);
      const first = await open(browser, shared.link, inSegments);
      await receive(first);
      const deadline = Date.now() + 60_000;
      while (!isNow(part(first.folder), first.folder)) {
        assert.ok(Date.now() < deadline, "it never came to that");
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await browser.kill();
      const left = part(first.folder);
      t.diagnostic(`${segments(left)} segments, the whole ${left.get(whole)}, its copy ${left.get(copy)} of ${size}`);
      browser = await launch("chromium", { kept });
      const { page, watch } = await browser.page();
      await inSegments(page);
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await press(page, "Continue");
      await waitStage(page, "Complete", 60_000);
      const recipient = { ...first, browser, page, watch };
      assert.deepEqual(await saved(recipient, "card.zip"), readTree(source.path));
      await Promise.all([page.close(), shared.page.close({ runBeforeUnload: false })]);
      first.remove();
    } finally {
      await browser.close().catch(() => undefined);
      rmSync(kept, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}
