// Runs the Go core in a worker. Its exports work on bytes at fixed places of
// linear memory, so nothing is converted on the way; memory may grow under a
// view, so views are made anew when it did.

import "wasm_exec";
import { failureCodes } from "../wire/wire.ts";
import { watchResume } from "./resume.ts";

/** What an export answers when Go recovered a panic. */
const panicked = -failureCodes.indexOf("E_INTERNAL");

export class Core {
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(exports: WebAssembly.Exports, memory: WebAssembly.Memory) {
    this.#exports = exports;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  }

  /**
   * An export by name, looked up once where it is used. One that traps (Go's
   * fatal errors do: they can't be recovered) answers as one that panicked.
   */
  fn(name: string): (...args: number[]) => number {
    const f = this.#exports[name];
    if (typeof f !== "function") throw new TypeError(`the core has no ${name}`);
    return (...args) => {
      try {
        return f(...args) as number;
      } catch {
        return panicked;
      }
    };
  }

  /** All of linear memory. Don't keep it across a call into Go. */
  bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer as ArrayBuffer);
    return this.#bytes;
  }

  /** A view of n bytes at p. Don't keep it across a call into Go. */
  view(p: number, n: number): Uint8Array<ArrayBuffer> {
    return this.bytes().subarray(p >>> 0, (p >>> 0) + n);
  }
}

/** Starts an instance of the module. Resolves once its exports can be called. */
export async function startCore(module: WebAssembly.Module, exited: () => void): Promise<Core> {
  const go = new Go();
  watchResume(go, exited);
  const instance = await WebAssembly.instantiate(module, go.importObject);
  // main() parks at once; it returns only if the instance dies.
  void go.run(instance).then(exited, exited);
  const memory = instance.exports["mem"];
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("the core exports no memory");
  return new Core(instance.exports, memory);
}
