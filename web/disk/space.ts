// A full destination is a state, not an error: everything that wants to write
// waits here, the person is told how much is missing, and the disk is looked at
// again until there is room. Free space is not knowable in a browser, so looking
// means trying.

import type { Say } from "./sink.ts";

/** What a look needs to know and may do. */
export interface SpaceHost {
  say: Say;
  /** Bytes that are missing for the whole transfer. */
  needed(): number | Promise<number>;
  /** Tries whether that many bytes can be written. */
  probe(bytes: number): Promise<boolean>;
}

/** The longest pause between two looks, as a multiple of the first. */
const slowest = 20;

export class Space {
  #host: SpaceHost;
  #every: number;
  #full: Promise<void> | null = null;
  #ask = 0;
  #stop: () => void = () => undefined;
  #stopped = false;

  constructor(host: SpaceHost, pollEvery: number) {
    this.#host = host;
    this.#every = pollEvery;
  }

  /** Resolves at once while there is room. */
  wait(): Promise<void> | null {
    return this.#full;
  }

  get full(): boolean {
    return this.#full !== null;
  }

  /**
   * There is no room. Says so, and looks until that many bytes could be written.
   * Called again while waiting, the larger number counts.
   */
  close(bytes: number): Promise<void> {
    this.#ask = Math.max(this.#ask, bytes);
    this.#full ??= this.#poll();
    return this.#full;
  }

  /** Lets everybody go on, whatever the disk says: the transfer is over. */
  release(): void {
    this.#stopped = true;
    this.#stop();
  }

  async #poll(): Promise<void> {
    const needed = await this.#host.needed();
    if (this.#stopped) return;
    this.#host.say({ type: "full", needed: Math.max(1, needed) });
    for (let pause = this.#every; !this.#stopped; pause = Math.min(pause * 1.5, this.#every * slowest)) {
      await this.#pause(pause);
      if (this.#stopped) return;
      if (await this.#host.probe(this.#ask)) break;
    }
    this.#full = null;
    this.#ask = 0;
    if (!this.#stopped) this.#host.say({ type: "room" });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
