// A transfer that is cut, by a connection that breaks or a network that falls
// silent: it goes on where it was, or it fails and says so. It is never
// "Complete" with a byte missing. wasm/PROTOCOL.md 3, attack 27.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { status, waitStage } from "./harness/actions.ts";
import { type Browser, type Kind, kinds, launch } from "./harness/browser.ts";
import { cut, keepConnections } from "./harness/connections.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { makeNetwork, type Network, noNetwork } from "./harness/network.ts";
import { type Server, startServer } from "./harness/server.ts";
import { startTap, type Tap } from "./harness/tap.ts";
import { open, partWritten, type Recipient, receive, saved, share } from "./harness/transfer.ts";

/** A loss has to be said within this, ms. */
const saidWithin = 5_000;
/** How long one is watched to which nobody comes back, ms: longer than any wait of the protocol for somebody who is there. */
const awayFor = 75_000;

const source = tempFolder();
/** Long enough to be cut in its middle at 30 MB/s. */
const film = { "film.mov": bytes(96 << 20, 9) };
/** The same for those who wait in vain: what lands of the other is none of theirs. */
const lost = "lost.mov";

let server: Server;
let tap: Tap;
const local = new Map<Kind, Browser>();
const lasting: { close(): unknown }[] = []; // until the end
const opened: { close(): Promise<void> }[] = []; // until the end of a test

const why = noNetwork();

before(async () => {
  writeTree(source.path, { ...film, [lost]: film["film.mov"] });
  server = await startServer();
  tap = await startTap(server.url);
  for (const kind of kinds) local.set(kind, await launch(kind));
  await beginInVain();
});
after(async () => {
  for (const it of lasting.reverse()) await it.close();
  for (const browser of local.values()) await browser.close();
  await tap?.close();
  await server?.stop();
  source.remove();
});
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

interface Pair {
  sender: Page;
  recipient: Recipient;
}

/** A transfer of which a part, not all, is written when this returns. */
async function inTheMiddle(url: string, from: Browser, to: Browser, name: string, closing: { close(): unknown }[]): Promise<Pair> {
  const sender = await share(from, url, [`${source.path}/${name}`], keepConnections);
  closing.push(sender.page);
  const recipient = await open(to, sender.link);
  closing.push({ close: async () => recipient.remove() }, recipient.page);
  await receive(recipient);
  await partWritten(recipient.page);
  return { sender: sender.page, recipient };
}

interface Seen {
  stage: string;
  ms: number;
}

/** Notes every stage a page shows from now on, with the time: one that lasts a moment counts too. */
async function stages(page: Page): Promise<() => Promise<Seen[]>> {
  await page.evaluate(() => {
    const began = performance.now();
    const seen: { stage: string; ms: number }[] = [];
    const note = () => {
      const stage = document.querySelector("[role=status] strong")?.textContent ?? "";
      if (seen.at(-1)?.stage !== stage) seen.push({ stage, ms: performance.now() - began });
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(globalThis, { seen });
  });
  return () => page.evaluate(() => (globalThis as unknown as { seen: Seen[] }).seen);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const localBrowser = (kind: Kind): Browser => local.get(kind) ?? assert.fail(`${kind} did not start`);

/** Two hosts with the server on the first, and the browsers that are asked for on each. */
async function hosts(near: Kind[], far: Kind[]): Promise<{ url: string; network: Network; near: Map<Kind, Browser>; far: Map<Kind, Browser> }> {
  const network = makeNetwork();
  lasting.push({ close: () => network.remove() });
  const [a, b] = network.hosts;
  const url = `http://${a.address}:8090`;
  const there = await startServer({ host: a.address, port: 8090, under: ["ip", "netns", "exec", a.name] });
  lasting.push({ close: () => there.stop() });
  const start = async (host: typeof a, all: Kind[]): Promise<Map<Kind, Browser>> => {
    const browsers = new Map<Kind, Browser>();
    for (const kind of all) {
      // Plain HTTP between two hosts of a test: the pages need a secure context.
      const browser = await launch(kind, { host, chromiumArgs: [`--unsafely-treat-insecure-origin-as-secure=${url}`], firefoxPrefs: { "dom.securecontext.allowlist": a.address } });
      lasting.push(browser);
      browsers.set(kind, browser);
    }
    return browsers;
  };
  return { url, network, near: await start(a, near), far: await start(b, far) };
}

// Those to whom nobody comes back are watched for more than a minute. They begin
// first and wait while everything else is tested.

interface InVain {
  pages: { page: Page; seen: () => Promise<Seen[]> }[];
  said: Promise<string[]>;
  recipient: Recipient;
}

const inVain = new Map<string, InVain>();

async function beginInVain(): Promise<void> {
  for (const kind of kinds) {
    const { sender, recipient } = await inTheMiddle(tap.url, localBrowser(kind), localBrowser(kind), lost, lasting);
    await expectLoss(kind, recipient, [recipient.page], async () => {
      lasting.splice(lasting.indexOf(sender), 1);
      await sender.close();
    });
  }
  if (why !== null) return;
  const { url, network, near, far } = await hosts(["chromium"], ["firefox"]);
  const { sender, recipient } = await inTheMiddle(url, near.get("chromium") as Browser, far.get("firefox") as Browser, lost, lasting);
  await expectLoss("silence", recipient, [sender, recipient.page], async () => network.silence());
}

async function expectLoss(name: string, recipient: Recipient, watched: Page[], lose: () => Promise<void>): Promise<void> {
  const pages: InVain["pages"] = [];
  for (const page of watched) pages.push({ page, seen: await stages(page) });
  await lose();
  const said = Promise.all(
    watched.map(async (page) => {
      await waitStage(page, "Reconnecting", saidWithin);
      await wait(awayFor);
      return status(page);
    }),
  );
  said.catch(() => undefined); // told by its test
  inVain.set(name, { pages, said, recipient });
}

for (const kind of kinds) {
  test(`${kind}: a broken connection is said within 5 s, and the transfer goes on by itself`, async () => {
    const { sender, recipient } = await inTheMiddle(tap.url, localBrowser(kind), localBrowser(kind), "film.mov", opened);
    const seen = await stages(recipient.page);
    // A new connection is there in a tenth of a second, too soon to be seen: the hub is slow for a moment.
    tap.hold(2_000);
    await cut(sender);
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender, "Complete", 30_000);
    const [before, broken, after] = await seen();
    assert.deepEqual([before?.stage, broken?.stage, after?.stage], ["Transferring.", "Reconnecting.", "Transferring."]);
    assert.ok((broken?.ms ?? Infinity) < saidWithin, `said after ${broken?.ms} ms`);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
  });
}

test("a network that falls silent is said within 5 s on both sides, and the transfer goes on when it is back", { skip: why ?? false }, async () => {
  const { url, network, near, far } = await hosts([...kinds], [...kinds]);
  const pairs: Pair[] = [];
  for (const [from, to] of [["chromium", "firefox"], ["firefox", "chromium"]] as const) pairs.push(await inTheMiddle(url, near.get(from) as Browser, far.get(to) as Browser, "film.mov", opened));
  const pages = pairs.flatMap(({ sender, recipient }) => [sender, recipient.page]);
  // First the session outlives the silence, then it does not.
  for (const ms of [7_000, 20_000]) {
    network.silence();
    const back = wait(ms);
    await Promise.all(pages.map((page) => waitStage(page, "Reconnecting", saidWithin)));
    await back;
    for (const page of pages) assert.match(await status(page), /^Reconnecting\./);
    network.mend();
    await Promise.all(pages.map((page) => waitStage(page, ["Transferring", "Verifying", "Complete"], 45_000)));
  }
  for (const page of pages) await waitStage(page, "Complete", 60_000);
  for (const { recipient } of pairs) assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
});

describe("when nobody comes back", () => {
  const cases = [
    ["chromium", "its sender's page was closed, Chromium says so and waits", null],
    ["firefox", "its sender's page was closed, Firefox says so and waits", null],
    ["silence", "the network stays silent, both sides say so and wait", why],
  ] as const;
  for (const [name, what, skip] of cases) {
    test(`${what}, and nothing half is saved as whole`, { skip: skip ?? false }, async () => {
      const { pages, said, recipient } = inVain.get(name) ?? assert.fail("it did not begin");
      for (const text of await said) {
        assert.match(text, name === "silence" ? /^Reconnecting\. / : /^Reconnecting\. Since [^.]+\. The sender is not there: .* goes on by itself/);
        assert.match(text, /goes on by itself/);
      }
      for (const { seen } of pages) {
        const stages = await seen();
        assert.deepEqual(stages.map((s) => s.stage), ["Transferring.", "Reconnecting."]);
        // A page that is closed says so; only a network that is gone has to be missed.
        if (name !== "silence") assert.ok((stages[1]?.ms ?? Infinity) < 3_000, `said after ${stages[1]?.ms} ms`);
      }
      assert.deepEqual(readdirSync(recipient.folder).filter((file) => file.startsWith("lost")), [], "half a film is saved under its name");
    });
  }
});
