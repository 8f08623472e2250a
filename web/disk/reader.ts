// Reads stored files back while others still arrive: a group as soon as a flush
// has made it safe and all before it were read, so that little is left to read
// when the last byte comes. A few groups at a time, between the messages of the
// worker.

import { groupSize } from "./coverage.ts";
import { hashing, type Renewable } from "./readback.ts";
import type { StoredFile } from "./store.ts";
import type { Place } from "./volumes.ts";

/** What the reader knows of a file. */
export interface Readable {
  id: number;
  size: number;
  place: Place | null;
  /** Groups from the first one on that may be read. */
  ready: number;
  /** Groups that were. */
  checked: number;
  /** CRC-32 of these; null where none is wanted. */
  crc: number | null;
  /** Their chaining values, with room to grow; null for a file of at most one group. */
  cvs: Uint8Array<ArrayBuffer> | null;
  /** Set when every group was read. */
  digest: Uint8Array | null;
}

export interface ReaderHooks {
  file(place: Place): Promise<StoredFile>;
  /** The digest is there. */
  read(readable: Readable): void;
  /** It can't be read back. */
  failed(readable: Readable): void;
}

/** How long the reader keeps the worker to itself, in ms. */
const slice = 15;

export class Reader {
  readonly #renewable: Renewable;
  readonly #hooks: ReaderHooks;
  #line = new Set<Readable>();
  #running: Promise<void> | null = null;

  constructor(renewable: Renewable, hooks: ReaderHooks) {
    this.#renewable = renewable;
    this.#hooks = hooks;
  }

  /** Reads what became ready of a file. */
  read(readable: Readable): void {
    this.#line.add(readable);
    this.#start();
  }

  /** Resolves when no file is being read: what is in line is read, what was forgotten is let go. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** What was read of it counts no more. */
  forget(readable: Readable): void {
    this.#line.delete(readable);
    readable.ready = 0;
    readable.checked = 0;
    readable.digest = null;
    if (readable.crc !== null) readable.crc = 0;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#line.size > 0) this.#start(); // came while it ended
    });
  }

  async #run(): Promise<void> {
    let until = performance.now() + slice;
    for (const readable of this.#line) { // what is added meanwhile comes, too
      try {
        while (readable.checked < readable.ready && this.#line.has(readable)) {
          await this.#group(readable);
          if (performance.now() < until) continue;
          await new Promise((resolve) => setTimeout(resolve));
          until = performance.now() + slice;
        }
        if (!this.#line.delete(readable)) continue;
        if (readable.digest !== null) this.#hooks.read(readable);
      } catch {
        this.#line.delete(readable);
        this.#hooks.failed(readable);
      }
    }
  }

  async #group(r: Readable): Promise<void> {
    const { place, checked: index } = r;
    if (place === null) throw new RangeError("a file without a place");
    const file = await this.#hooks.file(place);
    if (!this.#line.has(r) || r.checked !== index) return; // forgotten meanwhile
    await hashing(this.#renewable, async (h) => {
      const at = index * groupSize;
      const n = Math.min(groupSize, r.size - at);
      if (file.read(h.slot().subarray(0, n), place.at + place.header + at) !== n) throw new Error("the file is shorter than it should be");
      if (r.size <= groupSize) {
        const digest = h.single(n);
        r.crc = r.crc === null ? null : h.crc(0, n);
        r.digest = digest;
      } else {
        const crc = r.crc === null ? null : h.crc(r.crc, n);
        const cv = h.group(n, index);
        r.cvs = grown(r.cvs, (index + 1) * 32);
        r.cvs.set(cv, index * 32);
        const all = at + n === r.size ? h.tree(r.size, r.cvs.subarray(0, (index + 1) * 32)) : null;
        r.crc = crc;
        r.digest = all;
      }
      r.checked = index + 1;
    });
  }
}

/** Room for n bytes, doubling: a size is only what a sender said until the bytes are there. */
function grown(cvs: Uint8Array<ArrayBuffer> | null, n: number): Uint8Array<ArrayBuffer> {
  if (cvs !== null && cvs.byteLength >= n) return cvs;
  const more = new Uint8Array(Math.max(n, 2 * (cvs?.byteLength ?? 512)));
  if (cvs !== null) more.set(cvs);
  return more;
}
