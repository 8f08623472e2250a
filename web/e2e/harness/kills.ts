// A transfer in the middle of which something dies: a browser as a crash takes it,
// a tab that is closed, the server. What is left goes on, and whoever was not
// killed counts what moved.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "puppeteer-core";
import { press, status, waitStage } from "./actions.ts";
import { type Browser, type Kind, launch } from "./browser.ts";
import { freePort, type Server, startServer } from "./server.ts";
import { open, receive, type Recipient, saved, share } from "./transfer.ts";

export const victims = ["recipient", "recipient's tab", "server"] as const;
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

  /** Sends the folder, and kills at the moment that `when` waits for. `download`: the archive where a browser exports one. */
  async survive(source: string, victim: Victim, when: (recipient: Page) => Promise<void>): Promise<Survived> {
    const sender = await share(this.#sender, this.#server.url, [source], countMoved);
    const first = await open(this.#recipient, sender.link);
    let recipient = first;
    try {
      await receive(first);
      await when(first.page);
      const over = (await status(first.page)).startsWith("Complete");
      if (over) await saved(first, `${path.basename(source)}.zip`); // a download is the browser's own
      recipient = await this.#kill(victim, first);
      if (!over || recipient === first) {
        if (recipient !== first) await press(recipient.page, "Continue", patience);
        await waitStage(recipient.page, "Complete", patience);
      }
      const landed = await saved(recipient, `${path.basename(source)}.zip`);
      return { landed, moved: Number(await sender.page.evaluate("moved()")) };
    } finally {
      await Promise.allSettled([sender.page.close(), recipient.page.close()]);
      first.remove();
    }
  }

  async #kill(victim: Victim, recipient: Recipient): Promise<Recipient> {
    switch (victim) {
      case "server":
        await this.#server.kill();
        this.#server = await startServer({ port: this.#port });
        return recipient;
      case "recipient's tab":
        await recipient.page.close();
        break;
      case "recipient":
        await this.#recipient.kill();
        this.#recipient = await launch(this.#recipient.kind, { kept: this.#folders.recipient });
        break;
    }
    const { page, watch } = await this.#recipient.page();
    await page.goto(`${this.#server.url}/`, { waitUntil: "load" });
    return { ...recipient, browser: this.#recipient, page, watch };
  }
}

/** Counts, in a page that is about to load, the bytes of groups that its core has a lane send. */
async function countMoved(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(`{
    const Channel = MessageChannel;
    let moved = 0;
    globalThis.moved = () => moved;
    const relay = (from, to) => {
      from.onmessage = ({ data }) => {
        if (data.type === "send" && !data.hashOnly) moved += data.length;
        to.postMessage(data);
      };
    };
    globalThis.MessageChannel = class {
      constructor() {
        const [near, far] = [new Channel(), new Channel()];
        relay(near.port2, far.port2);
        relay(far.port2, near.port2);
        this.port1 = near.port1;
        this.port2 = far.port1;
      }
    };
  }`);
}
