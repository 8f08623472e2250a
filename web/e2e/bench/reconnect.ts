// How long after an outage of 10 s the first new byte is on its way to the disk.
// Two hosts of our own with a cable that falls silent, the server on the
// sender's: the recipient loses the other browser and the server. Needs root
// and iproute2.

import { closeSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink } from "../harness/actions.ts";
import { type Kind, launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { makeNetwork } from "../harness/network.ts";
import { startServer } from "../harness/server.ts";
import { figure, median, note } from "./figure.ts";

const outageMs = Number(process.env["BENCH_OUTAGE_MS"] ?? "10000");
const rounds = Number(process.env["BENCH_ROUNDS"] ?? "5");
const patience = 60_000;
/** Larger than what all rounds move. */
const size = 4_000_000_000;

interface View {
  at: number; // unix ms
  phase: string;
  written: number;
}

declare global {
  var views: View[];
  var notes: string[];
}

export async function measureReconnect(kind: Kind): Promise<void> {
  const network = makeNetwork();
  const folder = tempFolder();
  try {
    const [near, far] = network.hosts;
    const url = `http://${near.address}:8090`;
    const options = { chromiumArgs: [`--unsafely-treat-insecure-origin-as-secure=${url}`], firefoxPrefs: { "dom.securecontext.allowlist": near.address } };
    const server = await startServer({ host: near.address, port: 8090, under: ["ip", "netns", "exec", near.name] });
    const [from, to] = [await launch(kind, { host: near, ...options }), await launch(kind, { host: far, ...options })];
    try {
      const source = path.join(folder.path, "clip.mov");
      const file = openSync(source, "w");
      ftruncateSync(file, size);
      closeSync(file);
      const { page: sender } = await from.page();
      await watch(sender);
      await sender.goto(`${url}/`);
      await drop(sender, [source]);
      const link = await shareLink(sender);
      const { page } = await to.page();
      await watch(page);
      await page.goto(link);
      await press(page, "Connect");
      await press(page, "Receive");
      const took: number[] = [];
      for (let i = 0; i < rounds; i++) {
        const before = await last(page);
        await after(page, Date.now(), before.written + 8e6);
        network.silence();
        await new Promise((resolve) => setTimeout(resolve, outageMs));
        const still = await last(page);
        const back = Date.now();
        network.mend();
        const first = await after(page, back, still.written);
        took.push(first.at - back);
        note(`  ${kind}: ${first.at - back} ms after ${outageMs} ms of silence`);
        if (process.env["BENCH_TRACE"]) {
          for (const [who, p] of [["S", sender], ["R", page]] as const) for (const line of await p.evaluate(() => globalThis.notes.splice(0))) {
            const at = Number(line.split(" ")[0]) - back;
            note(`    ${who} ${at} ${line.split(" ").slice(1).join(" ")}`);
          }
        }
      }
      figure(`reconnect_ms_${kind}`, median(took), "ms", took.length);
      figure(`reconnect_max_ms_${kind}`, Math.max(...took), "ms", took.length);
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
  await page.evaluateOnNewDocument("globalThis.showDirectoryPicker &&= () => navigator.storage.getDirectory()");
  await page.evaluateOnNewDocument(`
    globalThis.views = [];
    globalThis.notes = [];
    const note = (d) => notes.push(Date.now() + " " + d);
    globalThis.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        if (options.name !== "core") return;
        this.core = true;
        this.addEventListener("message", ({ data }) => {
          if (data.type === "receive.view") {
            if (views.at(-1)?.phase !== data.view.phase) note("view " + data.view.phase + " " + data.view.why);
            views.push({ at: Date.now(), phase: data.view.phase, written: data.view.written });
          } else if (data.type === "share.view") {
            const r = data.view.recipients[0];
            if (globalThis.rp !== r?.phase) note("row " + (globalThis.rp = r?.phase) + " " + r?.why);
          } else if (/^pc/.test(data.type)) note("< " + data.type + " " + data.session);
        });
      }
      postMessage(m, t) {
        if (this.core && /^pc|ctrl.[oc]|network/.test(m.type)) note("> " + m.type + " " + (m.session ?? "") + " " + (m.state ?? ""));
        super.postMessage(m, t);
      }
    };
  `);
}

async function last(page: Page): Promise<View> {
  return page.evaluate(() => globalThis.views.at(-1) ?? { at: 0, phase: "", written: 0 });
}

/** The first view after a time that shows more than so many bytes written. */
async function after(page: Page, since: number, written: number): Promise<View> {
  const found = await page.waitForFunction((at: number, bytes: number) => globalThis.views.find((v) => v.at >= at && v.written > bytes) ?? false, { timeout: patience, polling: 50 }, since, written);
  return (await found.jsonValue()) as View;
}
