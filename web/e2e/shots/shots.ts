// `make shots`: a picture of every state, light and dark, 1280 and 390 wide, in
// English and a part of them in German. Into web/.shots/, which git ignores.
//
//	node --import tsx e2e/shots/shots.ts [words]
//
// With words, only states whose name has one of them; those among them that name a
// browser or a part of the walk leave out the others: chromium paths.

import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { kinds, launch } from "../harness/browser.ts";
import { parts, tour, type Visit } from "../harness/tour.ts";
import { refusals } from "./refusals.ts";

const folder = path.join(import.meta.dirname, "../../.shots");
const sizes = [[1280, 800], [390, 844]] as const;
const all = [...(Object.keys(parts) as (keyof typeof parts)[]), "refusals"] as const;

const asked = process.argv.slice(2);
/** Those of these that were asked for; all, if none was. */
function among<T extends string>(these: readonly T[]): readonly T[] {
  const some = these.filter((it) => asked.includes(it));
  return some.length > 0 ? some : these;
}
const [browsers, walk] = [among(kinds), among(all)];
const words = asked.filter((word) => ![...kinds, ...all].some((it) => it === word));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** German stands where words are longest, and wherever a page says what to do. */
const inGerman = /^(contacts(-compare|-stop)?$|send-(empty|waiting|complete)|receive-(ready|listed|complete|stopped)|check|send-(directly|relay|no-relay|slow|unfinished|shared|choose|none|not|recipient)|receive-(hidden|slow|no-relay|unfinished|recalled|sender))/;

async function shoot(page: Page, name: string, schemes: readonly string[]): Promise<void> {
  for (const [width, height] of sizes) {
    await page.setViewport({ width, height });
    for (const scheme of schemes) {
      if (schemes[0] !== "") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.screenshot({ path: path.join(folder, `${name}-${width}${scheme === "" ? "" : `-${scheme}`}.png`) as `${string}.png`, fullPage: true });
    }
  }
}

async function inGermanToo(page: Page, shoot: () => Promise<void>): Promise<void> {
  if ((await page.$(".language select")) === null) return; // a page that can't do anything has no choice
  await page.select(".language select", "de");
  await shoot();
  await page.select(".language select", "en");
}

for (const kind of browsers) {
  const browser = await launch(kind);
  const visit: Visit = async (name, page) => {
    if (words.length > 0 && !words.some((w) => name.includes(w))) return;
    if (kind === "firefox") return shoot(page, `firefox-${name}`, [""]); // its driver can't ask for a scheme
    const refusal = name.startsWith("refusal-"); // many, of few kinds
    await shoot(page, name, refusal ? ["light"] : ["light", "dark"]);
    if (refusal || inGerman.test(name)) await inGermanToo(page, () => shoot(page, `${name}-de`, [refusal ? "dark" : "light"]));
  };
  try {
    await tour(browser, visit, walk.filter((part) => part !== "refusals"));
    if (walk.includes("refusals") && kind === "chromium") await refusals(browser, visit);
  } finally {
    await browser.close();
  }
}
