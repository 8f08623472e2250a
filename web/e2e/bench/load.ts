// What the recipient's browser fetches before it can do anything, and how soon
// the first bytes are there after Connect.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { randomBytes } from "node:crypto";
import type { Page } from "puppeteer-core";
import { drop, shareLink } from "../harness/actions.ts";
import { figure, median } from "./figure.ts";
import { withPair } from "./pair.ts";

const rounds = 5;

export function measureFirstLoad(): Promise<void> {
  return withPair("chromium", async ({ url, from, to, folder }) => {
    const source = path.join(folder, "A001");
    mkdirSync(source);
    writeFileSync(path.join(source, "clip.mov"), randomBytes(4 << 20));
    const { page: sender } = await from.page();
    await sender.goto(`${url}/`);
    await drop(sender, [source]);
    await shareLink(sender);

    const times: number[] = [];
    let fetched = { all: 0, page: 0 };
    for (let i = 0; i < rounds; i++) {
      // Each round is a new share: the first recipient of a link is let in.
      const { page: s } = await from.page();
      await s.goto(`${url}/`);
      await drop(s, [source]);
      const link = await shareLink(s);
      const { page } = await to.page();
      // No driver can answer a picker: the browser's own storage stands in.
      await page.evaluateOnNewDocument("globalThis.showDirectoryPicker = () => navigator.storage.getDirectory()");
      await page.setCacheEnabled(false);
      await page.goto(link);
      await page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent?.trim() === "Connect"));
      await page.waitForNetworkIdle({ idleTime: 500 });
      if (i === 0) fetched = await asSent(url, page.url(), [...(await page.evaluate(() => performance.getEntriesByType("resource").map((e) => e.name))), ...(await keptShell(page))]);
      times.push(
        await page.evaluate(async () => {
          // No function with a name in here: the runner would wrap it in one of its own.
          const began = performance.now();
          document.querySelector<HTMLButtonElement>("button.main")?.click(); // Connect, the only one
          let pressed = false;
          for (;;) {
            await new Promise((resolve) => setTimeout(resolve, 4));
            if (!pressed) {
              const receive = [...document.querySelectorAll("button")].find((b) => b.textContent?.trim() === "Receive" && !b.disabled);
              pressed = receive !== undefined;
              receive?.click();
            }
            const bar = document.querySelector("[role=progressbar]");
            if (pressed && Number(bar?.getAttribute("aria-valuenow") ?? "0") > 0) return performance.now() - began;
            if (performance.now() - began > 30_000) throw new Error(`no first byte within 30 s: ${document.body.textContent}`);
          }
        }),
      );
      await page.close();
      await s.close();
    }
    figure("click_to_first_byte_ms", median(times), "ms", times.length);
    figure("first_load_kib", fetched.all / 1024, "KiB", 1);
    figure("first_load_page_kib", fetched.page / 1024, "KiB", 1);
  });
}

/** What the service worker fetches beside the page: itself, and what it keeps. Files of both count once (offline.test.ts). */
async function keptShell(page: Page): Promise<string[]> {
  await page.waitForFunction("navigator.serviceWorker.controller?.state === 'activated'");
  return (await page.evaluate(`(async () => {
    const [name] = await caches.keys();
    return [location.origin + "/sw.js", ...(await (await caches.open(name)).keys()).map((r) => r.url)];
  })()`)) as string[];
}

/**
 * The bytes of the document and of everything it asked for, bodies as the server
 * sends them to a browser; `page` is its own script, styles and markup.
 */
async function asSent(origin: string, document: string, resources: string[]): Promise<{ all: number; page: number }> {
  const sum = { all: 0, page: 0 };
  for (const url of new Set([document, ...resources].filter((u) => u.startsWith(origin)))) {
    const response = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "br, gzip" } });
    const bytes = Number(response.headers.get("content-length") ?? "0");
    sum.all += bytes;
    if (url === document || /\/assets\/page\./.test(url)) sum.page += bytes;
  }
  return sum;
}
