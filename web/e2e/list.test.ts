// The list of files with the keyboard and by its names alone: opened, searched,
// chosen from, and what was chosen is what lands.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import path from "node:path";
import type { KeyInput, Page } from "puppeteer-core";
import { press, waitStage } from "./harness/actions.ts";
import { findings } from "./harness/axe.ts";
import { scene } from "./harness/both.ts";
import { kinds } from "./harness/browser.ts";
import { bytes, digests, type Tree } from "./harness/files.ts";
import { connect, open, type Recipient, saved, share } from "./harness/transfer.ts";

const longName = "a clip whose name somebody wrote in a hurry, with everything that came to mind, take 12, circled.mov";
const card: Tree = {
  "A001/CLIP/A001C001.mov": bytes(20_000, 1),
  "A001/CLIP/A001C002.mov": bytes(30_000, 2),
  "A001/CLIP/Größe.txt": bytes(40, 3),
  "A001/.DS_Store": bytes(6148, 4),
  "A001/empty": null,
  [`A001/${longName}`]: bytes(50, 5),
  "A001/con.txt": bytes(60, 6),
};
/** Two folders above enough clips to scroll. */
const roll: Tree = {};
for (let n = 10; n < 70; n++) roll[`B001/B001C0${n}.mov`] = bytes(n, n);
for (const name of ["AUDIO", "CLIP"]) for (let n = 10; n < 40; n++) roll[`B001/${name}/${n}.mov`] = bytes(n, n);
for (let n = 1; n <= 24; n++) if (n !== 17) card[`A001/plates/A001_C003.${String(n).padStart(4, "0")}.exr`] = bytes(1000, n);

const { browsers, server, source } = scene({ ...card, ...roll });
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

/** What a screen reader says of the rows: level, name, whether it is open, whether it is ticked. */
const rows = (page: Page): Promise<string[]> =>
  page.$$eval("[role=tree] [role=treeitem]", (all) =>
    all.map((row) => {
      const name = row.querySelector(".unseen")?.textContent ?? "";
      const open = row.getAttribute("aria-expanded");
      return `${row.getAttribute("aria-level")} ${name}${open === null ? "" : open === "true" ? " -" : " +"} ${row.getAttribute("aria-checked")}`;
    }),
  );

/** The name of the row that keys act on, by what the tree says of itself. */
const active = (page: Page): Promise<string> =>
  page.$eval("[role=tree]", (tree) => document.getElementById(tree.getAttribute("aria-activedescendant") ?? "")?.querySelector(".unseen")?.textContent?.split(",")[0] ?? "nothing");

async function keys(page: Page, ...all: KeyInput[]): Promise<void> {
  for (const key of all) await page.keyboard.press(key);
  await new Promise((resolve) => setTimeout(resolve, 100)); // a frame
}

/** Share, open, connect: the list is there and has the focus. */
async function list(kind: (typeof kinds)[number], folder = "A001"): Promise<Recipient> {
  const browser = browsers.of(kind);
  const sender = await share(browser, server.url, [path.join(source.path, folder)]);
  const recipient = await open(browser, sender.link);
  opened.push(sender.page, recipient.page, { close: async () => recipient.remove() });
  await recipient.page.bringToFront();
  await connect(recipient);
  await recipient.page.waitForFunction(() => document.querySelectorAll("[role=treeitem]").length >= 7, { timeout: 30_000, polling: 50 });
  await recipient.page.focus("[role=tree]");
  return recipient;
}

for (const kind of kinds) {
  test(`the list by keyboard and by name in ${kind}`, async () => {
    const { page, watch } = await list(kind);
    assert.deepEqual((await rows(page)).map((r) => r.replace(/, [\d.,]+ (?:kB|bytes)/, "")), [
      "1 A001, 29 files - true",
      "2 CLIP, 3 files + true",
      "2 empty, empty folder true",
      "2 plates, 23 files + true",
      "2 .DS_Store true",
      `2 ${longName} true`,
      "2 con.txt, saved as %63on.txt true",
    ]);
    assert.deepEqual(await page.$eval("[role=tree]", (t) => [t.getAttribute("aria-label"), t.getAttribute("aria-multiselectable")]), ["List of files", "true"]);
    assert.deepEqual(await page.$$eval("[role=treeitem]", (all) => all.map((r) => `${r.getAttribute("aria-posinset")}/${r.getAttribute("aria-setsize")}`)), ["1/1", "1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);

    await keys(page, "ArrowDown", "ArrowRight");
    assert.match((await rows(page))[1] ?? "", /^2 CLIP, .* - true$/, "a row says that it is open");
    await keys(page, "ArrowRight");
    assert.equal(await active(page), "A001C001.mov");
    await keys(page, "ArrowLeft");
    assert.equal(await active(page), "CLIP");
    await keys(page, "ArrowLeft");
    assert.equal((await rows(page)).length, 7, "closed again");
    await keys(page, "p");
    assert.equal(await active(page), "plates");
    await keys(page, "Enter", "ArrowDown");
    assert.match((await rows(page))[4] ?? "", /^3 A001_C003\.\[0001-0024\]\.exr, 23 frames, 23\.0 kB, missing 0017 \+ true$/);
    await keys(page, "ArrowRight");
    await keys(page, "ArrowRight");
    assert.equal(await active(page), "A001_C003.0001.exr");
    assert.ok((await rows(page)).length < 8 + 23, "only what is in sight is in the document");
    assert.equal(await page.$$eval("[role=treeitem][aria-level='4']", (all) => all[0]?.getAttribute("aria-setsize")), "23");
    await keys(page, "End");
    assert.equal(await active(page), "con.txt");
    await keys(page, "Home", "*");
    assert.equal(await active(page), "A001");
    assert.deepEqual(await findings(page), []);

    // The whole name of what is in use, and where it is.
    await keys(page, "End", "ArrowUp");
    assert.equal((await page.$eval(".tree-full", (e) => e.textContent)), `A001 / ${longName}`);
    // One stop of the Tab key: the next one leads out of the list.
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.closest("[role=tree]") === null), true);
    assert.deepEqual(watch.problems, []);
  });

  test(`nothing jumps under the pointer when rows come above it in ${kind}`, async () => {
    const { page, watch } = await list(kind, "B001");
    await page.$eval("[role=tree]", (tree) => tree.scrollIntoView({ block: "center" }));
    await keys(page, "End");
    const { x, y, rowsAbove } = await page.$eval("[role=tree]", (tree) => {
      const { left, top, width, height } = tree.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2, rowsAbove: tree.scrollTop };
    });
    await page.mouse.move(x, y);
    const under = (): Promise<string> => page.evaluate((left, top) => document.elementFromPoint(left, top)?.closest("[role=treeitem]")?.querySelector(".unseen")?.textContent ?? "nothing", x, y);
    const before = await under();
    assert.match(before, /^B001C0\d\d\.mov/);
    await keys(page, "*"); // opens both folders, which are above
    assert.equal(await under(), before);
    const now = await page.$eval("[role=tree]", (tree) => tree.scrollTop);
    assert.ok(now > rowsAbove + 60 * 30, `60 rows came above, but it scrolled from ${rowsAbove} to ${now}`);
    // Whoever scrolls away from the row in use finds it again with the next key.
    await page.$eval("[role=tree]", (tree) => tree.scrollTo(0, 0));
    await keys(page);
    assert.equal(await active(page), "B001C069.mov");
    await keys(page, "ArrowUp");
    assert.equal(await active(page), "B001C068.mov");
    assert.ok((await page.$eval("[role=tree]", (tree) => tree.scrollTop)) > 60 * 30, "it is in sight again");
    assert.deepEqual(watch.problems, []);
  });

  test(`searched, chosen and received in ${kind}`, async () => {
    const recipient = await list(kind);
    const { page, watch } = recipient;
    await page.focus("input[type=search]");
    await page.keyboard.type("GROSSE");
    await page.waitForFunction(() => document.body.textContent.includes("No name has this in it."), { polling: 50, timeout: 5000 });
    assert.deepEqual(await rows(page), []);
    await keys(page, "Escape");
    await page.keyboard.type("grö");
    await page.waitForFunction(() => document.body.textContent.includes("1 found"), { polling: 50, timeout: 5000 });
    assert.deepEqual((await rows(page)).map((r) => r.split(",")[0]), ["1 A001", "2 CLIP", "3 Größe.txt"]);
    await press(page, "Leave this one out");
    await keys(page, "Escape"); // the button has the focus: nothing happens
    await page.focus("input[type=search]");
    await keys(page, "Escape");
    assert.equal((await rows(page)).length, 7);
    assert.match((await rows(page))[1] ?? "", /^2 CLIP, .* mixed$/);

    await press(page, "None");
    assert.equal(await page.$$eval("button", (all) => all.find((b) => b.textContent === "Receive")?.disabled), true, "nothing is chosen");
    assert.deepEqual(await findings(page), []);
    assert.match((await rows(page))[1] ?? "", /^2 CLIP, .* false$/, "a row says what it is ticked");
    await page.focus("[role=tree]");
    await keys(page, "Home", "ArrowDown", " "); // CLIP
    await page.keyboard.type("con");
    await keys(page, " ");
    await page.waitForFunction(() => document.body.textContent.includes("4 of 29 files chosen"), { polling: 50, timeout: 5000 });

    await press(page, "Receive");
    await waitStage(page, "Complete");
    const wanted = Object.fromEntries(Object.entries(card).filter(([name]) => name.startsWith("A001/CLIP/")));
    wanted["A001/%63on.txt"] = card["A001/con.txt"] ?? null;
    assert.deepEqual(await saved(recipient, "A001.zip"), digests(wanted));
    // What became of each is told without asking for it.
    await page.focus("[role=tree]");
    await page.waitForFunction(() => [...document.querySelectorAll("[role=treeitem]")].some((r) => r.textContent?.includes("con.txt") && r.textContent.includes("verified")), { polling: 50, timeout: 5000 });
    await page.waitForFunction(() => [...document.querySelectorAll("[role=treeitem]")].some((r) => r.textContent?.includes(".DS_Store") && r.textContent.includes("left out")), { polling: 50, timeout: 5000 });
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(watch.problems, []);
  });
}
