// The page about who can see what: readable at once, on the narrowest screen, in
// both languages, and reached from everywhere without losing anything.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { findings } from "./harness/axe.ts";
import { inEach } from "./harness/both.ts";
import { tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { share } from "./harness/transfer.ts";

let server: Server;
const source = tempFolder();
before(async () => {
  writeTree(source.path, { "a.txt": Buffer.from("a") });
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});

const titles = { en: "Who can see what", de: "Wer sieht was" } as const;
const target = (page: Page) => page.$eval('a[href="/trust"]', (a) => a.getAttribute("target"));

inEach((browser) => {
  for (const [language, title] of Object.entries(titles)) {
    test(`${language}: it is a table at 320 pixels and at 1280, and nothing starts for it`, async () => {
      const { page, watch } = await browser.page();
      await page.goto(`${server.url}/trust`, { waitUntil: "load" });
      await page.evaluate((chosen: string) => localStorage.setItem("beeline-language", chosen), language);
      for (const width of [320, 1280]) {
        await page.setViewport({ width, height: 900 });
        await page.goto(`${server.url}/trust`, { waitUntil: "load" });
        assert.equal(await page.$eval("h1", (e) => e.textContent), title);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${width}: it has to be scrolled sideways`);
        assert.deepEqual(await findings(page), [], `${width}`);
        const heads = await page.$$eval("thead th", (all) => all.map((th) => th.getAttribute("scope")));
        assert.deepEqual(heads, ["col", "col", "col"]);
        const rows = await page.$$eval("tbody tr", (all) => all.map((tr) => tr.querySelectorAll("th[scope=row], td").length));
        assert.ok(rows.length >= 7 && rows.every((cells) => cells === 3), `rows: ${rows.join(" ")}`);
      }
      assert.deepEqual(watch.problems, []);
      const loaded = await page.evaluate("performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname).filter((p) => /wasm$|core|lane|disk/.test(p))");
      assert.deepEqual(loaded, [], "a page to read needs no worker");
      await page.evaluate(() => localStorage.clear());
      await page.close();
    });
  }

  test("every page leads to it, in a tab of its own while something would be lost", async () => {
    const { page } = await browser.page();
    await page.goto(`${server.url}/`, { waitUntil: "load" });
    await page.waitForSelector('a[href="/trust"]');
    assert.equal(await target(page), null);
    await page.goto(`${server.url}/r#${"A".repeat(40)}`, { waitUntil: "load" });
    await page.waitForSelector('a[href="/trust"]');
    assert.equal(await target(page), "_blank", "the page holds a link that the address bar no longer has");
    await page.close();
    const sender = await share(browser, server.url, [path.join(source.path, "a.txt")]);
    assert.equal(await target(sender.page), "_blank");
    await sender.page.close();
  });
});
