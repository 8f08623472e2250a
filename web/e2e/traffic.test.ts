// What the server could learn: a whole transfer with everything recorded that
// passes it. PROTOCOL.md 3, attacks 1 (a curious server) and 15 (the link in logs).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { cameraCard, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { startTap, type Tap } from "./harness/tap.ts";
import { open, receive, share } from "./harness/transfer.ts";

/** A frame of 2,048 bytes with its operation, topic and handle. signaling/PROTOCOL.md 3. */
const carriedSize = 1 + 32 + 4 + 2048;

let server: Server;
let tap: Tap;
let browser: Browser;
const source = tempFolder();
const card = cameraCard();

before(async () => {
  writeTree(source.path, card);
  server = await startServer();
  tap = await startTap(server.url);
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  await tap?.close();
  await server?.stop();
  source.remove();
});

test("the server carries frames of one size with no name, content, link or key in them", async () => {
  const sender = await share(browser, tap.url, [`${source.path}/A001_1130`]);
  const recipient = await open(browser, sender.link);
  await receive(recipient);
  await waitStage(recipient.page, "Complete", 60_000);
  await waitStage(sender.page, "Complete");
  await Promise.all([sender.page.close(), recipient.page.close()]);
  recipient.remove();

  // By what they are, not by their size: a short one must not slip by.
  const carried = tap.messages.filter((m) => m.opcode === 2 && (m.payload[0] === 0x03 || m.payload[0] === 0x84));
  assert.ok(carried.length >= 8, `a handshake and two descriptions passed, not ${carried.length} frames`);
  const sizes = new Set(carried.map((m) => `${m.toServer ? "to" : "from"} server ${m.payload.length}`));
  assert.deepEqual([...sizes].sort(), [`from server ${carriedSize}`, `to server ${carriedSize}`]);

  const fragment = sender.link.split("#")[1] ?? "";
  assert.equal(fragment.length, 48);
  const secret = Buffer.from(fragment, "base64url");
  const needles: [string, Buffer][] = [
    ["the link", Buffer.from(fragment)],
    ["the link's secret", secret.subarray(2, 18)],
    ["the link's fingerprint", secret.subarray(18, 34)],
  ];
  for (const [path, content] of Object.entries(card)) {
    for (const name of path.split("/")) if (name.length > 3) needles.push([`the name ${name}`, Buffer.from(name)]);
    if (content !== null && content.length >= 64) needles.push([`content of ${path}`, Buffer.from(content.subarray(0, 48))]);
  }
  const seen = [Buffer.concat(tap.raw), Buffer.concat(tap.messages.map((m) => m.payload)), Buffer.from(server.output())];
  assert.ok(seen.some((b) => b.includes("GET /r HTTP/1.1")), "the tap sees what passes");
  for (const [what, needle] of needles) {
    assert.equal(seen.some((b) => b.includes(needle)), false, `${what} passed the server`);
  }
});
