// How soon a recipient can press Connect, how often they have to press, and
// whether anything jumps while a transfer runs.

import { writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink, waitStage } from "../harness/actions.ts";
import { figure, median, note } from "./figure.ts";
import { withPair } from "./pair.ts";

const rounds = 5;
const size = 128 << 20;

declare global {
  var shifts: { value: number; what: string }[];
  var clicks: number;
}

export function measurePage(): Promise<void> {
  return withPair("chromium", async ({ url, from, to, folder }) => {
    const source = path.join(folder, "clip.mov");
    writeFileSync(source, randomBytes(size));
    const { page: sender } = await from.page();
    await observe(sender);
    await sender.goto(`${url}/`);
    await drop(sender, [source]);
    const link = await shareLink(sender);

    const [paints, readies]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      const { page } = await to.page();
      await page.setCacheEnabled(false);
      await page.evaluateOnNewDocument(() => {
        // When Connect can be pressed, in ms since navigation began.
        new MutationObserver((_, observer) => {
          if (document.querySelector("main button.main:not(:disabled)") === null) return;
          observer.disconnect();
          performance.mark("connect");
        }).observe(document, { childList: true, subtree: true, attributes: true });
      });
      await page.goto(link);
      await page.waitForFunction(() => performance.getEntriesByName("connect").length > 0 && performance.getEntriesByName("first-contentful-paint").length > 0, { polling: 50 });
      const [paint, ready] = await page.evaluate(() => ["first-contentful-paint", "connect"].map((name) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN));
      paints.push(paint ?? Number.NaN);
      readies.push(ready ?? Number.NaN);
      await page.close();
    }
    figure("page_first_paint_ms", median(paints), "ms", rounds);
    figure("page_ready_ms", median(readies), "ms", rounds);

    const { page } = await to.page();
    await observe(page);
    // No driver can answer a picker: the browser's own storage stands in.
    await page.evaluateOnNewDocument("globalThis.showDirectoryPicker = () => navigator.storage.getDirectory()");
    await page.goto(link);
    await press(page, "Connect");
    await press(page, "Receive");
    await waitStage(page, "Complete", 120_000);
    await waitStage(sender, "Complete", 30_000);
    figure("receive_clicks", await page.evaluate(() => globalThis.clicks), "clicks", 1);
    figure("layout_shift", Math.max(await shifted(sender, "sender"), await shifted(page, "recipient")), "score", 2);
  });
}

/** Notes every shift that no input of the person explains, and every click, from the beginning. */
async function observe(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    globalThis.shifts = [];
    globalThis.clicks = 0;
    addEventListener("click", (e) => {
      if (e.isTrusted) globalThis.clicks++;
    }, true);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] })[]) {
        if (entry.hadRecentInput) continue;
        const nodes = entry.sources.map((s) => (s.node instanceof Element ? s.node.outerHTML.slice(0, 60) : "?"));
        globalThis.shifts.push({ value: entry.value, what: nodes.join(" ") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** The sum of all shifts, which is at least the CLS: that takes the worst five seconds only. */
async function shifted(page: Page, whose: string): Promise<number> {
  const shifts = await page.evaluate(() => globalThis.shifts);
  for (const { value, what } of shifts) note(`  ${whose}: shift ${value.toFixed(4)} of ${what}`);
  return shifts.reduce((sum, s) => sum + s.value, 0);
}
