// The hub turned malicious, before real browsers. Whatever it does to what it
// carries, no page says anything that is not so, no session comes about that it
// could read or change, and once it behaves the transfer goes through.
// wasm/PROTOCOL.md 3, attacks 1 to 6.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { drop, press, status, waitStage } from "./harness/actions.ts";
import * as attacks from "./harness/attacks.ts";
import { BothBrowsers } from "./harness/both.ts";
import { type Browser, kinds } from "./harness/browser.ts";
import { type EvilHub, startEvilHub } from "./harness/evilhub.ts";
import { bytes, digests, tempFolder, type Tree, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { type End, open, type Recipient, saved, share } from "./harness/transfer.ts";

/** How long each attack lasts at least, ms: a knock that nobody answers is repeated after 15 s. */
const lasts = 18_000;

/** Attacks under which nobody gets through, by the numbers of wasm/PROTOCOL.md 3. */
const denying = {
  "attack 1, it plays both ends": attacks.playBothEnds,
  "attack 2, it changes how to connect": attacks.changeDescriptions,
  "attack 3, it plays an old run again": attacks.replay,
  "attack 4, it sends people what they said themselves": attacks.reflectAll,
  "attack 6, it talks down": attacks.talkDown,
  "it loses the answer to who comes": attacks.lose,
  "it says everything twice": attacks.sayTwice,
  "it cuts every frame": attacks.truncate,
  "it swaps two frames": attacks.swap,
  "it invents everybody": attacks.invent,
};

interface Pair {
  hub: EvilHub;
  sender: End & { link: string };
  recipient: Recipient;
  tree: Tree;
}

/** What an attack brought about. */
interface Seen {
  frames: number;
  /** Every status either page showed. */
  toSender: string[];
  toRecipient: string[];
  /** Of the share, at the recipient's. */
  leaked: string[];
}

let server: Server;
const browsers = new BothBrowsers();
const source = tempFolder();
const hubs: EvilHub[] = [];

before(async () => {
  server = await startServer();
  await browsers.start();
});
after(async () => {
  await browsers.close();
  for (const hub of hubs) await hub.close();
  await server?.stop();
  source.remove();
});

function browserNumber(n: number): Browser {
  return browsers.of(kinds[n % kinds.length] ?? "chromium");
}

async function evilHub(attack: ReturnType<(typeof denying)[keyof typeof denying]>): Promise<EvilHub> {
  const hub = await startEvilHub(server.url, attack);
  hubs.push(hub);
  return hub;
}

let pairs = 0;

/** A sharer in one browser and a recipient in another (each pairing in turn), who presses Connect. */
async function meet(hub: EvilHub): Promise<Pair> {
  const n = pairs++;
  const name = `pair ${n}.mov`; // Firefox numbers downloads of one name
  const tree = { [name]: bytes(300_000, n) };
  writeTree(source.path, tree);
  const sender = await share(browserNumber(n), hub.url, [`${source.path}/${name}`]);
  const recipient = await open(browserNumber(n + 1 + (n >> 1)), sender.link);
  await note(sender.page);
  await note(recipient.page);
  await press(recipient.page, "Connect");
  return { hub, sender, recipient, tree };
}

interface Said {
  said: Set<string>;
}

/** Notes every status that a page shows, also one that lasts a moment. */
async function note(page: Page): Promise<void> {
  await page.evaluate(() => {
    const said = new Set<string>();
    const look = () => said.add(document.querySelector("[role=status]")?.textContent ?? "");
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(globalThis, { said });
  });
}

async function look({ hub, recipient, sender, tree }: Pair): Promise<Seen> {
  const said = (page: Page) => page.evaluate(() => [...(globalThis as unknown as Said).said]);
  const shown = await recipient.page.evaluate(() => document.body.textContent);
  return { frames: hub.frames(), toSender: await said(sender.page), toRecipient: await said(recipient.page), leaked: Object.keys(tree).filter((name) => shown.includes(name)) };
}

/** The list comes, Receive is pressed, and what lands is what was sent. */
async function finish({ recipient, sender, tree }: Pair): Promise<void> {
  if ((await status(recipient.page)).startsWith("Failed")) await press(recipient.page, "Try again");
  await recipient.page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent === "Receive"), { timeout: 40_000, polling: 50 });
  if (recipient.browser.kind === "chromium") {
    await drop(recipient.page, [recipient.folder]);
    await recipient.page.waitForFunction((name: string) => document.body.textContent.includes(name), { polling: 50 }, path.basename(recipient.folder));
  }
  await press(recipient.page, "Receive");
  await waitStage(recipient.page, "Complete");
  await waitStage(sender.page, "Complete");
  assert.deepEqual(await saved(recipient, Object.keys(tree)[0] ?? ""), digests(tree));
  assert.deepEqual([sender.watch.problems, recipient.watch.problems], [[], []]);
  await Promise.all([sender.page.close(), recipient.page.close()]);
  recipient.remove();
}

describe("nobody gets through, and nobody is told anything else, while", () => {
  const crosswise = "attack 5, it wires two pairs crosswise";
  const fights = new Map<string, { pairs: Pair[]; seen: Promise<Seen[]> }>();
  // All at once: most of the time everybody waits.
  before(async () => {
    for (const [what, attack] of Object.entries(denying)) {
      const hub = await evilHub(attack());
      // Who asked a hub that invents was never announced anywhere else.
      begin(what, [await meet(hub)], what === "it invents everybody" ? hub.replace : hub.behave);
    }
    const hub = await evilHub(attacks.crossWire());
    begin(crosswise, [await meet(hub), await meet(hub)], hub.behave);
  });

  function begin(what: string, pairs: Pair[], stop: () => void): void {
    const seen = (async () => {
      await new Promise((resolve) => setTimeout(resolve, lasts));
      const found = await Promise.all(pairs.map(look));
      stop();
      return found;
    })();
    seen.catch(() => undefined); // told by its test
    fights.set(what, { pairs, seen });
  }

  for (const what of [...Object.keys(denying), crosswise]) {
    test(what, async () => {
      const { pairs, seen } = fights.get(what) ?? assert.fail("it did not begin");
      for (const { frames, toSender, toRecipient, leaked } of await seen) {
        assert.ok(frames > 1, `the hub attacked ${frames} frames`);
        assert.deepEqual(toSender.filter((s) => !/^(Waiting|Connecting|Reconnecting|Failed)\. ./.test(s)), [], "said to the sharer");
        assert.deepEqual(toRecipient.filter((s) => !/^(Ready\. (Looking at the link|Press Connect)|Waiting\. .|Connecting\. .|Failed\. The connection was disturbed)/.test(s)), [], "said to the recipient");
        assert.deepEqual(leaked, [], "shown to the recipient");
      }
      for (const pair of pairs) await finish(pair);
    });
  }
});

describe("a transfer goes through while", () => {
  for (const direction of ["one way", "the other way"]) {
    test(`the hub says everything else besides the truth, ${direction}`, async () => {
      const pair = await meet(await evilHub(attacks.annoy()));
      await finish(pair);
      assert.ok(pair.hub.frames() > 5, `the hub attacked ${pair.hub.frames()} frames`);
    });
  }
});
