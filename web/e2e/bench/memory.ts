// Peak memory of both sides while a large file crosses: what JavaScript and
// WebAssembly of the page and every worker hold, as DESIGN 5 counts it. What
// nobody holds is not counted: when that goes is the browser's own business.

import { closeSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import { heapOf } from "../harness/heap.ts";
import { figure, note } from "./figure.ts";
import { withPair } from "./pair.ts";
import { transfer } from "./transfer.ts";

const size = 2 * 2 ** 30;
const everyMs = 2_000;

export function measureMemory(): Promise<void> {
  return withPair("chromium", async ({ url, from, to, folder }) => {
    const source = path.join(folder, "clip.mov");
    const file = openSync(source, "w");
    ftruncateSync(file, size); // zeros are sealed like anything else
    closeSync(file);
    const peaks = { sender: 0, receiver: 0 };
    let over = false;
    let looks = 0;
    let watching: Promise<void> = Promise.resolve();
    const done = await transfer({
      url, from, to, source, destination: path.join(folder, "landed"),
      during: async (sender, receiver) => {
        // Ends with the transfer; a look that is cut off by its end is no failure.
        watching = (async () => {
          const [ofSender, ofReceiver] = [await heapOf(sender), await heapOf(receiver)];
          while (!over) {
            peaks.sender = Math.max(peaks.sender, await ofSender(true));
            peaks.receiver = Math.max(peaks.receiver, await ofReceiver(true));
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
  });
}
