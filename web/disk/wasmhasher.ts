// The hashes, computed by the core's WebAssembly (wasm/bridge/disk.go). Each call
// stands for itself, so an instance that failed is replaced and the work in hand
// repeated.

import { type Core, startCore } from "../shared/go.ts";
import { groupSize } from "./coverage.ts";
import { type Hasher, HasherDead } from "./hasher.ts";

export class WasmHasher implements Hasher {
  readonly #core: Core;
  readonly #slot: number;
  readonly #scratch: number;
  readonly #group: (...args: number[]) => number;
  readonly #single: (...args: number[]) => number;
  readonly #crc: (...args: number[]) => number;

  private constructor(core: Core) {
    this.#core = core;
    this.#slot = core.fn("disk_slot")();
    this.#scratch = core.fn("lane_scratch")();
    this.#group = core.fn("disk_group");
    this.#single = core.fn("disk_single");
    this.#crc = core.fn("disk_crc");
  }

  static async start(module: WebAssembly.Module): Promise<WasmHasher> {
    return new WasmHasher(await startCore(module, () => undefined));
  }

  slot(): Uint8Array<ArrayBuffer> {
    return this.#core.view(this.#slot, groupSize);
  }

  group(length: number, index: number): Uint8Array {
    checked(this.#group, length, index);
    return this.#result();
  }

  single(length: number): Uint8Array {
    checked(this.#single, length);
    return this.#result();
  }

  crc(before: number, length: number): number {
    const scratch = (): DataView => {
      const bytes = this.#core.view(this.#scratch, 4);
      return new DataView(bytes.buffer, bytes.byteOffset, 4);
    };
    scratch().setUint32(0, before, true);
    checked(this.#crc, length);
    return scratch().getUint32(0, true);
  }

  tree(size: number, cvs: Uint8Array): Uint8Array {
    checked(this.#core.fn("disk_tree_open"), size);
    const add = this.#core.fn("disk_tree_add");
    const step = groupSize / 32;
    for (let first = 0; first * 32 < cvs.byteLength; first += step) {
      const part = cvs.subarray(first * 32, (first + step) * 32);
      this.slot().set(part);
      checked(add, first, part.byteLength / 32);
    }
    checked(this.#core.fn("disk_tree_sum"));
    return this.#result();
  }

  #result(): Uint8Array {
    return this.#core.view(this.#scratch, 32).slice();
  }
}

/** Calls an export. An instance that answers with a code below 0 may hold anything. */
function checked(f: (...args: number[]) => number, ...args: number[]): void {
  const code = f(...args);
  if (code < 0) throw new HasherDead(`code ${code}`);
}
