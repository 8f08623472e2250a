// Writes that wait: where the storage is full, everything stands still until the
// person has made room, and then goes on where it was.

import { groupSize } from "./coverage.ts";
import { FileFailed, Gone, troubleOf } from "./sink.ts";
import type { Space } from "./space.ts";
import { probe, type Store, type StoredFile } from "./store.ts";

/** How often a write may fail for no known reason. */
const triesMax = 3;

/** It goes on when there is this much room, or for all that is missing: with less it would stand still again at once. */
const roomWanted = 16 << 20;

export class Patient {
  readonly #store: Store;
  readonly #space: Space;
  readonly #missing: () => number;
  #over = false;

  /** `missing`: bytes of the transfer that are not written. */
  constructor(store: Store, space: Space, missing: () => number) {
    this.#store = store;
    this.#space = space;
    this.#missing = missing;
  }

  /** Lets everybody go, with Gone, and waits until nothing is tried any more. */
  async giveUp(): Promise<void> {
    this.#over = true;
    const waiting = this.#space.wait();
    this.#space.release();
    await waiting;
  }

  /** Writes all of these bytes. */
  async put(file: StoredFile, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    let tries = 0;
    for (let done = 0; done < bytes.byteLength; ) {
      if (this.#over) throw new Gone();
      try {
        const n = file.write(bytes.subarray(done), at + done);
        if (n <= 0) throw new DOMException("nothing was written", "QuotaExceededError");
        done += n;
      } catch (error) {
        if (this.#store.where === "blob") throw new FileFailed("E_SPACE"); // nothing a person can free
        const left = bytes.byteLength - done;
        if (troubleOf(error) === "full" || !(await probe(this.#store, groupSize))) await this.#space.close(Math.max(left, Math.min(this.#missing(), roomWanted)));
        else if (++tries > triesMax) throw new FileFailed("E_WRITE");
      }
    }
  }
}
