// The part of the tour that is about networks: which way the bytes may go and do
// go, why it is slow, and the test of a connection.

import type { Page } from "puppeteer-core";
import { press, waitStage, waitWords } from "./actions.ts";
import { type Browser, launch } from "./browser.ts";
import { bytes, tempFolder, writeTree } from "./files.ts";
import { startServer } from "./server.ts";
import type { Visit } from "./tour.ts";
import { open, receive, share } from "./transfer.ts";

const soon = 30_000;
/** A server with a relay of its own, as in the default, on a port that is free. */
const relay = (on: "on" | "off"): string[] => ["--stun", "127.0.0.1:0", "--relay", on];
/** Chromium that is let out by TCP alone, as behind a company's firewall. */
const withoutUDP = { chromiumArgs: ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp"] };

/** A browser that finds no way out, as where UDP and the relay are blocked. Runs in the page. */
const nothingFound = `RTCPeerConnection.prototype.setLocalDescription = async function () {
  this.onicecandidateerror?.(new Event("icecandidateerror"));
  this.onicecandidate?.({ candidate: null });
}`;

async function choosePaths(page: Page, choice: string): Promise<void> {
  await page.locator(`::-p-aria([name="${choice}"][role="radio"])`).click();
  await page.waitForFunction((name: string) => [...document.querySelectorAll<HTMLInputElement>("input[name=paths]")].some((b) => b.checked && b.parentElement?.textContent?.trim() === name), {}, choice);
}

export async function paths(browser: Browser, see: Visit): Promise<void> {
  const source = tempFolder();
  writeTree(source.path, { "A001_C001.mov": bytes(40 << 20, 8) });
  const film = `${source.path}/A001_C001.mov`;
  const narrow = await startServer({ args: [...relay("on"), "--relay-rate", "16"] }); // Mbit/s
  const bare = await startServer({ args: relay("off") });
  try {
    const sender = await share(browser, narrow.url, [film]);
    await waitStage(sender.page, "Waiting");
    await choosePaths(sender.page, "Directly only");
    await see("send-directly-only", sender.page);
    await choosePaths(sender.page, "Through a relay only");
    await see("send-relay-only", sender.page);
    const recipient = await open(browser, sender.link);
    await waitStage(recipient.page, "Ready");
    await recipient.page.bringToFront(); // a locator waits for frames, which only a page in front has
    await recipient.page.locator('::-p-aria([name="Hide my internet address from the sender"][role="checkbox"])').click();
    await see("receive-hidden", recipient.page);
    await receive(recipient);
    for (const [name, { page }] of [["receive-slow", recipient], ["send-slow", sender]] as const) {
      await page.waitForFunction("(document.querySelector('.slow')?.textContent ?? '') !== ''", { timeout: soon, polling: 50 });
      await see(name, page);
    }
    for (const { page } of [recipient, sender]) await page.close({ runBeforeUnload: false });
    recipient.remove();

    const lonely = await share(browser, bare.url, [film]);
    await choosePaths(lonely.page, "Through a relay only");
    await lonely.page.waitForSelector(".ways [role=alert]", { timeout: soon });
    await see("send-no-relay", lonely.page);
    const lost = await open(browser, lonely.link);
    await press(lost.page, "Connect");
    await waitWords(lost.page, /^Failed.*There is no relay/, soon);
    await see("receive-no-relay", lost.page);
    await waitWords(lonely.page, /^Failed.*There was no relay/, soon);
    await see("send-failed-without-relay", lonely.page);
    for (const { page } of [lost, lonely]) await page.close({ runBeforeUnload: false });
    lost.remove();
  } finally {
    await narrow.stop();
    await bare.stop();
    source.remove();
  }
}

/** The test of a connection, with each of its ends that a browser can be brought to. */
export async function checks(browser: Browser, see: Visit): Promise<void> {
  const server = await startServer({ args: relay("on") });
  const bare = await startServer({ args: relay("off") });
  const tested = async (by: Browser, url: string): Promise<Page> => {
    const { page } = await by.page();
    await page.goto(`${url}/check`);
    await press(page, "Test");
    await waitStage(page, ["Complete", "Failed"], soon).catch((error: unknown) => {
      if (!String(error).includes("the page says: Failed")) throw error; // an end that was asked for
    });
    return page;
  };
  try {
    const { page } = await browser.page();
    await page.evaluateOnNewDocument("globalThis.WebSocket = class { send() {} close() {} }"); // a server that keeps silent
    await page.goto(`${server.url}/check`);
    await see("check", page);
    await press(page, "Test");
    await waitStage(page, "Connecting");
    await see("check-running", page);
    await page.close();
    const all = await tested(browser, server.url);
    await see("check-all", all);
    await all.close();
    const direct = await tested(browser, bare.url);
    await see("check-direct", direct);
    await direct.close();
    if (browser.kind === "chromium") {
      const behind = await launch("chromium", withoutUDP);
      try {
        await see("check-relay", await tested(behind, server.url));
        await see("check-unsure", await tested(behind, bare.url));
      } finally {
        await behind.close();
      }
    }
    const { page: shut } = await browser.page();
    await shut.evaluateOnNewDocument(nothingFound);
    await shut.goto(`${server.url}/check`);
    await press(shut, "Test");
    await waitWords(shut, /^Failed\. From here/, soon);
    await see("check-local", shut);
    await shut.close();
    const { page: last } = await browser.page();
    await last.goto(`${server.url}/check`);
    await server.stop();
    await press(last, "Test");
    await waitWords(last, /^Failed/, soon);
    await see("check-server", last);
    await last.close();
  } finally {
    await server.stop();
    await bare.stop();
  }
}
