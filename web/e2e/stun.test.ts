// The server's own STUN is on by default: a browser learns its address from it,
// through the hub, without anybody else being asked.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { type Server, startServer } from "./harness/server.ts";

describe("the embedded STUN", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ args: ["--stun", "127.0.0.1:0"] });
  });
  after(() => server.stop());

  for (const kind of kinds) {
    test(`answers ${kind}`, async () => {
      const browser: Browser = await launch(kind);
      try {
        const { page } = await browser.page();
        await page.goto(`${server.url}/`);
        // What the core does: ask the hub for servers, then gather with them.
        const urls = await page.evaluate(
          (url: string) =>
            new Promise<string[]>((resolve, reject) => {
              const socket = new WebSocket(url, "beeline.v1");
              socket.binaryType = "arraybuffer";
              socket.onerror = () => reject(new Error("no hub"));
              socket.onopen = () => socket.send(new Uint8Array([7]));
              socket.onmessage = (e: MessageEvent<ArrayBuffer>) => {
                const view = new DataView(e.data);
                if (view.getUint8(0) !== 0x87) return;
                let at = 5;
                for (let i = 0; i < 2; i++) at += 1 + view.getUint8(at); // name and password
                const found: string[] = [];
                for (let n = view.getUint8(at++); n > 0; n--) {
                  found.push(new TextDecoder().decode(new Uint8Array(e.data, at + 1, view.getUint8(at))));
                  at += 1 + view.getUint8(at);
                }
                socket.close();
                resolve(found);
              };
            }),
          `${server.url.replace("http", "ws")}/signal`,
        );
        assert.deepEqual(urls.map((u) => u.replace(/:.*/, "")), ["stun", "turn", "turn"]); // the relay is on, too
        assert.match(urls[0] ?? "", /^stun:127\.0\.0\.1:\d+$/);
        const error = await page.evaluate(
          (url: string) =>
            new Promise<string | null>((resolve) => {
              const pc = new RTCPeerConnection({ iceServers: [{ urls: [url] }] });
              pc.createDataChannel("x");
              pc.onicecandidateerror = (e) => resolve(`${e.errorCode} ${e.errorText}`);
              pc.onicecandidate = (e) => {
                if (e.candidate?.type === "srflx") resolve(null);
              };
              pc.onicegatheringstatechange = () => {
                if (pc.iceGatheringState === "complete") resolve(null);
              };
              void pc.setLocalDescription();
            }),
          urls[0] ?? "",
        );
        assert.equal(error, null, "gathering with the server's STUN fails");
      } finally {
        await browser.close();
      }
    });
  }
});
