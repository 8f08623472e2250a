// What bad people and bad input get: links that robots open, leak or are of
// another time, names and files made to do harm, more files than is comfortable.
// wasm/PROTOCOL.md 3, attacks 15, 16, 31, 32, 46.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, shareLink, status, waitStage, waitWords } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { type Kind, kinds } from "./harness/browser.ts";
import { bytes, digest, digests, type Tree, writeTree } from "./harness/files.ts";
import { startTap, type Tap } from "./harness/tap.ts";
import { connect, type End, open, type Recipient, receive, saved, share } from "./harness/transfer.ts";

const small: Tree = { "Day 3/take.mov": bytes(300_000, 1) };

const { browsers, server, source } = scene(small);

/** What a test opened is closed after it, also where it failed. */
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

async function tapped(): Promise<Tap> {
  const tap = await startTap(server.url);
  opened.push(tap);
  return tap;
}

async function shared(kind: Kind, url: string, paths: string[]): Promise<End & { link: string }> {
  const sender = await share(browsers.of(kind), url, paths);
  opened.push(sender.page);
  return sender;
}

async function openedBy(kind: Kind, link: string): Promise<Recipient> {
  const recipient = await open(browsers.of(kind), link);
  opened.push({ close: async () => recipient.remove() }, recipient.page);
  return recipient;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const secretOf = (link: string): string => link.split("#")[1] ?? "";

describe("links", () => {
  for (const kind of kinds) {
    test(`attack 16: a robot that opens a link in ${kind} tells nobody, and uses nothing up`, async () => {
      const tap = await tapped();
      const sender = await shared("chromium", server.url, [`${source.path}/Day 3`]);
      const robot = await openedBy(kind, sender.link.replace(server.url, tap.url));
      await wait(5_000);
      assert.match(await status(robot.page), /^Ready\. Press Connect/);
      const asked = tap.raw.map((b) => b.toString("latin1")).join("");
      assert.match(asked, /GET \/r HTTP/, "the tap sees what passes");
      assert.equal(asked.includes("GET /signal"), false, "the robot connected");
      assert.equal(asked.includes(secretOf(sender.link)), false, "a request carries the link");
      assert.match(await status(sender.page), /^Waiting/);
      assert.deepEqual(await sender.page.$$eval("[aria-label=Recipients] > li", (all) => all.length), 0, "recipients on the sharer's page");

      const person = await openedBy(kind === "chromium" ? "firefox" : "chromium", sender.link);
      await receive(person);
      await waitStage(person.page, "Complete");
    });

    test(`attack 15: the link is in no request, header, storage or history of ${kind}`, async () => {
      const tap = await tapped();
      const sender = await shared(kind, tap.url, [`${source.path}/Day 3`]);
      const secret = secretOf(sender.link);
      assert.equal(secret.length, 48);
      const recipient = await openedBy(kind, sender.link);
      await receive(recipient);
      await waitStage(recipient.page, "Complete");
      const raw = Buffer.concat(tap.raw).toString("latin1");
      assert.match(raw, /GET \/signal HTTP/, "the tap sees what passes");
      assert.equal(raw.includes(secret), false, "the link passed the server");
      assert.equal(/\r\nreferer:/i.test(raw), false, "a request says where it comes from");
      for (const { watch } of [sender, recipient]) {
        // The driver tells addresses with the fragment, which browsers keep to themselves.
        const carried = watch.requests.filter((r) => r.url.split("#")[0]?.includes(secret) || JSON.stringify(r.headers).includes(secret));
        assert.deepEqual(carried, []);
      }
      assert.equal((await keeps(recipient.page)).includes(secret), false, "the page keeps the link");
      assert.equal(await recipient.page.evaluate(() => location.href), `${tap.url}/r`);
      if (kind === "chromium") {
        const cdp = await recipient.page.createCDPSession();
        const { entries } = await cdp.send("Page.getNavigationHistory");
        assert.deepEqual(entries.map((e) => e.url).filter((url) => url.includes("#")), [], "an entry of the history has the link");
      }
      await recipient.page.goto(`${tap.url}/healthz`);
      await recipient.page.goBack();
      assert.equal(await recipient.page.evaluate(() => location.href), `${tap.url}/r`);
      await waitWords(recipient.page, /There is no link here|received and verified/);
    });

    for (const [what, version, flags] of [["a later version", 2, 0], ["a flag of a later version", 1, 8]] as const) {
      test(`a link with ${what} is told in ${kind} before any network`, async () => {
        const tap = await tapped();
        const recipient = await openedBy(kind, `${tap.url}/r#${linkWith(version, flags)}`);
        assert.match(await waitStage(recipient.page, "Failed"), /update is needed/);
        assert.equal(await recipient.page.$("button"), null, "something can be pressed");
        assert.deepEqual([tap.messages, recipient.watch.requests.filter((r) => r.url.includes("/signal")), recipient.watch.problems], [[], [], []]);
      });
    }
  }
});

/** Everything a page stores, as text. */
function keeps(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const all = await Promise.all((await indexedDB.databases()).map(async ({ name = "" }) => name));
    const kept = await Promise.all((await caches.keys()).map(async (shell) => (await (await caches.open(shell)).keys()).map((r) => r.url)));
    return JSON.stringify([all, kept, { ...localStorage }, { ...sessionStorage }, document.cookie, document.referrer, history.state, document.title, name]);
  });
}

/** A whole link of any version and flags, with the right check. wasm/PROTOCOL.md (b). */
function linkWith(version: number, flags: number): string {
  const body = Buffer.concat([Buffer.from([version, flags]), randomBytes(32)]);
  const check = createHash("sha256").update("bee1 link check").update(body).digest().subarray(0, 2);
  return Buffer.concat([body, check]).toString("base64url");
}

// Whatever can run in a page, in one file.
const evil = `<!doctype html><title>evil</title><script>localStorage.setItem("evil", "ran")</script>
<img src=x onerror='localStorage.setItem("evil", "ran")'><svg onload='localStorage.setItem("evil", "ran")'>
<iframe srcdoc="<script>parent.localStorage.setItem('evil', 'ran')</script>"></iframe>`;

describe("attack 46: received HTML never runs as ours", () => {
  for (const kind of kinds) {
    test(kind, async () => {
      const tree = { "evil.html": Buffer.from(evil) };
      writeTree(source.path, tree);
      const sender = await shared("chromium", server.url, [`${source.path}/evil.html`]);
      const recipient = await openedBy(kind, sender.link);
      await receive(recipient);
      await waitStage(recipient.page, "Complete");
      assert.deepEqual(await saved(recipient, "evil.html"), digests(tree));
      assert.equal(await recipient.page.evaluate(() => location.href), `${server.url}/r`);

      const links = await recipient.page.$$eval("main a", (all) => all.map((a) => ({ href: a.href, download: a.download })));
      if (kind === "chromium") assert.deepEqual(links, [], "what lies in a folder has no address of ours");
      else {
        const { href, download } = links[0] ?? assert.fail("the download can't be saved again");
        assert.equal(download, "evil.html");
        // Opened in a tab instead of saved, it is saved all the same.
        const saving = readdirSync(recipient.folder).length;
        await recipient.page.$eval("main a", (a) => {
          a.removeAttribute("download");
          a.target = "_blank";
        });
        await recipient.page.click("main a");
        for (let i = 0; i < 100 && readdirSync(recipient.folder).length === saving; i++) await wait(50);
        assert.equal(readdirSync(recipient.folder).length, saving + 1, "downloads after opening it in a tab");
        const tabs = await recipient.browser.driver.pages();
        assert.deepEqual(tabs.map((t) => t.url()).filter((url) => url === href), [], "it is shown in a tab");
      }
      assert.equal(await recipient.page.evaluate(() => localStorage.getItem("evil")), null, "it ran");
    });
  }
});

const long = `${"x".repeat(300)}.mov`;
const shortened = (bytes: number): string => {
  const end = `%-${createHash("sha256").update(long).digest("hex").slice(0, 32)}.mov`;
  return "x".repeat(bytes - end.length) + end;
};

/** Names as no honest sender has them, and as what they land in a folder picked in Chromium and in an archive. */
const names: [sent: string, folder?: string, zip?: string][] = [
  ["fine.mov"],
  [".", "%2E", "%2E"],
  ["..", "%2E%2E", "%2E%2E"],
  ["%2E%2E", "%252E%252E", "%252E%252E"], // what another one is escaped to
  ["100%.mov"],
  ["a/b", "a%2Fb", "a%2Fb"],
  ["../../up.txt", ".%2E%2F..%2Fup.txt", "..%2F..%2Fup.txt"],
  ["back\\slash", "back%5Cslash", "back%5Cslash"],
  ["x\u0001y", "x%01y", "x%01y"],
  ["photo\u202egpj.exe", "photo%E2%80%AEgpj.exe", "photo%E2%80%AEgpj.exe"],
  ["zero\u200bwidth", "zero%E2%80%8Bwidth"],
  ["CON", "%43ON", "%43ON"],
  ["nul.txt", "%6Eul.txt", "%6Eul.txt"],
  ["a:b", "a%3Ab", "a%3Ab"],
  ["trail.", "trail%2E", "trail%2E"],
  ["trail ", "trail%20", "trail%20"],
  [" lead", "%20lead"],
  ["~backup", "%7Ebackup"],
  ["Thumbs.db", "%54humbs.db"],
  ["desktop.ini", "%64esktop.ini"],
  ["open.lnk", "open%2Elnk"],
  ["Same.txt"],
  ["same.TXT", "same (2).TXT", "same (2).TXT"],
  ["u\u0308.txt"],
  ["\u00fc.txt", "\u00fc (2).txt", "\u00fc (2).txt"],
  ["-rf"],
  [long, shortened(248), shortened(255)],
];

describe("attacks 31 and 32: names that lead elsewhere or deceive are shown, land escaped, and nothing lands outside", () => {
  for (const kind of kinds) {
    test(kind, async () => {
      const paths = names.map(([sent]) => ["Reel", sent]);
      paths.push(["Reel", "..", "..", "deep.txt"], ["Reel", "con", "in.txt"]);
      const sender = await shareCrafted(kind, server.url, paths);
      const recipient = await openedBy(kind, sender.link);
      await connect(recipient);

      const place = kind === "chromium" ? 1 : 2;
      const landing = names.map((n) => ({ sent: n[0], lands: n[place] ?? n[0] }));
      const flagged = landing.filter(({ sent, lands }) => sent !== lands).length + 3; // and the folders "..", ".." in it, "con"
      const said = [`${flagged} names can't be used here as they are`, ...landing.filter(({ sent, lands }) => sent !== lands).map(({ lands }) => `saved as ${lands}`)];
      await recipient.page.setViewport({ width: 1280, height: 4000 }); // the list has only the rows in sight
      const shown = await shownWith(recipient.page, said);
      assert.deepEqual(said.filter((text) => !shown.includes(text)), [], "not said");
      assert.ok(shown.includes("photo[U+202E]gpj.exe"), "a name that turns itself round is not shown as it is");
      assert.equal(["\u202e", "\u0001"].some((c) => shown.includes(c)), false, "a control character is in the page");

      await press(recipient.page, "Receive");
      await waitStage(recipient.page, "Complete");
      const holds = (name: string): string => digest(Buffer.from(`this is ${JSON.stringify(name)}`));
      const wanted = Object.fromEntries(landing.map(({ sent, lands }) => [`Reel/${lands}`, holds(sent)]));
      wanted["Reel/%2E%2E (2)/%2E%2E/deep.txt"] = holds("deep.txt"); // a file ".." came before
      wanted["Reel/%63on/in.txt"] = holds("in.txt");
      assert.deepEqual(await saved(recipient, "Reel.zip"), wanted);
      for (const name of ["up.txt", "deep.txt", "in.txt"]) {
        for (const above of ["..", "../.."]) assert.equal(existsSync(path.join(recipient.folder, above, name)), false, `${name} is outside`);
      }
      assert.deepEqual(recipient.watch.problems, []);
    });
  }
});

/** What a page shows once it shows all of this, or after a while without: the list is drawn a moment after it came. */
async function shownWith(page: Page, texts: string[]): Promise<string> {
  await page.waitForFunction((all: string[]) => all.every((text) => document.querySelector("main")?.textContent?.includes(text)), { timeout: 10_000, polling: 50 }, texts).catch(() => undefined);
  return page.$eval("main", (main) => main.textContent ?? "");
}

/** Has a page share what no disk holds: entries as a hostile program would list them. */
async function shareCrafted(kind: Kind, url: string, paths: string[][]): Promise<End & { link: string }> {
  const { page, watch } = await browsers.of(kind).page();
  opened.push(page);
  await page.goto(`${url}/`, { waitUntil: "load" });
  await waitStage(page, "Ready");
  await page.evaluate((all) => {
    type Node = { name: string; dir: boolean; children: Node[] };
    const top: Node = { name: "", dir: true, children: [] };
    for (const path of all) {
      let at = top;
      for (const [n, name] of path.entries()) {
        const file = n === path.length - 1;
        let next = at.children.find((c) => c.name === name && !file && c.dir);
        if (next === undefined) {
          next = { name, dir: !file, children: [] };
          at.children.push(next);
        }
        at = next;
      }
    }
    const entry = (node: Node): unknown => ({
      name: node.name,
      isFile: !node.dir,
      isDirectory: node.dir,
      file: (ok: (f: File) => void) => {
        const file = new File([`this is ${JSON.stringify(node.name)}`], "x");
        Object.defineProperty(file, "name", { value: node.name });
        ok(file);
      },
      createReader: () => {
        let read = false;
        return {
          readEntries: (ok: (all: unknown[]) => void) => {
            ok(read ? [] : node.children.map(entry));
            read = true;
          },
        };
      },
    });
    const drop = new DragEvent("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(drop, "dataTransfer", { value: { items: top.children.map((node) => ({ kind: "file", webkitGetAsEntry: () => entry(node) })), files: [] } });
    document.body.dispatchEvent(drop);
  }, paths);
  return { browser: browsers.of(kind), page, watch, link: await shareLink(page) };
}

describe("people and numbers", () => {
  test("who cancels leaves a living link behind, and the sharer is told so", async () => {
    const sender = await shared("chromium", server.url, [`${source.path}/Day 3`]);
    const recipient = await openedBy("chromium", sender.link);
    await connect(recipient);
    await press(recipient.page, "Cancel");
    assert.match(await waitStage(sender.page, "Cancelled"), /^Cancelled\. The recipient has stopped\. The link still works/);
    assert.equal(await shareLink(sender.page), sender.link);
  });

  test("2,000 small files arrive, each in its place", async () => {
    const tree: Tree = {};
    for (let i = 0; i < 2_000; i++) tree[`many/${i % 40}/${i}.wav`] = bytes(i % 3_000, i);
    writeTree(source.path, tree);
    const sender = await shared("chromium", server.url, [`${source.path}/many`]);
    const recipient = await openedBy("chromium", sender.link);
    await receive(recipient);
    assert.match(await waitStage(recipient.page, "Complete", 60_000), /2,000 files received and verified/);
    await waitStage(sender.page, "Complete");
    assert.deepEqual(await saved(recipient, ""), digests(tree));
  });
});
