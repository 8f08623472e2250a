// Which way the bytes may go, by a person's choice: through a relay only, where
// neither browser tells or is told an address of a person, or never through one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { press, waitStage, waitWords } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { keepConnections } from "./harness/connections.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { type End, open, receive, type Recipient, saved, share } from "./harness/transfer.ts";

const source = tempFolder();
const film = { "film.mov": bytes(3 << 20, 7) };

let server: Server;
let chromium: Browser;
let firefox: Browser;

before(async () => {
  writeTree(source.path, film);
  server = await startServer({ args: ["--stun", "127.0.0.1:0", "--relay", "on"] });
  [chromium, firefox] = [await launch("chromium"), await launch("firefox")];
});
after(async () => {
  await chromium?.close();
  await firefox?.close();
  await server?.stop();
  source.remove();
});

interface Known {
  /** Kinds of candidates that this page told. */
  told: string;
  /** Kinds that it knows of the other one, each with its address. */
  theirs: string[];
  schemes: string;
  policy: string | undefined;
}

/** What the connections of a page tell and know. */
function known(page: Page): Promise<Known> {
  return page.evaluate(() => {
    const all = (globalThis as unknown as { connections: RTCPeerConnection[] }).connections;
    const lines = all.flatMap((c) => (c.remoteDescription?.sdp ?? "").split("\r\n").filter((l) => l.startsWith("a=candidate:")));
    const config = all[0]?.getConfiguration();
    return {
      told: [...new Set(all.flatMap((c) => [...(c.localDescription?.sdp ?? "").matchAll(/ typ (\w+)/g)].map((m) => m[1])))].sort().join(" "),
      theirs: [...new Set(lines.map((l) => `${l.split(" ")[7]} ${l.split(" ")[4]}`))].sort(),
      schemes: [...new Set((config?.iceServers ?? []).flatMap((s) => s.urls).map((u) => u.split(":")[0]))].sort().join(" "),
      policy: config?.iceTransportPolicy,
    };
  });
}

async function choosePaths(page: Page, choice: string): Promise<void> {
  await page.locator(`::-p-aria([name="${choice}"][role="radio"])`).click();
  await page.waitForFunction((name: string) => [...document.querySelectorAll<HTMLInputElement>("input[name=paths]")].some((b) => b.checked && b.parentElement?.textContent?.trim() === name), {}, choice);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the core has it once its view came
}

async function pair(from: Browser, to: Browser, choice: string | null): Promise<{ sender: End & { link: string }; recipient: Recipient }> {
  const sender = await share(from, server.url, [`${source.path}/film.mov`], keepConnections);
  if (choice !== null) await choosePaths(sender.page, choice);
  return { sender, recipient: await open(to, sender.link, keepConnections) };
}

async function over({ sender, recipient }: { sender: End; recipient: Recipient }): Promise<void> {
  await waitStage(recipient.page, "Complete", 60_000);
  await waitStage(sender.page, "Complete", 30_000);
  assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
  recipient.remove();
  await recipient.page.close();
  await sender.page.close();
}

const says = "document.querySelector('.path-word')?.textContent.includes('through a relay')";

for (const [what, from, to] of [["Chromium to Firefox", () => chromium, () => firefox], ["Firefox to Chromium", () => firefox, () => chromium]] as const) {
  test(`${what}, relay only: neither tells or learns an address of a person, and both pages say the path`, async () => {
    const both = await pair(from(), to(), "Through a relay only");
    await receive(both.recipient);
    await waitStage(both.recipient.page, ["Transferring", "Verifying", "Complete"], 60_000);
    for (const { page } of [both.sender, both.recipient]) {
      const { told, theirs, schemes, policy } = await known(page);
      assert.deepEqual({ told, theirs, schemes, policy }, { told: "relay", theirs: ["relay 192.0.0.8"], schemes: "turn", policy: "relay" });
    }
    await Promise.all([both.sender, both.recipient].map(({ page }) => page.waitForFunction(says, { timeout: 30_000, polling: 50 })));
    await over(both);
  });
}

test("a recipient who hides tells the sender a relay's address only", async () => {
  const both = await pair(chromium, firefox, null);
  await both.recipient.page.locator('::-p-aria([name="Hide my internet address from the sender"][role="checkbox"])').click();
  await receive(both.recipient);
  await waitStage(both.recipient.page, ["Transferring", "Verifying", "Complete"], 60_000);
  assert.deepEqual((await known(both.sender.page)).theirs, ["relay 192.0.0.8"]);
  assert.equal((await known(both.recipient.page)).told, "relay");
  await over(both);
});

test("direct only: neither browser is given a relay, and no candidate of one is told", async () => {
  const both = await pair(firefox, chromium, "Directly only");
  await receive(both.recipient);
  await waitStage(both.recipient.page, ["Transferring", "Verifying", "Complete"], 60_000);
  for (const { page } of [both.sender, both.recipient]) {
    const { told, theirs, schemes } = await known(page);
    assert.equal(schemes, "stun");
    assert.doesNotMatch(`${told} ${theirs.join(" ")}`, /relay/);
  }
  await over(both);
});

test("both pages say why it is slow, and not what is not so: a relay that carries little", async () => {
  const narrow = await startServer({ args: ["--stun", "127.0.0.1:0", "--relay", "on", "--relay-rate", "16"] });
  const long = tempFolder();
  try {
    writeTree(long.path, { "film.mov": bytes(40 << 20, 8) });
    const sender = await share(chromium, narrow.url, [`${long.path}/film.mov`]);
    await choosePaths(sender.page, "Through a relay only");
    const recipient = await open(firefox, sender.link);
    await receive(recipient);
    for (const { page } of [sender, recipient]) {
      await page.waitForFunction("(document.querySelector('.slow')?.textContent ?? '') !== ''", { timeout: 30_000, polling: 50 });
      assert.match(await page.$eval(".slow", (e) => e.textContent ?? ""), /goes through a relay/);
    }
    await press(recipient.page, "Cancel");
    recipient.remove();
    await recipient.page.close({ runBeforeUnload: false });
    await sender.page.close({ runBeforeUnload: false });
  } finally {
    await narrow.stop();
    long.remove();
  }
});

test("relay only where there is no relay: both pages say so, the sender's before anybody comes", async () => {
  const bare = await startServer({ args: ["--stun", "127.0.0.1:0", "--relay", "off"] });
  try {
    const sender = await share(chromium, bare.url, [`${source.path}/film.mov`], keepConnections);
    await choosePaths(sender.page, "Through a relay only");
    await sender.page.waitForFunction("document.querySelector('.ways [role=alert]')?.textContent.includes('no relay')");
    const recipient = await open(firefox, sender.link);
    await press(recipient.page, "Connect");
    await waitWords(recipient.page, /^Failed.*There is no relay to connect through/);
    await waitWords(sender.page, /^Failed.*There was no relay to connect through/);
    // Another choice, and the same link works for the same person.
    await choosePaths(sender.page, "Any way");
    await press(recipient.page, "Try again");
    await waitStage(recipient.page, "Ready");
    recipient.remove();
  } finally {
    await bare.stop();
  }
});
