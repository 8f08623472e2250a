// Memory of a long transfer: 20 GB through two Chromium pages. What the pages
// hold may not grow once 1 GB has crossed: of each further GB the median of the
// looks is judged, because a single look may fall on buffers that are on their
// way, and more looks find more of those. The highest look is held below what
// DESIGN 5 allows at any size. What the browsers take as a whole is told.
// LAB_GB makes it shorter. `make lab`.

import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { median } from "../bench/figure.ts";
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
/** Above what was held in the second GB. */
const flat = 1.1;
/** What a page may hold at any time, with one lane worker. */
const mostBytes = 64 * 2 ** 20;
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
      // By whole GB that have crossed.
      const none = (): number[][] => Array.from({ length: gigabytes }, () => []);
      const looked = { sender: none(), recipient: none() };
      for (let looks = 0; ; looks++) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
        const stage = await status(recipient.page);
        if (/^(Complete|Failed)/.test(stage)) {
          assert.match(stage, /^Complete/);
          assert.ok(looks > 3 * gigabytes, `${looks} looks are few`);
          break;
        }
        const percent = Number((await percents(recipient.page))[0]);
        const crossed = Math.min(Math.floor((percent / 100) * gigabytes), gigabytes - 1);
        for (const side of ["sender", "recipient"] as const) {
          const held = await heaps[side](true);
          looked[side][crossed]?.push(held);
          if (looks % 12 === 0) t.diagnostic(`${percent} %: ${side} holds ${mib(held)} MiB, its browser ${mib(memoryBytes(sides[side]))} MiB`);
        }
      }
      for (const side of ["sender", "recipient"] as const) {
        const [, first = [], ...rest] = looked[side];
        const most = Math.max(...looked[side].flat());
        const middles = [first, ...rest].map(median);
        t.diagnostic(`${side}: medians of each GB from the second on: ${middles.map(mib).join(" ")} MiB, at most ${mib(most)} MiB; the whole browser ${mib(memoryBytes(sides[side]))} MiB`);
        assert.ok(first.length > 0 && median(first) > 2 ** 20, `${side}: nothing was seen in the second GB`);
        assert.ok(Math.max(...middles) <= median(first) * flat, `${side}: ${middles.map(mib).join(" ")} MiB`);
        assert.ok(most <= mostBytes, `${side}: ${mib(most)} MiB at one time`);
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
