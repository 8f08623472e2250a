// A second reference: the same raw channel, and the browser saving what comes
// into a picked folder and reading it back, with none of our code. What the
// page needs above this is ours; what this needs above the raw channel isn't.

import { mkdirSync, rmSync } from "node:fs";
import type { Page } from "puppeteer-core";
import { drop } from "../harness/drop.ts";
import { rawSeconds } from "./raw.ts";

type Saver = typeof globalThis & { folder?: Promise<FileSystemDirectoryHandle | null>; finish?: () => Promise<number> };

/** Seconds from the first message sent until the file is closed and was read back. Chromium only. */
export async function savedSeconds(sender: Page, receiver: Page, bytes: number, destination: string): Promise<number> {
  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  await receiver.evaluate(() => {
    window.addEventListener(
      "drop",
      (e) => {
        e.preventDefault();
        e.stopImmediatePropagation(); // the page would take it for a share
        (globalThis as Saver).folder = e.dataTransfer?.items[0]?.getAsFileSystemHandle?.() as Promise<FileSystemDirectoryHandle | null>;
      },
      true,
    );
  });
  await drop(receiver, [destination]);
  await receiver.evaluate(saveWhatComes);
  const moved = await rawSeconds(sender, receiver, bytes);
  const began = performance.now();
  const size = await receiver.evaluate(() => (globalThis as Saver).finish?.());
  if (size !== bytes) throw new Error(`saved ${String(size)} bytes of ${String(bytes)}`);
  return moved + (performance.now() - began) / 1000;
}

/** In the page: what a channel receives goes into writes of 1 MiB. */
async function saveWhatComes(): Promise<void> {
  const folder = await (globalThis as Saver).folder;
  if (!folder) throw new Error("no folder was dropped");
  const file = await folder.getFileHandle("t0.mov", { create: true });
  const out = await file.createWritable();
  const writes: Promise<void>[] = [];
  let block = new Uint8Array(1 << 20);
  let filled = 0;
  let position = 0;
  const property = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, "onmessage");
  Object.defineProperty(RTCDataChannel.prototype, "onmessage", {
    configurable: true,
    set(this: RTCDataChannel, heard: (e: MessageEvent<ArrayBuffer>) => void) {
      property?.set?.call(this, (e: MessageEvent<ArrayBuffer>) => {
        const message = new Uint8Array(e.data);
        for (let at = 0; at < message.length; ) {
          const part = message.subarray(at, at + block.length - filled);
          block.set(part, filled);
          filled += part.length;
          at += part.length;
          if (filled < block.length) continue;
          writes.push(out.write({ type: "write", position, data: block }));
          position += filled;
          block = new Uint8Array(1 << 20);
          filled = 0;
        }
        heard(e);
      });
    },
  });
  (globalThis as Saver).finish = async () => {
    await Promise.all(writes);
    await out.close();
    const saved = await file.getFile();
    for (let at = 0; at < saved.size; at += 1 << 20) await saved.slice(at, at + (1 << 20)).arrayBuffer();
    return saved.size;
  };
}
