// Helps the disk worker to read a large file back: shared/hands.ts. One part at a
// time, a group between what the channels bring.

import { groupsOf } from "../shared/blobreader.ts";
import type { Core } from "../shared/go.ts";
import type { FromHand, ToHand } from "../shared/hands.ts";
import { GroupSize } from "../wire/wire.ts";
import { CoreFault, check } from "./fault.ts";

/** A Go instance, and what says that it failed; null while there is none. */
export type Borrow = () => { core: Core; fault(): void } | null;

export class Hand {
  readonly #port: MessagePort;
  readonly #borrow: Borrow;
  readonly #asked: ToHand[] = [];
  #working = false;

  constructor(port: MessagePort, borrow: Borrow) {
    this.#port = port;
    this.#borrow = borrow;
    port.onmessage = (e: MessageEvent<ToHand>) => {
      this.#asked.push(e.data);
      void this.#work();
    };
  }

  /** There is an instance now, if one could be started. */
  ready(): void {
    if (this.#borrow() !== null) this.#say({ type: "ready" });
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) this.#say(await this.#answer(next));
    this.#working = false;
  }

  /** Never fails: the disk worker waits for it. */
  async #answer({ id, part, first }: ToHand): Promise<FromHand> {
    const lent = this.#borrow();
    if (lent === null) return { type: "gone", id };
    try {
      const cvs = new Uint8Array(Math.ceil(part.size / GroupSize) * 32);
      let n = 0;
      for await (const bytes of groupsOf(part)) {
        // A lane may have found meanwhile that the instance failed: what it says then is worth nothing.
        if (this.#borrow()?.core !== lent.core) return { type: "gone", id };
        cvs.set(hash(lent.core, bytes, first + n), n * 32);
        n++;
      }
      return { type: "hashed", id, cvs };
    } catch (error) {
      if (!(error instanceof CoreFault)) return { type: "unread", id };
      lent.fault();
      return { type: "gone", id };
    }
  }

  #say(message: FromHand): void {
    this.#port.postMessage(message, message.type === "hashed" ? [message.cvs.buffer] : []);
  }
}

/** The chaining value of a group. Void after the next call. */
function hash(core: Core, bytes: Uint8Array, index: number): Uint8Array {
  core.view(check(core.fn("disk_slot")()), bytes.byteLength).set(bytes);
  check(core.fn("disk_group")(bytes.byteLength, index));
  return core.view(check(core.fn("lane_scratch")()), 32);
}
