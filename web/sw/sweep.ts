// Old shells: kept as long as a page lives that could still load a piece of them.

import type { ToPage } from "../shared/shell.ts";
import { prefix } from "./shell.ts";

/** How long a page may take to say of which build it is, ms. A frozen one never does. */
export const answerWithinMs = 2000;

/** A page that is open. */
export interface OpenPage {
  postMessage(message: ToPage, transfer: Transferable[]): void;
}

/** Deletes every shell but `own` and those of open pages; none at all where a page does not say which it needs. */
export async function sweep(caches: CacheStorage, own: string, pages: readonly OpenPage[]): Promise<void> {
  const builds = await Promise.all(pages.map(buildOf));
  if (builds.includes(null)) return;
  const needed = new Set([own, ...builds.map((name) => prefix + name)]);
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && !needed.has(name)) await caches.delete(name);
  }
}

function buildOf(page: OpenPage): Promise<string | null> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const answered = (build: unknown): void => {
      port1.close();
      clearTimeout(timer);
      resolve(typeof build === "string" ? build : null);
    };
    const timer = setTimeout(() => answered(null), answerWithinMs);
    port1.onmessage = (e: MessageEvent<unknown>) => answered(e.data);
    page.postMessage({ type: "build" }, [port2]);
  });
}
