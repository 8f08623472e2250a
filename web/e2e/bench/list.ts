// How the list of 100,000 files scrolls: a folder of that many is really shared
// and its list scrolled from end to end, so that what counts is the worst frame
// of the page a recipient has in front of them.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink } from "../harness/actions.ts";
import { figure, note } from "./figure.ts";
import { withPair } from "./pair.ts";

const entries = 100_000;
/** Times from end to end. */
const passes = 5;
/** Frames of one: each jumps by about 250 rows, so every frame draws all rows anew. */
const frames = 400;

export function measureList(): Promise<void> {
  return withPair("chromium", async ({ url, from, to, folder }) => {
    const source = path.join(folder, "A001");
    mkdirSync(source);
    // Names that are no sequence: each is a row of its own.
    for (let i = 1; i < entries; i++) writeFileSync(path.join(source, `A001C${String(i).padStart(6, "0")}_251125_R1AB.mov`), "");
    const { page: sender } = await from.page();
    await sender.goto(`${url}/`);
    const began = Date.now();
    await drop(sender, [source]);
    const link = await shareLink(sender);
    const { page } = await to.page();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(link);
    await press(page, "Connect");
    await page.waitForSelector("[role=treeitem]", { timeout: 60_000 });
    await page.waitForFunction((all: number) => Number(document.querySelectorAll("[role=treeitem]")[1]?.getAttribute("aria-setsize")) === all, { timeout: 200_000, polling: 500 }, entries - 1);
    note(`list: ${entries} entries were walked, sent and shown ${((Date.now() - began) / 1000).toFixed(1)} s after the drop`);

    await new Promise((resolve) => setTimeout(resolve, 2000)); // what loading left to do is no scrolling
    // The first pass is that of a page which was never scrolled before: it counts like the others.
    const worst: number[] = [];
    for (let n = 0; n < passes; n++) worst.push(await scrollThrough(page, n % 2 === 1));
    note(`list: worst frames of ${passes} passes: ${worst.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    figure("list_100k_scroll_ms", Math.max(...worst), "ms", passes);
  });
}

/** The longest time between two frames on the way through the list. */
async function scrollThrough(page: Page, up: boolean): Promise<number> {
  const { worst, blank } = await page.evaluate(
    async (steps: number, back: boolean) => {
      const box = document.querySelector<HTMLElement>("[role=tree]");
      if (box === null) throw new Error("no list");
      box.scrollIntoView({ block: "center" });
      const way = box.scrollHeight - box.clientHeight;
      const { left, top, width, height } = box.getBoundingClientRect();
      let longest = 0;
      let empty = 0;
      let before = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      for (let n = 0; n <= steps; n++) {
        box.scrollTop = (way * (back ? steps - n : n)) / steps;
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        longest = Math.max(longest, now - before);
        before = now;
        // What was drawn must be there: a list that shows nothing scrolls well.
        if (document.elementFromPoint(left + width / 2, top + height / 2)?.closest("[role=treeitem]") == null) empty++;
      }
      return { worst: longest, blank: empty };
    },
    frames,
    up,
  );
  const edge = await page.$$eval("[role=treeitem]", (rows) => rows.map((row) => Number(row.getAttribute("aria-posinset"))));
  if (!edge.includes(up ? 1 : entries - 1)) throw new Error(`the ${up ? "first" : "last"} row was not reached: ${edge.join(" ")}`);
  if (blank > frames / 100) throw new Error(`${blank} of ${frames} frames showed nothing in the middle of the list`);
  return worst;
}
