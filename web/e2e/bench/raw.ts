// The reference: a plain data channel between the same two browsers, in the
// pages of the same server, with nothing sealed, read or written.

import type { Page } from "puppeteer-core";

const messageBytes = 65_536;
const high = 1 << 20;

interface Raw {
  pc: RTCPeerConnection;
  channel: RTCDataChannel;
}
type Holder = typeof globalThis & { raw?: Raw; rawDone?: Promise<number> };

/** Seconds from the first message sent to the last received. */
export async function rawSeconds(sender: Page, receiver: Page, bytes: number): Promise<number> {
  const offer = await sender.evaluate(async () => {
    const pc = new RTCPeerConnection();
    const channel = pc.createDataChannel("raw", { negotiated: true, id: 1, ordered: false });
    channel.binaryType = "arraybuffer";
    (globalThis as Holder).raw = { pc, channel };
    await pc.setLocalDescription(await pc.createOffer());
    await new Promise<void>((resolve) => {
      if (pc.iceGatheringState === "complete") resolve();
      pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
    });
    return pc.localDescription?.sdp ?? "";
  });
  const answer = await receiver.evaluate(
    async (sdp: string, total: number) => {
      const pc = new RTCPeerConnection();
      const channel = pc.createDataChannel("raw", { negotiated: true, id: 1, ordered: false });
      channel.binaryType = "arraybuffer";
      (globalThis as Holder).raw = { pc, channel };
      (globalThis as Holder).rawDone = new Promise((resolve) => {
        let got = 0;
        channel.onmessage = (e: MessageEvent<ArrayBuffer>) => {
          got += e.data.byteLength;
          if (got >= total) resolve(performance.timeOrigin + performance.now());
        };
      });
      await pc.setRemoteDescription({ type: "offer", sdp });
      await pc.setLocalDescription(await pc.createAnswer());
      await new Promise<void>((resolve) => {
        if (pc.iceGatheringState === "complete") resolve();
        pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
      });
      return pc.localDescription?.sdp ?? "";
    },
    offer,
    bytes,
  );
  const began = await sender.evaluate(
    async (sdp: string, total: number, size: number, limit: number) => {
      const { pc, channel } = (globalThis as Holder).raw as Raw;
      await pc.setRemoteDescription({ type: "answer", sdp });
      if (channel.readyState !== "open") await new Promise((resolve) => (channel.onopen = resolve));
      const message = new Uint8Array(size);
      crypto.getRandomValues(message);
      channel.bufferedAmountLowThreshold = limit / 4;
      const start = performance.timeOrigin + performance.now();
      void (async () => {
        for (let sent = 0; sent < total; sent += size) {
          if (channel.bufferedAmount > limit) await new Promise((resolve) => (channel.onbufferedamountlow = resolve));
          channel.send(sent + size <= total ? message : message.subarray(0, total - sent));
        }
      })();
      return start;
    },
    answer,
    bytes,
    messageBytes,
    high,
  );
  const ended = await receiver.evaluate(() => (globalThis as Holder).rawDone as Promise<number>);
  for (const page of [sender, receiver]) await page.evaluate(() => (globalThis as Holder).raw?.pc.close());
  return (ended - began) / 1000;
}
