// The service worker in real browsers: pages open without their server, nothing
// is fetched twice, what is damaged is not kept, and a newer version never
// replaces code while somebody would lose something.

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { drop, press, status, waitStage } from "./harness/actions.ts";
import { inEach } from "./harness/both.ts";
import { launch } from "./harness/browser.ts";
import { copyOfBuild, laterBuild } from "./harness/builds.ts";
import { bytes, tempFolder, writeTree } from "./harness/files.ts";
import { freePort, type Server, startServer } from "./harness/server.ts";
import { startTap } from "./harness/tap.ts";
import { open, partWritten, receive, share } from "./harness/transfer.ts";

const patience = { timeout: 20_000, polling: 50 };

/** Waits until the shell is kept and this page is served by it. */
async function kept(page: Page): Promise<void> {
  await page.waitForFunction("navigator.serviceWorker.controller !== null && navigator.serviceWorker.controller.state === 'activated'", patience);
}

/** What is kept, by the name of the shell. */
async function shells(page: Page): Promise<Record<string, string[]>> {
  return (await page.evaluate(`(async () => {
    const all = {};
    for (const name of await caches.keys()) all[name] = (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname);
    return all;
  })()`)) as Record<string, string[]>;
}

const notice = (kind: "serverless" | "newer"): string => `document.querySelector('[data-notice=${kind}]') !== null`;

/** What the page does each hour, at once. */
async function lookForUpdate(page: Page): Promise<void> {
  await page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)");
  await page.waitForFunction("navigator.serviceWorker.getRegistration().then((r) => r.waiting !== null)", patience);
}

const source = tempFolder();
before(() => writeTree(source.path, { "a.txt": Buffer.from("a"), "long.mov": bytes(64 << 20, 9) }));
after(() => source.remove());

inEach((browser) => {
  test("pages open without their server, say so, and go on when it is back", async () => {
    const port = await freePort();
    let server: Server | null = await startServer({ port });
    try {
      const { page } = await browser.page();
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await kept(page);
      assert.equal(await page.evaluate(notice("serverless")), false);
      const url = server.url;
      await server.stop();
      server = null;

      await page.reload({ waitUntil: "load" });
      await waitStage(page, "Ready");
      assert.match(await page.$eval("[data-notice=serverless]", (e) => e.textContent ?? ""), /^The server can't be reached\./);
      // The link reaches a page that is kept, and leaves the address bar there too.
      await page.goto(`${url}/r#${"A".repeat(40)}`, { waitUntil: "load" });
      assert.match(await waitStage(page, "Failed"), /damaged/);
      assert.equal(await page.evaluate("location.href"), `${url}/r`);
      await page.goto(`${url}/trust`, { waitUntil: "load" });
      assert.equal(await page.$eval("h1", (e) => e.textContent), "Who can see what");

      await page.goto(`${url}/`, { waitUntil: "load" });
      await drop(page, [path.join(source.path, "a.txt")]);
      await page.waitForFunction("document.querySelector('[role=status]').textContent.startsWith('Connecting')", patience);
      server = await startServer({ port });
      await page.waitForFunction(`!(${notice("serverless")})`, patience);
      await waitStage(page, "Waiting");
      await page.close();
    } finally {
      await server?.stop();
    }
  });

  test("what is kept was downloaded once", async () => {
    const server = await startServer();
    const tap = await startTap(server.url);
    try {
      const { page } = await browser.page();
      await page.goto(`${tap.url}/r`, { waitUntil: "load" });
      await kept(page);
      const [all = []] = Object.values(await shells(page));
      assert.ok(all.includes("/trust") && all.includes("/check") && all.some((p) => p.endsWith(".wasm")), `kept: ${all.join(" ")}`);
      const asked = tap.raw.flatMap((sent) => [...sent.toString("latin1").matchAll(/^GET (\S+) HTTP\/1\.1\r$/gm)].map(([, p = ""]) => p));
      for (const file of all.filter((p) => p.startsWith("/assets/"))) {
        assert.equal(asked.filter((p) => p === file).length, 1, `${file} of ${asked.join(" ")}`);
      }
      await page.close();
    } finally {
      await tap.close();
      await server.stop();
    }
  });

  test("a newer version is offered where nothing is under way, and the click puts it in place", async () => {
    const later = laterBuild();
    const port = await freePort();
    let server = await startServer({ port });
    try {
      const { page, watch } = await browser.page();
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await kept(page);
      assert.equal(await page.evaluate(notice("newer")), false);
      await server.stop();
      server = await startServer({ port, args: ["--page", later.path] });
      await lookForUpdate(page);
      await page.waitForFunction(notice("newer"), patience);
      assert.equal(await page.evaluate("globalThis.laterBuild"), undefined, "not before the click");
      await Promise.all([page.waitForNavigation(), press(page, "Update")]);
      await waitStage(page, "Ready");
      assert.equal(await page.evaluate("globalThis.laterBuild"), true);
      assert.equal(await page.evaluate(notice("newer")), false);
      await page.waitForFunction("caches.keys().then((all) => all.length === 1)", patience); // the old shell went
      assert.deepEqual(watch.problems, []);
      await page.close();
    } finally {
      await server.stop();
      later.remove();
    }
  });

  test("under a transfer no code is replaced, whatever another tab does", async () => {
    const later = laterBuild();
    const port = await freePort();
    let server = await startServer({ port });
    try {
      const sender = await share(browser, server.url, [path.join(source.path, "long.mov")]);
      await kept(sender.page);
      const recipient = await open(browser, sender.link);
      const { page: idle } = await browser.page();
      await idle.goto(`${server.url}/`, { waitUntil: "load" });
      await waitStage(idle, "Ready");
      await receive(recipient);
      await partWritten(recipient.page, 0, 90);
      await press(recipient.page, "Pause");
      await waitStage(recipient.page, "Paused");

      await server.stop();
      server = await startServer({ port, args: ["--page", later.path] });
      await lookForUpdate(idle);
      await idle.waitForFunction(notice("newer"), patience);
      const busy = [sender.page, recipient.page];
      for (const page of busy) assert.equal(await page.evaluate(notice("newer")), false, "offered under a transfer");
      await Promise.all([idle.waitForNavigation(), press(idle, "Update")]);
      await waitStage(idle, "Ready");
      assert.equal(await idle.evaluate("globalThis.laterBuild"), true);
      await idle.evaluate("navigator.serviceWorker.controller.postMessage({ type: 'sweep' })");
      await new Promise((resolve) => setTimeout(resolve, 3000)); // longer than a page may take to say which shell it needs

      for (const page of busy) {
        assert.equal(await page.evaluate("globalThis.laterBuild"), undefined, "its code was replaced");
        assert.equal(await page.evaluate(notice("newer")), false, "offered under a transfer");
      }
      assert.equal(Object.keys(await shells(idle)).length, 2, "the shell of the old pages stays as long as they live");
      await press(recipient.page, "Resume");
      await waitStage(recipient.page, "Complete", 90_000);
      await waitStage(sender.page, "Complete");
      await press(sender.page, "Stop sharing");
      await sender.page.waitForFunction(notice("newer"), patience);
      assert.equal(await recipient.page.evaluate(notice("newer")), false, "what it saved can be saved again from here");
      for (const page of [...busy, idle]) await page.close();
      recipient.remove();
    } finally {
      await server.stop();
      later.remove();
    }
  });

  test("what is not what the build has is not kept, and the page works without", async () => {
    const damaged = copyOfBuild();
    const file = path.join(damaged.path, "r.html");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -20));
    for (const ending of [".br", ".gz"]) rmSync(file + ending, { force: true });
    const server = await startServer({ args: ["--page", damaged.path] });
    try {
      const { page } = await browser.page();
      await page.goto(`${server.url}/`, { waitUntil: "load" });
      await waitStage(page, "Ready");
      await page.waitForFunction("caches.keys().then((all) => all.length > 0)", patience); // it has begun
      await page.waitForFunction("navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)", patience);
      assert.equal(Object.values(await shells(page)).flat().includes("/r"), false);
      await page.reload({ waitUntil: "load" });
      assert.match(await status(page), /^Ready/);
      await page.close();
    } finally {
      await server.stop();
      damaged.remove();
    }
  });
});

// As every browser is over plain HTTP, and some are in private windows.
test("a browser without service workers lacks nothing else", async () => {
  const server = await startServer();
  const browser = await launch("firefox", { firefoxPrefs: { "dom.serviceWorkers.enabled": false } });
  try {
    const { page, watch } = await browser.page();
    await page.goto(`${server.url}/`, { waitUntil: "load" });
    await waitStage(page, "Ready");
    assert.equal(await page.evaluate("'serviceWorker' in navigator && navigator.serviceWorker !== undefined"), false);
    await new Promise((resolve) => setTimeout(resolve, 2000)); // past the time when one would be registered
    assert.deepEqual(watch.problems, []);
  } finally {
    await browser.close();
    await server.stop();
  }
});
