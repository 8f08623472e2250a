// Browsers in a lab (backend/lab): a transfer between two hosts with a line
// between them that is far and lossy, which changes and breaks in the middle.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitStage } from "./harness/actions.ts";
import { type Browser, kinds, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Lab, noLab, startLink } from "./harness/netlab.ts";
import type { Server } from "./harness/server.ts";
import { open, receive, saved, share } from "./harness/transfer.ts";

const why = noLab();
const skip = why ?? false;
const source = tempFolder();
const film = { "film.mov": bytes(8 << 20, 3) };

let lab: Lab;
let server: Server;
const opened: { close(): Promise<unknown> }[] = [];

before(async () => {
  if (why !== null) return;
  writeTree(source.path, film);
  lab = await startLink({ delay: "10ms", loss: 0.001, rate: 1e9 }, 7);
  opened.push(lab);
  server = await lab.serve();
  opened.push({ close: () => server.stop() });
});
after(async () => {
  for (const it of opened.reverse()) await it.close();
  source.remove();
});

for (const kind of kinds) {
  test(`${kind}: a transfer crosses the line and is verified`, { skip }, async () => {
    const start = async (host: string): Promise<Browser> => {
      const browser = await launch(kind, { host: lab.host(host) });
      opened.push(browser);
      return browser;
    };
    const [from, to] = [await start("a"), await start("b")];
    const sender = await share(from, lab.url, [`${source.path}/film.mov`]);
    const recipient = await open(to, sender.link);
    const before = await lab.report();
    await receive(recipient);
    await waitStage(recipient.page, "Complete", 60_000);
    const { up, missed } = await lab.report();
    assert.equal(missed, 0);
    const sent = (up["a"]?.bytes ?? 0) - (before.up["a"]?.bytes ?? 0);
    assert.ok(sent > 8 << 20, `${sent} bytes went over the line, less than the file has`);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    recipient.remove();
  });
}
