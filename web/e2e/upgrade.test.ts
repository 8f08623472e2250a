// A page that stays open while its server is replaced by one that speaks
// another protocol. signaling/PROTOCOL.md 6 and 10.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { press, waitStage, waitWords } from "./harness/actions.ts";
import { kinds, launch } from "./harness/browser.ts";
import { tempFolder, writeTree } from "./harness/files.ts";
import { freePort, type Server, startServer } from "./harness/server.ts";
import { open, share } from "./harness/transfer.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "beeline-next-"));
const source = tempFolder();

/** Builds the server of a later version: its hub speaks beeline.v2 and nothing else. */
function build(): string {
  const wire = path.join(root, "signaling/wire/wire.go");
  const later = path.join(folder, "wire.go");
  const overlay = path.join(folder, "overlay.json");
  const binary = path.join(folder, "beeline");
  const text = readFileSync(wire, "utf8");
  assert.ok(text.includes('"beeline.v1"'), "the subprotocol is not where it was");
  writeFileSync(later, text.replace('"beeline.v1"', '"beeline.v2"'));
  writeFileSync(overlay, JSON.stringify({ Replace: { [wire]: later } }));
  execFileSync("go", ["build", "-overlay", overlay, "-o", binary, "./backend"], { cwd: root });
  return binary;
}

let binary: string;
before(() => {
  writeTree(source.path, { "a.txt": Buffer.from("a") });
  binary = build();
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  source.remove();
});

for (const kind of kinds) {
  test(`${kind}: pages that are older than their server ask to be loaded again`, async () => {
    const port = await freePort();
    let server: Server | null = await startServer({ port });
    const browser = await launch(kind);
    try {
      const sender = await share(browser, server.url, [path.join(source.path, "a.txt")]);
      await waitStage(sender.page, "Waiting");
      const recipient = await open(browser, sender.link);
      await waitStage(recipient.page, "Ready");

      await server.stop();
      server = null;
      await waitWords(sender.page, /^Connecting. Looking for the server/, 20_000);
      server = await startServer({ port, binary });
      await waitWords(sender.page, /^Connecting. This page is older than its server..*Reload this page and share again./, 20_000);
      await press(recipient.page, "Connect");
      await waitWords(recipient.page, /^Waiting. This page is older than its server..*Reload this page, then open the link again./, 20_000);
      recipient.remove();
    } finally {
      await browser.close();
      await server?.stop();
    }
  });
}
