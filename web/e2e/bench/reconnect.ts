// How long after an outage of 10 s the first new byte is on its way to the disk.
// Two hosts of our own with a cable that falls silent, the server on the
// sender's: the recipient loses the other browser and the server. Needs root
// and iproute2.

import { closeSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { press } from "../harness/actions.ts";
import { type Kind, kinds, launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { makeNetwork } from "../harness/network.ts";
import { startServer } from "../harness/server.ts";
import { share } from "../harness/transfer.ts";
import { figure, median, note } from "./figure.ts";

const outageMs = 10_000;
const rounds = 5;
const patience = 60_000;
/** Larger than what all rounds move. */
const size = 4_000_000_000;

interface View {
  at: number; // unix ms
  written: number;
}

declare global {
  var views: View[];
}

export async function measureReconnect(): Promise<void> {
  const medians: number[] = [];
  for (const kind of kinds) medians.push(median(await outages(kind)));
  figure("reconnect_ms", Math.max(...medians), "ms", rounds);
}

/** How long each outage lasted on for a transfer, after its end, ms. */
async function outages(kind: Kind): Promise<number[]> {
  const network = makeNetwork();
  const folder = tempFolder();
  try {
    const [near, far] = network.hosts;
    const url = `http://${near.address}:8090`;
    // Plain HTTP between two hosts of a test: the pages need a secure context.
    const options = { chromiumArgs: [`--unsafely-treat-insecure-origin-as-secure=${url}`], firefoxPrefs: { "dom.securecontext.allowlist": near.address } };
    const server = await startServer({ host: near.address, port: 8090, under: ["ip", "netns", "exec", near.name] });
    const [from, to] = [await launch(kind, { host: near, ...options }), await launch(kind, { host: far, ...options })];
    try {
      const source = path.join(folder.path, "clip.mov");
      const file = openSync(source, "w");
      ftruncateSync(file, size); // it takes no room on the disk
      closeSync(file);
      const sender = await share(from, url, [source]);
      const { page } = await to.page();
      await watch(page);
      await page.goto(sender.link);
      await press(page, "Connect");
      await press(page, "Receive");
      const took: number[] = [];
      for (let i = 0; i < rounds; i++) {
        await written(page, Date.now(), (await last(page)) + 8e6);
        network.silence();
        await new Promise((resolve) => setTimeout(resolve, outageMs));
        const before = await last(page);
        const back = Date.now();
        network.mend();
        const first = await written(page, back, before);
        took.push(first.at - back);
        note(`  ${kind}: ${first.at - back} ms`);
      }
      return took;
    } finally {
      await Promise.allSettled([from.close(), to.close(), server.stop()]);
    }
  } finally {
    network.remove();
    folder.remove();
  }
}

/** Keeps what the core says of a transfer, with the time. */
async function watch(page: Page): Promise<void> {
  // No driver can answer a picker: the browser's own storage stands in.
  await page.evaluateOnNewDocument("if (globalThis.showDirectoryPicker) globalThis.showDirectoryPicker = () => navigator.storage.getDirectory()");
  await page.evaluateOnNewDocument(`
    globalThis.views = [];
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        if (options.name !== "core") return;
        this.addEventListener("message", ({ data }) => {
          if (data.type === "receive.view") views.push({ at: Date.now(), written: data.view.written });
        });
      }
    };
  `);
}

function last(page: Page): Promise<number> {
  return page.evaluate(() => globalThis.views.at(-1)?.written ?? 0);
}

/** The first view after a time that shows more than so many bytes written. */
async function written(page: Page, since: number, bytes: number): Promise<View> {
  const found = await page.waitForFunction((at: number, least: number) => globalThis.views.find((v) => v.at >= at && v.written > least) ?? false, { timeout: patience, polling: 50 }, since, bytes);
  return (await found.jsonValue()) as View;
}
