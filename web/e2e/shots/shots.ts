// `make shots`: a picture of every state, light and dark, 1280 and 390 wide, in
// English and a part of them in German. Into web/.shots/, which git ignores.
//
//	node --import tsx e2e/shots/shots.ts [words]    only states whose name has one of the words

import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { launch } from "../harness/browser.ts";
import { tour } from "../harness/tour.ts";

const folder = path.join(import.meta.dirname, "../../.shots");
const words = process.argv.slice(2);
const sizes = [[1280, 800], [390, 844]] as const;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** German stands where words are longest. */
const inGerman = /^(send-(empty|waiting|complete)|receive-(ready|listed|complete|stopped)|contacts(-compare|-stop)?)$/;

async function shoot(page: Page, name: string, schemes: readonly string[]): Promise<void> {
  for (const [width, height] of sizes) {
    await page.setViewport({ width, height });
    for (const scheme of schemes) {
      if (schemes.length > 1) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.screenshot({ path: path.join(folder, `${name}-${width}-${scheme}.png`) as `${string}.png`, fullPage: true });
    }
  }
}

for (const kind of ["chromium", "firefox"] as const) {
  const browser = await launch(kind);
  try {
    await tour(browser, async (name, page) => {
      if (words.length > 0 && !words.some((w) => name.includes(w))) return;
      if (kind === "firefox") return shoot(page, `firefox-${name}`, ["light"]); // its driver can't ask for a scheme
      await shoot(page, name, ["light", "dark"]);
      if (!inGerman.test(name)) return;
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
      await page.select(".language select", "de");
      await shoot(page, `${name}-de`, ["light"]);
      await page.select(".language select", "en");
    });
  } finally {
    await browser.close();
  }
}
