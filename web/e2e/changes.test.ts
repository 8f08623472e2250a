// A share that changes while it is shared: who comes later gets it as it is then,
// who was there is told what is missing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drop, press, waitStage } from "./harness/actions.ts";
import { type Browser, launch } from "./harness/browser.ts";
import { bytes, digests, tempFolder, writeTree } from "./harness/files.ts";
import { type Server, startServer } from "./harness/server.ts";
import { connect, open, saved, share } from "./harness/transfer.ts";

const files = { "keep.mov": bytes(300_000, 1), "private.mov": bytes(200_000, 2), "late.mov": bytes(100_000, 3) };
const source = tempFolder();
let server: Server;
let browsers: Browser[] = [];

before(async () => {
  writeTree(source.path, files);
  server = await startServer();
  browsers = [await launch("chromium"), await launch("chromium")];
});
after(async () => {
  for (const b of browsers) await b.close();
  await server?.stop();
  source.remove();
});

test("what is taken back reaches nobody who comes later, and is named to who was there", async () => {
  const [here, there] = browsers;
  assert.ok(here !== undefined && there !== undefined);
  const sender = await share(here, server.url, [`${source.path}/keep.mov`, `${source.path}/private.mov`]);
  const first = await open(here, sender.link);
  await connect(first);

  await sender.page.evaluate(`[...document.querySelectorAll(".roots li")].find((li) => li.textContent.includes("private.mov")).querySelector("button").click()`);
  await sender.page.waitForFunction(() => document.querySelector(".roots")?.textContent?.includes("private.mov") === false, { timeout: 5_000, polling: 50 });
  await drop(sender.page, [`${source.path}/late.mov`]);
  await sender.page.waitForFunction(() => document.querySelector(".roots")?.textContent?.includes("late.mov") === true, { timeout: 5_000, polling: 50 });

  const second = await open(there, sender.link);
  await press(second.page, "Connect");
  await sender.page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent === "Let in"), { timeout: 20_000, polling: 50 });
  await press(sender.page, "Let in");
  await second.page.waitForFunction(() => [...document.querySelectorAll("button")].some((b) => b.textContent === "Receive"), { timeout: 20_000, polling: 50 });
  await drop(second.page, [second.folder]);
  await second.page.waitForFunction(() => document.body.textContent.includes("late.mov"), { timeout: 5_000, polling: 50 });
  assert.equal((await second.page.evaluate(() => document.documentElement.outerHTML)).includes("private"), false, "a name that was taken back");
  await press(second.page, "Receive");
  await waitStage(second.page, "Complete");
  assert.deepEqual(await saved(second, ""), digests({ "keep.mov": files["keep.mov"], "late.mov": files["late.mov"] }));

  await press(first.page, "Receive");
  await waitStage(first.page, "Failed");
  const said = await first.page.evaluate(() => document.body.textContent);
  assert.match(said, /private\.mov/);
  assert.match(said, /took this file back/);
  assert.deepEqual(await saved(first, ""), digests({ "keep.mov": files["keep.mov"] }));

  // The sharer's page follows within a moment.
  await sender.page.waitForFunction(
    () => ["Failed", "Complete"].every((stage, n) => document.querySelectorAll("[aria-label=Recipients] > li")[n]?.textContent?.includes(stage)),
    { timeout: 10_000, polling: 50 },
  );
  for (const it of [first, second]) {
    it.remove();
    await it.page.close();
  }
  await sender.page.close();
});
