// A lane worker whose Go instance fails in the middle of a transfer. It is
// replaced, and the transfer goes on: DESIGN 3, wasm/PROTOCOL.md "Decisions".

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { startTap, type Tap } from "./harness/tap.ts";
import { connect, open, partWritten, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
let tap: Tap;
let browser: Browser; // Chromium: no other lets a test into the memory of a worker
const source = tempFolder();
const film = { "film.mov": bytes(96 << 20, 9) };

before(async () => {
  writeTree(source.path, film);
  server = await startServer();
  tap = await startTap(server.url);
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  await tap?.close();
  await server?.stop();
  source.remove();
});

/**
 * Overwrites the memory of the Go instance in a page's lane worker when the next
 * bytes are put into it: what is called in it then is its end.
 */
async function ruinLane(page: Page): Promise<void> {
  const lane = page.workers().find((w) => w.url().includes("/assets/lane."));
  assert.ok(lane, "the page has no lane worker");
  await lane.evaluate(() => {
    const { set } = Uint8Array.prototype;
    Uint8Array.prototype.set = function (this: Uint8Array, ...args: Parameters<typeof set>): void {
      set.apply(this, args);
      if (this.byteLength === this.buffer.byteLength) return; // not a part of a memory
      Uint8Array.prototype.set = set;
      new Uint8Array(this.buffer).fill(0xff);
    };
  });
}

for (const whose of ["sender", "recipient"] as const) {
  test(`a lane of the ${whose} whose Go fails is replaced, and the transfer goes on by itself`, async () => {
    const sender = await share(browser, tap.url, [`${source.path}/film.mov`]);
    const recipient = await open(browser, sender.link);
    await receive(recipient);
    await partWritten(recipient.page);
    tap.hold(2_000); // the new session is made through the hub: else too soon to be seen
    await ruinLane(whose === "sender" ? sender.page : recipient.page);
    await waitStage(recipient.page, "Reconnecting", 10_000);
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender.page, "Complete", 30_000);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    recipient.remove();
    await recipient.page.close();
    await sender.page.close();
  });
}

for (const fails of [false, true]) {
  test(`a lane worker helps to read a large file back${fails ? "; when its Go fails meanwhile, the file is read without it" : ""}`, async () => {
    const sender = await share(browser, server.url, [`${source.path}/film.mov`]);
    const recipient = await open(browser, sender.link);
    await connect(recipient);
    const lane = recipient.page.workers().find((w) => w.url().includes("/assets/lane."));
    assert.ok(lane, "the page has no lane worker");
    await lane.evaluate((ruin: boolean) => {
      const said: Record<string, number> = {};
      Object.assign(globalThis, { said });
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function (this: MessagePort, ...args: [{ type?: string }, StructuredSerializeOptions?]): void {
        const type = args[0].type ?? "";
        said[type] = (said[type] ?? 0) + 1;
        postMessage.apply(this, args);
        if (!ruin || type !== "hashed" || said[type] > 1) return;
        // All bytes have arrived: what is put into Go's memory next is the hand's.
        const { set } = Uint8Array.prototype;
        Uint8Array.prototype.set = function (this: Uint8Array, ...from: Parameters<typeof set>): void {
          set.apply(this, from);
          if (this.byteLength < 1 << 20 || this.byteLength === this.buffer.byteLength) return;
          Uint8Array.prototype.set = set;
          new Uint8Array(this.buffer).fill(0xff);
        };
      } as typeof postMessage;
    }, fails);
    await press(recipient.page, "Receive");
    await waitStage(recipient.page, "Complete", 60_000);
    const said = await lane.evaluate(() => (globalThis as typeof globalThis & { said: Record<string, number> }).said);
    assert.ok((said["hashed"] ?? 0) >= 1, `it read nothing: ${JSON.stringify(said)}`);
    assert.equal(said["gone"] ?? 0, fails ? 1 : 0, JSON.stringify(said));
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    recipient.remove();
    await recipient.page.close();
    await sender.page.close();
  });
}

test("what could not be fetched, because the network changed in that moment, is fetched again", async () => {
  const sender = await share(browser, server.url, [`${source.path}/film.mov`], async (page) => {
    await page.evaluateOnNewDocument(() => {
      const real = globalThis.fetch;
      const failed = new Set<string>();
      globalThis.fetch = (...asked: Parameters<typeof fetch>) => {
        const url = String(asked[0]);
        if (!/\.wasm|\/(core|lane|disk)\./.test(url) || failed.has(url)) return real(...asked);
        document.documentElement.dataset["failed"] = String(failed.add(url).size);
        return Promise.reject(new TypeError("Failed to fetch"));
      };
    });
  });
  assert.equal(await sender.page.evaluate(() => document.documentElement.dataset["failed"]), "4", "the core and three scripts");
  assert.match(sender.link, /\/r#/);
  await sender.page.close();
});
