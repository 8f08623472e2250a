// The browser's own storage in memory, for unit tests: with a quota, with partial
// writes, and as the next page finds it.

import { MemoryStore } from "../blob.ts";
import type { Store, StoredFile } from "../store.ts";

/** Storage with a quota, and a count of what is open. */
export class FakeStore implements Store {
  readonly where = "opfs";
  volumes = 0;
  #memory = new MemoryStore(Number.POSITIVE_INFINITY);
  readonly #names = new Set<string>();
  room = Number.POSITIVE_INFINITY;
  /** What it is called when that is used up. */
  full = "QuotaExceededError";
  /** What free() says. */
  reckoned = 0;
  /** Takes at most this much in one call. */
  gulp = Number.POSITIVE_INFINITY;
  open_ = new Set<string>();
  opened = 0;
  flushes = 0;
  wiped = false;
  marked = false;
  sizes = new Map<string, number>();
  /** Its page is: what it still does reaches no disk. */
  gone = false;

  /** The same storage as the page finds it that comes after this one. */
  next(): FakeStore {
    const next = new FakeStore();
    this.gone = true;
    next.#memory = this.#memory;
    for (const name of this.#names) {
      next.#names.add(name);
      next.volumes = Math.max(next.volumes, Number(/^v(\d+)$/.exec(name)?.[1] ?? -1) + 1);
    }
    return next;
  }

  async open(name: string): Promise<StoredFile> {
    if (this.open_.has(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.open_.add(name);
    this.#names.add(name);
    this.opened++;
    await new Promise((resolve) => setTimeout(resolve, 1)); // as in a browser
    const file = await this.#memory.open(name);
    return {
      read: (into, at) => file.read(into, at),
      write: (bytes, at) => {
        if (this.gone) return bytes.byteLength;
        const n = Math.min(bytes.byteLength, this.gulp);
        const end = Math.max(this.sizes.get(name) ?? 0, at + n);
        const used = [...this.sizes].reduce((sum, [other, size]) => sum + (other === name ? 0 : size), end);
        if (used > this.room) throw new DOMException("full", this.full);
        this.sizes.set(name, end);
        return file.write(bytes.subarray(0, n), at);
      },
      flush: () => {
        this.flushes++;
        file.flush();
      },
      close: () => {
        this.open_.delete(name);
        file.close();
      },
    };
  }

  blob(name: string): Promise<Blob> {
    if (this.open_.has(name)) throw new Error(`${name} is still open`);
    return this.#memory.blob(name);
  }

  async remove(name: string): Promise<void> {
    if (this.open_.has(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.sizes.delete(name);
    await this.#memory.remove(name);
  }

  free(): Promise<number> {
    return Promise.resolve(this.reckoned);
  }

  delivered(): Promise<void> {
    this.marked = true;
    return Promise.resolve();
  }

  async wipe(): Promise<void> {
    if (this.open_.size > 0) throw new DOMException([...this.open_].join(), "NoModificationAllowedError");
    this.wiped = true;
    await this.#memory.wipe();
  }
}
