// Two browsers that no direct way connects: everything goes through the server's
// own relay (TURN), and both pages say so. In one browser UDP is forbidden
// altogether, as a company's firewall does, so the relay is reached by TCP.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { freePort, type Server, startServer } from "./harness/server.ts";
import { open, receive, saved, share } from "./harness/transfer.ts";

const source = tempFolder();
const size = 48 << 20;
const film = { "film.mov": bytes(size, 5) };

let server: Server;
let metrics: string;
const opened: { close(): Promise<void> }[] = [];

before(async () => {
  writeTree(source.path, film);
  metrics = `127.0.0.1:${await freePort()}`;
  server = await startServer({ args: ["--stun", "127.0.0.1:0", "--relay", "on", "--metrics", metrics] });
});
after(async () => {
  for (const it of opened.reverse()) await it.close();
  await server?.stop();
  source.remove();
});

/** Chromium with TCP alone. */
const withoutUDP = (): Promise<Browser> =>
  launch("chromium", { chromiumArgs: ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp"] });
/** Firefox that uses nothing but a relay. */
const relayOnly = (): Promise<Browser> => launch("firefox", { firefoxPrefs: { "media.peerconnection.ice.relay_only": true } });

/** Bytes that the server has relayed so far. */
async function carried(): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^beeline_relay_bytes_total (\S+)$/m.exec(text)?.[1]);
}

const cases: [what: string, () => Promise<Browser>, () => Promise<Browser>][] = [
  ["Chromium without UDP to Firefox with the relay only", withoutUDP, relayOnly],
  // The relay refuses permission for the addresses of the side that has some: that costs those pairs, not the connection.
  ["Firefox with the relay only to Chromium", relayOnly, () => launch("chromium")],
  ["Chromium without UDP to Firefox", withoutUDP, () => launch("firefox")],
];

for (const [what, from, to] of cases) {
  test(`${what}: a transfer goes through the relay, is verified, and both pages say so`, async () => {
    const [sending, receiving] = [await from(), await to()];
    opened.push(sending, receiving);
    const sender = await share(sending, server.url, [`${source.path}/film.mov`]);
    const recipient = await open(receiving, sender.link);
    const before = await carried();
    await receive(recipient);
    const says = "document.querySelector('.path-word')?.textContent.includes('through a relay')";
    await Promise.all([sender.page, recipient.page].map((page) => page.waitForFunction(says, { timeout: 30_000, polling: 50 })));
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender.page, "Complete", 30_000);
    const bytes = (await carried()) - before;
    assert.ok(bytes > size, `the relay carried ${bytes} bytes, less than the file's ${size}`);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    recipient.remove();
  });
}

test("the server says nothing of those who used it", () => {
  assert.doesNotMatch(server.output(), /192\.0\.0\.8|turn:|:[A-Za-z0-9_-]{16}\b/);
  assert.match(server.output(), /relay: udp and tcp 127\.0\.0\.1:\d+/);
});
