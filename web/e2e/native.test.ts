// The same core without a browser, on the other side of each browser, in both
// directions: what crosses is compared byte for byte with its source.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { inEach } from "./harness/both.ts";
import { bytes, cameraCard, digests, readTree, tempFolder, writeTree } from "./harness/files.ts";
import { nativeReceive, nativeSend } from "./harness/native.ts";
import { type Server, startServer } from "./harness/server.ts";
import { open, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
const source = tempFolder();
const card = cameraCard();
const single = { "A001C002 – take 2.mov": bytes(2_500_000, 20) };

before(async () => {
  writeTree(source.path, card);
  writeTree(source.path, single);
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
});

/** What a test opened is closed after it, also where it failed. */
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0).reverse()) await it.close();
});

inEach((browser, kind) => {
  for (const [what, name, tree, download] of [
    ["a camera card", "A001_1130", card, "A001_1130.zip"],
    ["a single file", Object.keys(single)[0] ?? "", single, Object.keys(single)[0] ?? ""],
  ] as const) {
    test(`${what} from a native peer to ${kind}`, async () => {
      const sender = await nativeSend(server.url, [`${source.path}/${name}`], ["--once"]);
      opened.push(sender);
      const recipient = await open(browser, sender.link);
      opened.push({ close: async () => recipient.remove() }, recipient.page);
      await receive(recipient);
      assert.match(await waitStage(recipient.page, "Complete", 60_000), /received and verified/);
      assert.deepEqual(await saved(recipient, download), digests(tree));
      const { ok, why } = await sender.next("result");
      assert.deepEqual({ ok, why, exit: await sender.exit() }, { ok: true, why: null, exit: 0 });
      assert.deepEqual(recipient.watch.problems, []);
    });

    test(`${what} from ${kind} to a native peer`, async () => {
      const sender = await share(browser, server.url, [`${source.path}/${name}`]);
      opened.push(sender.page);
      const out = tempFolder();
      opened.push({ close: async () => out.remove() });
      const recipient = await nativeReceive(sender.link, out.path);
      opened.push(recipient);
      const { ok, why } = await recipient.next("result", 60_000);
      assert.deepEqual({ ok, why, exit: await recipient.exit() }, { ok: true, why: null, exit: 0 });
      assert.match(await waitStage(sender.page, "Complete"), /has everything, verified/);
      assert.deepEqual(readTree(out.path), digests(tree));
      assert.deepEqual(sender.watch.problems, []);
    });
  }
});
