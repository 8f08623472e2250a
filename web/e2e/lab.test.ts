// Browsers in a lab (backend/lab): a transfer between two hosts with a line
// between them that is far and lossy, and falls silent and changes in the middle.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { type Browser, type Kind, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Lab, noLab, startLink } from "./harness/netlab.ts";
import type { Server } from "./harness/server.ts";
import { open, partWritten, receive, saved, share } from "./harness/transfer.ts";

const why = noLab();
const skip = why ?? false;
const source = tempFolder();
const size = 16 << 20;
const film = { "film.mov": bytes(size, 3) };

let lab: Lab;
let server: Server;
const opened: { close(): Promise<unknown> }[] = [];

before(async () => {
  if (why !== null) return;
  writeTree(source.path, film);
  lab = await startLink({ delay: "20ms", loss: 0.001, rate: 1e9 }, 7);
  opened.push(lab);
  server = await lab.serve();
  opened.push({ close: () => server.stop() });
});
after(async () => {
  for (const it of opened.reverse()) await it.close();
  source.remove();
});

test("a transfer crosses the line, which loses packets and changes, and is verified", { skip }, async () => {
  const start = async (kind: Kind, host: string): Promise<Browser> => {
    const browser = await launch(kind, { host: lab.host(host) });
    opened.push(browser);
    return browser;
  };
  const [from, to] = [await start("chromium", "a"), await start("firefox", "b")];
  const sender = await share(from, lab.url, [`${source.path}/film.mov`]);
  const recipient = await open(to, sender.link);
  const before = await lab.report();
  await receive(recipient);
  await partWritten(recipient.page);
  await lab.down("a", "1s");
  await lab.line("a", { delay: "2ms", rate: 1e9 });
  await waitStage(recipient.page, "Complete", 60_000);
  const { up, missed } = await lab.report();
  assert.equal(missed, 0);
  const { bytes: sent = 0, lost = 0, cut = 0 } = up["a"] ?? {};
  assert.ok(sent - (before.up["a"]?.bytes ?? 0) > size, `${sent} bytes went over the line, less than the file has`);
  assert.ok(lost > 0 && cut > 0, `${lost} packets were lost and ${cut} cut`);
  assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
  recipient.remove();
});
