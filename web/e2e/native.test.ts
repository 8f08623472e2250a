// The same core without a browser, on the other side of each browser, in both
// directions, by link and by code: what crosses is compared byte for byte with its
// source. A native peer that is killed goes on, whichever side it is.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { press, waitStage } from "./harness/actions.ts";
import { inEach } from "./harness/both.ts";
import { bytes, cameraCard, digests, readTree, tempFolder, writeTree } from "./harness/files.ts";
import { command, nativeReceive, nativeSend } from "./harness/native.ts";
import { type Server, startServer } from "./harness/server.ts";
import { open, partWritten, receive, saved, share } from "./harness/transfer.ts";

let server: Server;
const source = tempFolder();
const card = cameraCard();
const large = { "A002.mov": bytes(40_000_000, 21) };
const keys = tempFolder();
const single = { "A001C002 – take 2.mov": bytes(2_500_000, 20) };

before(async () => {
  writeTree(source.path, card);
  writeTree(source.path, single);
  writeTree(source.path, large);
  server = await startServer();
});
after(async () => {
  await server?.stop();
  source.remove();
  keys.remove();
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

  test(`a code of a native peer is typed in ${kind}`, async () => {
    const sender = await command(["send", "--code", "--once", "--server", server.url, `${source.path}/A001_1130`], keys.path);
    opened.push(sender);
    const { code } = await sender.next("code");
    const recipient = await open(browser, `${server.url}/r`);
    opened.push({ close: async () => recipient.remove() }, recipient.page);
    await recipient.page.waitForSelector("#code");
    await recipient.page.type("#code", String(code));
    await receive(recipient);
    assert.match(await waitStage(recipient.page, "Complete", 60_000), /received and verified/);
    assert.deepEqual(await saved(recipient, "A001_1130.zip"), digests(card));
    assert.equal((await sender.next("code"))["why"], "used");
    assert.deepEqual([(await sender.next("result"))["ok"], await sender.exit()], [true, 0]);
  });

  test(`a code of ${kind} is typed into a native peer`, async () => {
    const sender = await share(browser, server.url, [`${source.path}/A001_1130`]);
    opened.push(sender.page);
    await press(sender.page, "Say a code instead");
    const said = await sender.page.waitForFunction(() => document.querySelector(".spoken-code")?.textContent?.trim() || false, { timeout: 10_000, polling: 50 });
    const out = tempFolder();
    opened.push({ close: async () => out.remove() });
    const recipient = await command(["receive", "--yes", "--server", server.url, "--out", out.path], keys.path);
    opened.push(recipient);
    recipient.say(String(await said.jsonValue()));
    assert.deepEqual([(await recipient.next("result", 60_000))["ok"], await recipient.exit()], [true, 0]);
    assert.deepEqual(readTree(out.path), digests(card));
  });

  test(`a native peer is killed while it receives from ${kind}, and goes on`, async () => {
    const sender = await share(browser, server.url, [`${source.path}/A002.mov`]);
    opened.push(sender.page);
    const out = tempFolder();
    opened.push({ close: async () => out.remove() });
    const again = async () => {
      const it = await command(["receive", "--yes", "--out", out.path], keys.path);
      opened.push(it);
      it.say(sender.link);
      return it;
    };
    const first = await again();
    await first.next("progress", 30_000, (line) => Number(line["safe"]) >= 4 << 20);
    await first.kill();
    const second = await again();
    const began = await second.next("progress", 30_000, (line) => Number(line["written"]) > 0);
    assert.ok(Number(began["written"]) >= 4 << 20, `it began anew: ${JSON.stringify(began)}`);
    assert.deepEqual([(await second.next("result", 60_000))["ok"], await second.exit()], [true, 0]);
    assert.deepEqual(readTree(out.path), digests(large));
    assert.match(await waitStage(sender.page, "Complete"), /has everything, verified/);
  });

  test(`a native sender is killed while ${kind} receives, and goes on`, async () => {
    const links = tempFolder();
    opened.push({ close: async () => links.remove() });
    const send = async () => {
      const it = await command(["send", "--server", server.url, "--once", `${source.path}/A002.mov`], links.path);
      opened.push(it);
      return it;
    };
    const first = await send();
    const link = await first.next("link");
    assert.equal(link["restored"], false);
    const recipient = await open(browser, String(link["link"]));
    opened.push({ close: async () => recipient.remove() }, recipient.page);
    await receive(recipient);
    await partWritten(recipient.page, 5, 90);
    await first.kill();
    const second = await send();
    const again = await second.next("link");
    assert.deepEqual([again["link"], again["restored"]], [link["link"], true]);
    const { written } = await second.next("progress", 60_000, (line) => Number(line["written"]) > 0);
    assert.ok(Number(written) > 1 << 20, `it began anew: ${written}`);
    assert.match(await waitStage(recipient.page, "Complete", 60_000), /received and verified/);
    assert.deepEqual(await saved(recipient, "A002.mov"), digests(large));
    assert.deepEqual([(await second.next("result"))["ok"], await second.exit()], [true, 0]);
  });
});
