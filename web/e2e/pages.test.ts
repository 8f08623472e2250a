// The pages before anything happens: they load under the strict policy, ask
// nobody else for anything, and take the link out of the address bar.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitStage, waitWords } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { inEach } from "./harness/both.ts";
import { type Server, startServer } from "./harness/server.ts";

let server: Server;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());

/** Looks like a link and is none: its check bytes are wrong. */
const damaged = "A".repeat(48);

inEach((browser) => {
  test("the send page is ready, silent on the console, and asks nobody else", async () => {
    const { page, watch } = await browser.page();
    await page.goto(`${server.url}/`, { waitUntil: "load" });
    assert.match(await waitStage(page, "Ready"), /^Ready/);
    const names = await page.$$eval("button", (all) => all.map((b) => b.textContent?.trim()));
    assert.deepEqual(names, ["Choose files", "Choose folder", "Connect"]);
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(watch.problems, []);
    assert.deepEqual(watch.strangers(server.url), []);
    await page.close();
  });

  // PROTOCOL.md 3, attack 15: the link in Referer, history or logs.
  test("the link leaves the address bar and no request carries it", async () => {
    const { page, watch } = await browser.page();
    await page.goto(`${server.url}/r#${damaged}`, { waitUntil: "load" });
    await page.waitForSelector("main");
    assert.equal(await page.evaluate(() => location.href), `${server.url}/r`);
    const carried = watch.requests.filter((r) => r.url.split("#")[0]?.includes(damaged) || JSON.stringify(r.headers).includes(damaged));
    assert.deepEqual(carried, []);
    assert.equal(server.output().includes(damaged), false, "the server's output names the link");
    await page.reload();
    await waitWords(page, /^Failed\. There is no link here/); // the entry in the history has none
    await page.close();
  });

  test("a damaged link is told at once, before any connection", async () => {
    const { page, watch } = await browser.page();
    await page.goto(`${server.url}/r#${damaged.slice(0, 40)}`, { waitUntil: "load" });
    assert.match(await waitStage(page, "Failed"), /damaged/);
    assert.equal(watch.requests.some((r) => r.url.includes("/signal")), false);
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(watch.problems, []);
    await page.close();
  });

  test("a receive page without a link says what to do", async () => {
    const { page, watch } = await browser.page();
    await page.goto(`${server.url}/r`, { waitUntil: "load" });
    await waitWords(page, /^Failed\. There is no link here/);
    assert.deepEqual(watch.problems, []);
    await page.close();
  });
});

