// How much memory a page and its workers hold, as DESIGN 5 counts it: JavaScript
// and WebAssembly. Chromium only: nobody else says.

import type { CDPSession, Page } from "puppeteer-core";

/**
 * Prepares to look at a page; returns what looks: bytes of JavaScript heap, array
 * buffers and linear memory of the page and its workers. `held`: only what
 * somebody still holds. Prepare before bytes move: the search for linear memory
 * has crashed busy pages.
 */
export async function heapOf(page: Page): Promise<(held: boolean) => Promise<number>> {
  const threads: { cdp: CDPSession; memories: string }[] = [];
  for (const cdp of [await page.createCDPSession(), ...page.workers().map((w) => w.client)]) threads.push({ cdp, memories: await linearMemories(cdp) });
  return async (held) => {
    let sum = 0;
    for (const { cdp, memories } of threads) {
      if (held) await cdp.send("HeapProfiler.collectGarbage");
      const usage: { usedSize: number; backingStorageSize?: number } = await cdp.send("Runtime.getHeapUsage");
      const { result } = await cdp.send("Runtime.callFunctionOn", {
        objectId: memories,
        functionDeclaration: "function () { return this.reduce((n, m) => n + m.buffer.byteLength, 0); }",
        returnByValue: true,
      });
      sum += usage.usedSize + (usage.backingStorageSize ?? 0) + Number(result.value);
    }
    return sum;
  };
}

/** Every WebAssembly.Memory of a thread, as a remote array: the product has no hook for it, the debugger finds them. */
async function linearMemories(cdp: CDPSession): Promise<string> {
  const { result: proto } = await cdp.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await cdp.send("Runtime.queryObjects", { prototypeObjectId: proto.objectId ?? "" });
  return objects.objectId ?? "";
}
