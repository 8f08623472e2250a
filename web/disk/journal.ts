// The journal of one transfer, as bytes: what is in it the core decides. It stands
// in the browser's own storage, also for a transfer into a picked folder: there a
// byte is safe only once its file was closed, which the browser makes dear, and a
// page that looks for what is unfinished may read it without asking for the folder.

import { nameOf } from "./sink.ts";

export const journalName = "journal";

/** What is read of a journal at most, bytes. wasm/PROTOCOL.md f.4. */
const readMax = 64 << 20;

/** How long records wait for others, so that a flush is worth it, in ms. */
const gather = 20;

/** After a write that failed, in ms: the disk may be full. */
const retryAfter = 1000;

interface Record {
  at: number;
  data: Uint8Array<ArrayBuffer>;
  done: () => void;
}

/** A file as access handles give it. */
export interface Handle {
  read(into: Uint8Array<ArrayBuffer>, o: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, o: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

export class Journal {
  /** What an earlier page left; empty for a transfer that begins. */
  readonly found: Uint8Array<ArrayBuffer>;
  readonly #file: Handle;
  readonly #remove: () => Promise<void>;
  #end: number;
  #queue: Record[] = [];
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failing = false;
  #closed = false;

  constructor(file: Handle, remove: () => Promise<void>) {
    this.#file = file;
    this.#remove = remove;
    this.#end = file.getSize();
    this.found = new Uint8Array(Math.min(this.#end, readMax));
    file.read(this.found, { at: 0 });
  }

  /** Writes what belongs at that place, where the journal ends from then on. `done` when a crash can't lose it. */
  write(at: number, data: Uint8Array<ArrayBuffer>, done: () => void): void {
    if (this.#closed) return;
    this.#queue.push({ at, data, done });
    if (!this.#failing) this.#timer ??= setTimeout(() => this.#flush(), gather);
  }

  /** Resolves when what was handed in is written, or can't be at present. */
  settled(): Promise<void> {
    if (this.#queue.length === 0 || this.#failing || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends it; what is on disk stays. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    this.#file.close();
  }

  /** The transfer is over: there is nothing to come back to. */
  async remove(): Promise<void> {
    this.close();
    try {
      await this.#remove();
    } catch (error) {
      if (nameOf(error) !== "NotFoundError") throw error;
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      for (const { at, data } of this.#queue) {
        if (data.byteLength === 0) continue;
        if (at < this.#end) this.#file.truncate(at);
        if (this.#file.write(data, { at }) !== data.byteLength) throw new Error("the journal took less than it was given");
        this.#end = at + data.byteLength;
      }
      this.#file.flush();
      this.#failing = false;
      for (const { done } of this.#queue.splice(0)) done();
    } catch {
      // Nothing of it counts as safe; it is written again, whole.
      this.#failing = true;
      if (!this.#closed) this.#timer = setTimeout(() => this.#flush(), retryAfter);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
