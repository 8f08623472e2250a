// Peak memory of both sides while a large file crosses: JavaScript and
// WebAssembly of the page and every worker, as DESIGN 5 counts it.

import { closeSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import type { CDPSession, Page } from "puppeteer-core";
import { launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { startServer } from "../harness/server.ts";
import { figure, note } from "./figure.ts";
import { transfer } from "./transfer.ts";

const size = 2 * 2 ** 30;
const everyMs = 2_000;

export async function measureMemory(): Promise<void> {
  const folder = tempFolder();
  const server = await startServer();
  const [from, to] = [await launch("chromium"), await launch("chromium")];
  try {
    const source = path.join(folder.path, "clip.mov");
    const file = openSync(source, "w");
    ftruncateSync(file, size); // zeros are sealed like anything else
    closeSync(file);
    const peaks = { sender: 0, receiver: 0 };
    let over = false;
    let looks = 0;
    let watching: Promise<void> = Promise.resolve();
    const done = await transfer({
      url: server.url, from, to, source, destination: path.join(folder.path, "landed"),
      during: async (sender, receiver) => {
        // Ends with the transfer; a look that is cut off by its end is no failure.
        watching = (async () => {
          while (!over) {
            peaks.sender = Math.max(peaks.sender, await heap(sender));
            peaks.receiver = Math.max(peaks.receiver, await heap(receiver));
            looks++;
            note(`  heap MiB: sender ${(peaks.sender / 2 ** 20).toFixed(1)}, recipient ${(peaks.receiver / 2 ** 20).toFixed(1)}`);
            await new Promise((resolve) => setTimeout(resolve, everyMs));
          }
        })().catch((error: unknown) => note(`  stopped looking: ${String(error)}`));
      },
    });
    over = true;
    await watching;
    if (looks < 5) throw new Error(`only ${looks} looks at the heaps`);
    await done.close();
    figure("heap_peak_mib_sender", peaks.sender / 2 ** 20, "MiB", looks);
    figure("heap_peak_mib_recipient", peaks.receiver / 2 ** 20, "MiB", looks);
  } finally {
    await Promise.allSettled([from.close(), to.close(), server.stop()]);
    folder.remove();
  }
}

/** Bytes of JavaScript heap, array buffers and linear memory of a page and its workers. */
async function heap(page: Page): Promise<number> {
  const sessions: CDPSession[] = [await page.createCDPSession(), ...page.workers().map((w) => w.client)];
  let sum = 0;
  for (const cdp of sessions) {
    const usage: { usedSize: number; backingStorageSize?: number } = await cdp.send("Runtime.getHeapUsage");
    sum += usage.usedSize + (usage.backingStorageSize ?? 0);
    sum += await linearMemory(cdp);
  }
  await sessions[0]?.detach();
  return sum;
}

/** Bytes of every WebAssembly.Memory of a thread: the product has no hook for it, the debugger finds them. */
async function linearMemory(cdp: CDPSession): Promise<number> {
  const { result: proto } = await cdp.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  if (proto.objectId === undefined) return 0;
  const { objects } = await cdp.send("Runtime.queryObjects", { prototypeObjectId: proto.objectId });
  const { result } = await cdp.send("Runtime.callFunctionOn", {
    objectId: objects.objectId ?? "",
    functionDeclaration: "function () { return this.reduce((n, m) => n + m.buffer.byteLength, 0); }",
    returnByValue: true,
  });
  await cdp.send("Runtime.releaseObject", { objectId: objects.objectId ?? "" });
  return typeof result.value === "number" ? result.value : 0;
}
