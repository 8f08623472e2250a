// Memory of a long transfer: 20 GB through two Chromium pages. What the pages
// hold may not grow once 1 GB has crossed, and what the browsers take as a
// whole is told. LAB_GB makes it shorter. `make lab`.

import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { percents, press, status } from "../harness/actions.ts";
import { launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { heapOf } from "../harness/heap.ts";
import { memoryBytes } from "../harness/processes.ts";
import { startServer } from "../harness/server.ts";
import { connect, open, share } from "../harness/transfer.ts";

const gigabytes = Number(process.env["LAB_GB"] ?? "20");
/** Below 4 GiB, where a file is one stream and needs its room once. */
const fileBytes = 1_000_000_000;
const settledAt = 1_000_000_000;
/** Above what was held at 1 GB. */
const flat = 1.1;
const everyMs = 5_000;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

test(`${gigabytes} GB: heaps are flat from 1 GB on`, { timeout: 2 * 3_600_000 }, async (t) => {
  const source = tempFolder();
  const card = path.join(source.path, "A001");
  mkdirSync(card);
  for (let n = 0; n < gigabytes; n++) {
    const clip = openSync(path.join(card, `A001_C${String(n).padStart(3, "0")}.mov`), "w");
    ftruncateSync(clip, fileBytes); // zeros are sealed like anything else
    closeSync(clip);
  }
  const server = await startServer();
  const [from, to] = [await launch("chromium"), await launch("chromium")];
  const sides = { sender: from.driver.process()?.pid ?? 0, recipient: to.driver.process()?.pid ?? 0 };
  try {
    const sender = await share(from, server.url, [card]);
    const recipient = await open(to, sender.link);
    try {
      await connect(recipient);
      const heaps = { sender: await heapOf(sender.page), recipient: await heapOf(recipient.page) };
      await press(recipient.page, "Receive");
      const settled = { sender: 0, recipient: 0 };
      const most = { sender: 0, recipient: 0 };
      for (let looks = 0; ; looks++) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
        const stage = await status(recipient.page);
        if (/^(Complete|Failed)/.test(stage)) {
          assert.match(stage, /^Complete/);
          assert.ok(looks > gigabytes, `${looks} looks are few`);
          break;
        }
        const percent = Number((await percents(recipient.page))[0]);
        const sent = (percent / 100) * gigabytes * fileBytes;
        for (const side of ["sender", "recipient"] as const) {
          const held = await heaps[side](true);
          if (sent < settledAt) settled[side] = Math.max(settled[side], held);
          else most[side] = Math.max(most[side], held);
          if (looks % 12 === 0) t.diagnostic(`${percent} %: ${side} holds ${mib(held)} MiB, its browser ${mib(memoryBytes(sides[side]))} MiB`);
        }
      }
      for (const side of ["sender", "recipient"] as const) {
        t.diagnostic(`${side}: ${mib(settled[side])} MiB up to 1 GB, ${mib(most[side])} MiB from there on; the whole browser ${mib(memoryBytes(sides[side]))} MiB`);
        assert.ok(settled[side] > 2 ** 20, `${side}: nothing was seen in the first GB`);
        assert.ok(most[side] <= settled[side] * flat, `${side}: ${mib(settled[side])} MiB up to 1 GB, then ${mib(most[side])} MiB`);
      }
    } finally {
      await Promise.all([sender.page.close(), recipient.page.close()]);
      recipient.remove();
    }
  } finally {
    await Promise.allSettled([from.close(), to.close(), server.stop()]);
    source.remove();
  }
});
