// A book for tests that seals what is kept beside the vault, by turning bits.

import type { Beside } from "../people.ts";

export interface FakeBook extends Beside {
  /** Closed: a passphrase is asked for. */
  shut: boolean;
}

export function book(key = 1): FakeBook {
  const turned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes.map((b) => b ^ 0x5a) as Uint8Array<ArrayBuffer>;
  return {
    shut: false,
    seal(place, value) {
      return this.shut ? null : turned(new TextEncoder().encode(JSON.stringify([key, place, value])));
    },
    open(place, box) {
      if (this.shut) return null;
      const [by, where, value] = JSON.parse(new TextDecoder().decode(turned(box))) as [number, string, unknown];
      return by === key && where === place ? value : null;
    },
  };
}
