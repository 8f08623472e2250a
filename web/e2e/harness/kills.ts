// A transfer in the middle of which something dies: a browser as a crash takes it,
// a tab that is closed, the server. What is left goes on, a sender's page that is
// gone offers the same link again, and whoever was not killed counts what moved.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Page } from "puppeteer-core";
import { drop, press, shareLink, status, waitStage } from "./actions.ts";
import { type Browser, type Kind, launch } from "./browser.ts";
import { readTree } from "./files.ts";
import { freePort, type Server, startServer } from "./server.ts";
import { type End, open, receive, type Recipient, saved, share } from "./transfer.ts";
import { overhear } from "./overhear.ts";

export const victims = ["recipient", "recipient's tab", "server", "sender", "sender's tab"] as const;
export type Victim = (typeof victims)[number];

/** How long a transfer may take to come back and end, ms. */
const patience = 300_000;

export interface Survived {
  /** What the recipient has, by path. */
  landed: Record<string, string | null>;
  /** Bytes of files that were sent over the lanes, before and after. */
  moved: number;
}

interface Folders {
  sender: string;
  recipient: string;
}

/** A server and two browsers whose profiles outlive them. */
export class Rig {
  readonly #folders: Folders;
  readonly #port: number;
  #server: Server;
  #sender: Browser;
  #recipient: Browser;

  private constructor(folders: Folders, port: number, server: Server, sender: Browser, recipient: Browser) {
    this.#folders = folders;
    this.#port = port;
    this.#server = server;
    this.#sender = sender;
    this.#recipient = recipient;
  }

  static async start(from: Kind, to: Kind): Promise<Rig> {
    const port = await freePort();
    const folders = { sender: mkdtempSync(path.join(tmpdir(), "beeline-kill-")), recipient: mkdtempSync(path.join(tmpdir(), "beeline-kill-")) };
    const server = await startServer({ port });
    return new Rig(folders, port, server, await launch(from, { kept: folders.sender }), await launch(to, { kept: folders.recipient }));
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#sender.close(), this.#recipient.close(), this.#server.stop()]);
    for (const folder of Object.values(this.#folders)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Sends the folder, kills at the moment that `when` waits for, and gives the rest `longer` ms above the usual. */
  async survive(source: string, victim: Victim, when: (recipient: Page) => Promise<void>, longer = 0): Promise<Survived> {
    const download = `${path.basename(source)}.zip`; // where a browser exports an archive
    const sharer = await share(this.#sender, this.#server.url, [source], countMoved);
    const first = await open(this.#recipient, sharer.link, countMoved);
    let [sender, recipient]: [End, Recipient] = [sharer, first];
    try {
      await receive(first);
      await when(first.page);
      let over = (await status(first.page)).startsWith("Complete");
      if (over) await saved(first, download); // a download is the browser's own
      switch (victim) {
        case "server":
          await this.#server.kill();
          this.#server = await startServer({ port: this.#port });
          break;
        case "recipient":
        case "recipient's tab":
          if (victim === "recipient") this.#recipient = await again(this.#recipient, this.#folders.recipient);
          else await first.page.close();
          recipient = { ...first, ...(await this.#page(this.#recipient)) };
          if (!over) over = !(await goesOn(recipient, source));
          break;
        case "sender":
        case "sender's tab":
          if (victim === "sender") this.#sender = await again(this.#sender, this.#folders.sender);
          else await sharer.page.close({ runBeforeUnload: false });
          sender = await this.#page(this.#sender);
          if (!over) await this.#offer(sender.page, source, sharer.link);
          break;
      }
      if (!over) await waitStage(recipient.page, "Complete", patience + longer);
      const landed = await saved(recipient, download);
      // Else the next ones find no room: Firefox gives a site 10 GiB, and a copy is kept for an hour.
      if (recipient.browser.kind === "firefox") await press(recipient.page, "Delete this browser's copy", 5_000).catch(() => undefined);
      const counts = sender === sharer ? sharer.page : recipient.page;
      return { landed, moved: Number(await counts.evaluate("moved()")) };
    } finally {
      await Promise.allSettled([sender.page.close({ runBeforeUnload: false }), recipient.page.close()]);
      first.remove();
    }
  }

  async #page(browser: Browser): Promise<End> {
    const { page, watch } = await browser.page();
    await page.goto(`${this.#server.url}/`, { waitUntil: "load" });
    return { browser, page, watch };
  }

  /** Offers the link of the page that is gone, the newest of its browser's. */
  async #offer(page: Page, source: string, link: string): Promise<void> {
    await press(page, "Offer again", patience);
    if (this.#sender.kind === "firefox") { // it keeps no handle of the folder
      await page.waitForFunction(() => document.body.textContent.includes("Choose or drop the same files"), { timeout: patience });
      await drop(page, [source]);
    }
    if ((await shareLink(page)) !== link) throw new Error("another link is offered");
  }
}

/**
 * Continues what is unfinished. False: there is nothing, because it ended in the
 * moment before the kill, and the files say so.
 */
async function goesOn(recipient: Recipient, source: string): Promise<boolean> {
  try {
    await press(recipient.page, "Continue", 20_000);
  } catch (error) {
    if (await whole(recipient, source)) return false;
    if (!String(error).includes("no button")) throw error;
    await press(recipient.page, "Continue", patience);
  }
  return true;
}

async function whole(recipient: Recipient, source: string): Promise<boolean> {
  const download = `${path.basename(source)}.zip`;
  if (recipient.browser.kind === "firefox" && !existsSync(path.join(recipient.folder, download))) return false;
  return isDeepStrictEqual(await saved(recipient, download), readTree(path.dirname(source)));
}

/** Kills a browser, and starts it again on the same profile. */
async function again(browser: Browser, kept: string): Promise<Browser> {
  await browser.kill();
  // Puppeteer may still be putting back the preferences of the dead one.
  return launch(browser.kind, { kept }).catch(async (error: unknown) => {
    if (!String(error).includes("ENOENT")) throw error;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return launch(browser.kind, { kept });
  });
}

/** Counts, in a page that is about to load, the bytes of groups that its core has a lane send, or that its lanes have opened. */
async function countMoved(page: Page): Promise<void> {
  await overhear(page, `
    let sent = 0;
    const opened = new Map(); // by lane: each says how much it has opened so far
    globalThis.moved = () => [...opened.values()].reduce((sum, bytes) => sum + bytes, sent);
  `, `(data) => {
    if (data.type === "send" && !data.hashOnly) sent += data.length;
    if (data.type === "batch") opened.set(data.session + "/" + data.pc, data.bytes);
  }`);
}
