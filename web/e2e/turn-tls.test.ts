// TURN over TLS on the page's own port, which behind many firewalls is the only
// one: browsers find their relay there beside HTTPS.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { type Browser, launch } from "./harness/browser.ts";
import { tempFolder } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";

const folder = tempFolder();
const [cert, key] = [`${folder.path}/cert.pem`, `${folder.path}/key.pem`];
let server: Server;
const browsers: Browser[] = [];

before(async () => {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
  server = await startServer({ tls: { cert, key }, args: ["--stun", "127.0.0.1:0", "--relay", "on"] });
});
after(async () => {
  for (const browser of browsers) await browser.close();
  await server?.stop();
  folder.remove();
});

/** What a browser that uses nothing but this server of the hub's finds: kinds of candidates, and the ways to the relay. */
function gather(page: Page, url: string, scheme: string): Promise<{ urls: string[]; found: string[] }> {
  return page.evaluate(
    (hub: string, wanted: string) =>
      new Promise<{ urls: string[]; found: string[] }>((resolve, reject) => {
        const socket = new WebSocket(hub, "beeline.v1");
        socket.binaryType = "arraybuffer";
        socket.onerror = () => reject(new Error("no hub"));
        socket.onopen = () => socket.send(new Uint8Array([7]));
        socket.onmessage = (e: MessageEvent<ArrayBuffer>) => {
          const bytes = new Uint8Array(e.data);
          if (bytes[0] !== 0x87) return;
          let at = 5;
          const texts: string[] = [];
          for (let left = 2; left > 0; left--) {
            const n = bytes[at] ?? 0;
            texts.push(new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + n)));
            at += 1 + n;
            if (texts.length === 2) left += bytes[at++] ?? 0;
          }
          const [username = "", credential = "", ...urls] = texts;
          const rtc = new RTCPeerConnection({ iceServers: [{ urls: urls.filter((u) => u.startsWith(wanted)), username, credential }], iceTransportPolicy: "relay" });
          const found: string[] = [];
          const done = () => {
            rtc.close();
            resolve({ urls, found });
          };
          rtc.createDataChannel("x");
          rtc.onicecandidate = (c) => {
            if (c.candidate === null || c.candidate.candidate === "") return done();
            found.push(String(c.candidate.type));
          };
          setTimeout(done, 15_000);
          void rtc.setLocalDescription();
        };
      }),
    `${url.replace("https", "wss")}/signal`,
    scheme,
  );
}

// Their certificate is the test's own, so both are told to ask nobody about it.
const ways: [string, () => Promise<Browser>][] = [
  ["Chromium", () => launch("chromium", { chromiumArgs: ["--ignore-certificate-errors"] })],
  ["Firefox", () => launch("firefox")],
];

for (const [name, start] of ways) {
  test(`${name} gets an allocation on the port of the page`, async () => {
    const browser = await start();
    browsers.push(browser);
    const { page } = await browser.page();
    // By name: Firefox uses no TURN over TLS at an address.
    const url = server.url.replace("127.0.0.1", "localhost");
    await page.goto(`${url}/`);
    const { urls, found } = await gather(page, url, "turns:");
    assert.ok(urls.includes(`turns:${new URL(url).host}?transport=tcp`), `the hub names ${urls.join(", ")}`);
    assert.ok(found.length > 0 && found.every((kind) => kind === "relay"), `found: ${found.join(", ") || "nothing"}`);
  });
}
