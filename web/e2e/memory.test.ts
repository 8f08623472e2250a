// Memory stays flat: what has been sent is not kept by either side, in
// JavaScript, array buffers or WebAssembly. `make bench` measures the peaks of a
// larger transfer; this one is only long enough to show a leak.

import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { press, waitStage } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { tempFolder } from "./harness/files.ts";
import { heapOf } from "./harness/heap.ts";
import { type Server, startServer } from "./harness/server.ts";
import { connect, open, partWritten, share } from "./harness/transfer.ts";

const MiB = 2 ** 20;
/** A leak of one byte in sixteen shows. */
const size = 192 * MiB;
const growth = 4 * MiB;
/** Of each side, with one lane worker. DESIGN 5. */
const most = 64 * MiB;

let server: Server;
let from: Browser;
let to: Browser;
const source = tempFolder();
before(async () => {
  writeFileSync(path.join(source.path, "clip.mov"), "");
  truncateSync(path.join(source.path, "clip.mov"), size); // zeros are sealed like anything else
  server = await startServer();
  from = await launch("chromium");
  to = await launch("chromium");
});
after(async () => {
  await from?.close();
  await to?.close();
  await server?.stop();
  source.remove();
});

test("the heaps of both sides do not grow with what has been sent", async () => {
  const sender = await share(from, server.url, [path.join(source.path, "clip.mov")]);
  const recipient = await open(to, sender.link);
  try {
    await connect(recipient);
    const [ofSender, ofRecipient] = [await heapOf(sender.page), await heapOf(recipient.page)];
    const look = async () => ({ sender: await ofSender(true), recipient: await ofRecipient(true) });
    await press(recipient.page, "Receive");
    await partWritten(recipient.page, 20, 60);
    const early = await look();
    await waitStage(recipient.page, "Complete", 60_000);
    await waitStage(sender.page, "Complete");
    const late = await look();
    for (const side of ["sender", "recipient"] as const) {
      const [before, now] = [early[side], late[side]];
      assert.ok(before > MiB && now > MiB, `${side}: ${before} and ${now} bytes are not what a page takes`);
      assert.ok(Math.max(before, now) <= most, `${side}: ${before / MiB} and ${now / MiB} MiB`);
      assert.ok(now <= before + growth, `${side}: from ${before / MiB} MiB to ${now / MiB} MiB`);
    }
  } finally {
    await Promise.all([sender.page.close(), recipient.page.close()]);
    recipient.remove();
  }
});
