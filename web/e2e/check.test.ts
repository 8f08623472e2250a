// The page that tests a connection: quiet until it is asked, right about what it
// found, readable on the narrowest screen and in both languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { inEach } from "./harness/both.ts";
import { launch } from "./harness/browser.ts";
import { type Server, startServer } from "./harness/server.ts";

let server: Server;
before(async () => {
  server = await startServer({ args: ["--stun", "127.0.0.1:0", "--relay", "on"] });
});
after(() => server?.stop());

/** What the page says of each way, in their order. */
const said = (page: Page): Promise<(string | null)[]> => page.$$eval("#network + .checks dd", (all) => all.map((dd) => dd.getAttribute("data-found")));

/** Counts connections that the page makes from its first task on. */
async function counted(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(`
    globalThis.made = 0;
    for (const name of ["WebSocket", "RTCPeerConnection"]) globalThis[name] = new Proxy(globalThis[name], { construct(of, args) { globalThis.made++; return Reflect.construct(of, args); } });
  `);
}

inEach((browser) => {
  test("nothing is asked before Test; then every way of this server's is found", async () => {
    const { page, watch } = await browser.page();
    await counted(page);
    await page.goto(`${server.url}/check`, { waitUntil: "load" });
    await waitStage(page, "Ready");
    assert.equal(await page.evaluate("made"), 0);
    assert.deepEqual(await said(page), Array(6).fill("waiting"));
    const before = await page.$eval("#firewall-text", (e) => (e as HTMLTextAreaElement).value);
    assert.ok(before.includes(`${new URL(server.url).host}`) && before.includes("UDP 3478"), before);
    await press(page, "Test");
    await waitStage(page, "Complete");
    const [hub, udp, turnUDP, turnTCP, turnTLS] = await said(page);
    assert.deepEqual({ hub, udp, turnUDP, turnTCP, turnTLS }, { hub: "yes", udp: "yes", turnUDP: "yes", turnTCP: "yes", turnTLS: "none" });
    const port = /relay: udp and tcp 127\.0\.0\.1:(\d+)/.exec(server.output())?.[1];
    const text = await page.$eval("#firewall-text", (e) => (e as HTMLTextAreaElement).value);
    assert.ok(text.includes(`127.0.0.1, UDP ${port}: TURN`) && text.includes(`127.0.0.1, TCP ${port}: TURN`), text);
    assert.deepEqual(watch.problems, []);
    const loaded = await page.evaluate("performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname).filter((p) => /wasm$|core|lane|disk/.test(p))");
    assert.deepEqual(loaded, [], "it needs no worker");
    await page.close();
  });

  for (const language of ["en", "de"]) {
    test(`${language}: axe finds nothing, and at 320 pixels nothing is scrolled sideways`, async () => {
      const { page } = await browser.page();
      await page.goto(`${server.url}/check`, { waitUntil: "load" });
      await page.evaluate((chosen: string) => localStorage.setItem("beeline-language", chosen), language);
      for (const width of [320, 1280]) {
        await page.setViewport({ width, height: 900 });
        await page.goto(`${server.url}/check`, { waitUntil: "load" });
        await page.waitForSelector("#firewall-text");
        assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `${width}: it has to be scrolled sideways`);
        assert.deepEqual(await findings(page), [], `${width}`);
      }
      await page.evaluate(() => localStorage.clear());
      await page.close();
    });
  }
});

test("a network that lets no UDP out: the relay by TCP is what is left, and it says so", async () => {
  const browser = await launch("chromium", { chromiumArgs: ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp"] });
  try {
    const { page } = await browser.page();
    await page.goto(`${server.url}/check`, { waitUntil: "load" });
    await press(page, "Test");
    assert.match(await waitStage(page, "Complete"), /No direct way leads out of this network, but the server's relay is reached/);
    const [hub, udp, turnUDP, turnTCP] = await said(page);
    assert.deepEqual({ hub, udp, turnUDP, turnTCP }, { hub: "yes", udp: "no", turnUDP: "no", turnTCP: "yes" });
  } finally {
    await browser.close();
  }
});

test("a server that went away: that is said, and the text is there all the same", async () => {
  const gone = await startServer();
  const browser = await launch("firefox");
  try {
    const { page } = await browser.page();
    await page.goto(`${gone.url}/check`, { waitUntil: "load" });
    await gone.stop();
    await press(page, "Test");
    assert.match(await waitStage(page, "Failed"), /can't be reached by WebSocket/);
    assert.ok((await page.$eval("#firewall-text", (e) => (e as HTMLTextAreaElement).value)).includes("3478"));
  } finally {
    await browser.close();
  }
});
