// The lane workers that help to read a file back, as the disk worker sees them:
// shared/hands.ts.

import type { FromHand, ToHand } from "../shared/hands.ts";

/** Hashes parts of a file elsewhere. */
export interface Hand {
  /** The chaining values of the groups of a part, whose first has this number. Throws HandGone, or another error where the part can't be read there. */
  hash(part: Blob, first: number): Promise<Uint8Array>;
}

/** It can't help now. What it was asked for is still to be done. */
export class HandGone extends Error {}

/** Those of these ports that somebody answers at; it grows as lane workers start. */
export function handsAt(ports: readonly MessagePort[]): readonly Hand[] {
  const ready: Hand[] = [];
  for (const port of ports) {
    const hand = new PortHand(port, () => {
      if (!ready.includes(hand)) ready.push(hand);
    });
  }
  return ready;
}

class PortHand implements Hand {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, { resolve(cvs: Uint8Array): void; reject(error: unknown): void }>();
  #asked = 0;

  constructor(port: MessagePort, ready: () => void) {
    this.#port = port;
    port.onmessage = ({ data: m }: MessageEvent<FromHand>) => {
      if (m.type === "ready") return ready();
      const asked = this.#waiting.get(m.id);
      this.#waiting.delete(m.id);
      if (m.type === "hashed") asked?.resolve(m.cvs);
      else asked?.reject(m.type === "gone" ? new HandGone() : new Error("a hand can't read it"));
    };
  }

  hash(part: Blob, first: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const id = ++this.#asked;
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ id, part, first } satisfies ToHand);
    });
  }
}
