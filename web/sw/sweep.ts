// Old shells: kept as long as a page lives that could still load a piece of them.

import { type Asked, buildOf } from "../shared/shell.ts";
import { prefix } from "./shell.ts";

/** How long a page may take to say of which build it is, ms. A frozen one never does. */
export const answerWithinMs = 2000;

/** Deletes every shell but `own` and those of open pages; none at all where a page does not say which it needs. */
export async function sweep(caches: CacheStorage, own: string, pages: readonly Asked[]): Promise<void> {
  const builds = await Promise.all(pages.map((page) => buildOf(page, answerWithinMs)));
  if (builds.includes(null)) return;
  const needed = new Set([own, ...builds.map((name) => prefix + name)]);
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && !needed.has(name)) await caches.delete(name);
  }
}
