// Every state of the pages, as the real engine brings it about: nothing that a
// machine can find wrong for people with a screen reader, a keyboard or weak
// eyes, in both schemes, and nothing wider than a phone of 320 px (WCAG 2.2 AA;
// 1.4.10 for the width).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { findings } from "./harness/axe.ts";
import { BothBrowsers } from "./harness/both.ts";
import { kinds } from "./harness/browser.ts";
import { tour } from "./harness/tour.ts";

const browsers = new BothBrowsers();
before(() => browsers.start());
after(() => browsers.close());

/** States that a browser must have been seen in: a tour that is cut short must not pass. Chromium has two more where a disk can be mounted. */
const least = { chromium: 75, firefox: 76 };

// Both at a time: most of a tour is waiting for what a page says after half a minute.
describe("axe", { concurrency: true }, () => {
  for (const kind of kinds) {
    test(`${kind}: axe finds nothing in any state, and none needs to be scrolled sideways at 320 px`, async () => {
      const found: string[] = [];
      const seen = new Set<string>();
      await tour(browsers.of(kind), async (name, page) => {
        assert.ok(!seen.has(name), `${name} was visited twice`);
        seen.add(name);
        for (const finding of await everywhere(page, kind === "chromium")) found.push(`${name}: ${finding}`);
      });
      assert.deepEqual(found, []);
      assert.ok(seen.size >= least[kind], `only ${seen.size} states: ${[...seen].join(", ")}`);
    });
  }
});

/** Narrow and light, wide and dark: colours don't depend on the width. Once where the driver can't ask for a scheme: it takes two seconds. */
async function everywhere(page: Page, schemes: boolean): Promise<string[]> {
  const found: string[] = [];
  await page.setViewport({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return null;
    const widest = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > clientWidth);
    return `${scrollWidth} px wide at ${clientWidth}: ${widest?.outerHTML.slice(0, 200)}`;
  });
  if (wide !== null) found.push(wide);
  const looks = [[390, "light"], [1280, "dark"]] as const;
  for (const [width, scheme] of schemes ? looks : looks.slice(0, 1)) {
    await page.setViewport({ width, height: 800 });
    if (schemes) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    found.push(...(await findings(page)).map((f) => `${width} ${schemes ? scheme : ""} ${f}`));
  }
  return found;
}
