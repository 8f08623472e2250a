// What nearly every figure needs: the server, a browser at each end, and a
// folder; all of it gone afterwards, whatever happened.

import { type Browser, type BrowserOptions, type Kind, launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { startServer } from "../harness/server.ts";

export interface Pair {
  url: string;
  from: Browser;
  to: Browser;
  folder: string;
}

/** Measures between two browsers of a kind; `recipient` is for the one that receives. */
export async function withPair(kind: Kind, measure: (pair: Pair) => Promise<void>, recipient: BrowserOptions = {}): Promise<void> {
  const folder = tempFolder();
  const server = await startServer();
  const [from, to] = [await launch(kind), await launch(kind, recipient)];
  try {
    await measure({ url: server.url, from, to, folder: folder.path });
  } finally {
    await Promise.allSettled([from.close(), to.close(), server.stop()]);
    folder.remove();
  }
}
