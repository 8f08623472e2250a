// When what was written is made safe: soon after it, many files at once, because
// a flush takes as long for one as for a hundred.

import type { Item } from "./item.ts";

/** Between a write and the flush that makes it safe, in ms; sooner when a file is to be finished. DESIGN 5. */
const flushEvery = 250;
const flushSoon = 20;

export interface FlusherHooks {
  /** Makes everything written so far safe. */
  flush(): Promise<void>;
  /** So many bytes of a file are safe, so many groups from its first one on, and these since the last time. */
  safe(item: Item, bytes: number, prefix: number, fresh: Item["fresh"]): void;
}

export class Flusher {
  readonly #hooks: FlusherHooks;
  #dirty = new Set<Item>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = 0;
  #stopped = false;

  constructor(hooks: FlusherHooks) {
    this.#hooks = hooks;
  }

  /** Something of this file was written. */
  wrote(item: Item): void {
    this.#dirty.add(item);
  }

  /** Nobody wants to know of this file any more. */
  forget(item: Item): void {
    this.#dirty.delete(item);
  }

  has(item: Item): boolean {
    return this.#dirty.has(item);
  }

  /** Flushes within a while. */
  later(): void {
    this.#within(flushEvery);
  }

  /** Flushes soon: somebody waits for it. */
  soon(): void {
    this.#within(flushSoon);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #within(ms: number): void {
    const at = performance.now() + ms;
    if (this.#stopped || (this.#timer !== undefined && this.#at <= at)) return;
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, ms);
  }

  async #flush(): Promise<void> {
    const items = [...this.#dirty];
    this.#dirty.clear();
    const reached = items.map((item) => ({ item, bytes: item.covered.bytes, prefix: item.covered.prefix, fresh: item.fresh.splice(0) }));
    try {
      await this.#hooks.flush();
    } catch {
      for (const { item, fresh } of reached) {
        item.fresh.unshift(...fresh);
        this.#dirty.add(item);
      }
      this.later();
      return;
    }
    if (this.#stopped) return;
    for (const { item, bytes, prefix, fresh } of reached) this.#hooks.safe(item, bytes, prefix, fresh);
  }
}
