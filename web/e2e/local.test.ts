// `beeline web`: the page comes from this computer, people meet through a public
// server, and links lead there. In Chromium alone: the rest is the same page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { launch } from "./harness/browser.ts";
import { digests, tempFolder, writeTree } from "./harness/files.ts";
import { startServer } from "./harness/server.ts";
import { open, receive, saved, share } from "./harness/transfer.ts";

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

test("a page of one's own meets others through the public server", async () => {
  const files = { "take 2.mov": Buffer.from("film".repeat(100_000)) };
  const source = tempFolder();
  closing.push(() => source.remove());
  writeTree(source.path, files);
  const server = await startServer();
  closing.push(() => server.stop());
  const binary = process.env["BEELINE_BINARY"] ?? path.resolve(import.meta.dirname, "../../bin/beeline");
  const local = spawn(binary, ["web", "--server", server.url.replace("http://", "ws://")], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(local, "exit");
  closing.push(async () => {
    local.kill("SIGTERM"); // with a WebSocket open
    assert.equal((await ended)[0], 0);
  });
  const [line] = (await once(createInterface(local.stdout), "line")) as [string];
  const own = /http:\/\/127\.0\.0\.1:\d+$/.exec(line)?.[0] ?? assert.fail(line);
  const browser = await launch("chromium");
  closing.push(() => browser.close());

  const sender = await share(browser, own, [`${source.path}/take 2.mov`]);
  assert.ok(sender.link.startsWith(`${server.url}/r#`), "the link leads to the page's own server");
  const recipient = await open(browser, sender.link);
  closing.push(() => recipient.remove());
  await receive(recipient);
  assert.match(await waitStage(recipient.page, "Complete", 60_000), /received and verified/);
  assert.deepEqual(await saved(recipient, "take 2.mov"), digests(files));
  assert.match(await waitStage(sender.page, "Complete"), /has everything, verified/);
  assert.deepEqual([...sender.watch.problems, ...recipient.watch.problems], []);
});
