// The long ones: a file of 5 GB and 10,000 small ones, disk to disk through the
// real pages, compared byte for byte. `make lab`.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, mkdirSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { waitStage } from "../harness/actions.ts";
import { type Browser, launch } from "../harness/browser.ts";
import { bytes, digests, readTree, tempFolder, type Tree, writeTree } from "../harness/files.ts";
import { type Server, startServer } from "../harness/server.ts";
import { open, receive, share } from "../harness/transfer.ts";

const hour = 3_600_000;

/** 5 GB with something to find at places that 32-bit numbers get wrong; the rest takes no room on the disk. */
function largeFile(file: string): void {
  const size = 5_000_000_007;
  const out = openSync(file, "w");
  ftruncateSync(out, size);
  for (const at of [0, 2 ** 31 - 3, 2 ** 32 - 5, 2 ** 32 + 2 ** 20, size - 11]) writeSync(out, bytes(11, at % 97), 0, 11, at);
  closeSync(out);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 4 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

describe("Chromium into a real folder", () => {
  let server: Server;
  let from: Browser;
  let to: Browser;
  before(async () => {
    server = await startServer();
    [from, to] = [await launch("chromium"), await launch("chromium")];
  });
  after(async () => {
    await Promise.allSettled([from.close(), to.close(), server.stop()]);
  });

  test("a file of 5 GB, in segments that are joined", { timeout: hour }, async () => {
    const source = tempFolder();
    const file = path.join(source.path, "A001C001.mov");
    largeFile(file);
    const sender = await share(from, server.url, [file]);
    const recipient = await open(to, sender.link);
    try {
      await receive(recipient);
      await waitStage(recipient.page, "Complete", hour);
      const landed = path.join(recipient.folder, "A001C001.mov");
      assert.equal(statSync(landed).size, statSync(file).size);
      assert.equal(await digestOf(landed), await digestOf(file));
      assert.deepEqual(readdirSync(recipient.folder), ["A001C001.mov"], "the part folder is gone");
    } finally {
      await recipient.page.close();
      await sender.page.close();
      recipient.remove();
      source.remove();
    }
  });

  test("10,000 small files", { timeout: hour }, async () => {
    const source = tempFolder();
    const tree: Tree = {};
    for (let i = 0; i < 10_000; i++) tree[`A001/${String(i % 100).padStart(2, "0")}/A001.${String(i).padStart(6, "0")}.wav`] = bytes(10_240 + (i % 7), i);
    mkdirSync(path.join(source.path, "A001"));
    writeTree(source.path, tree);
    const sender = await share(from, server.url, [path.join(source.path, "A001")]);
    const recipient = await open(to, sender.link);
    try {
      await receive(recipient);
      await waitStage(recipient.page, "Complete", hour);
      assert.deepEqual(readTree(recipient.folder), digests(tree));
    } finally {
      await recipient.page.close();
      await sender.page.close();
      recipient.remove();
      source.remove();
    }
  });
});
