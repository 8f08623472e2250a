// What workers use and TypeScript's worker library does not know.

/** Go's glue for WebAssembly, taken from the toolchain that built the module (build.mjs). */
declare module "wasm_exec";

/** Set by importing "wasm_exec". */
declare class Go {
  readonly importObject: WebAssembly.Imports;
  argv: string[];
  env: Record<string, string>;
  exited: boolean;
  /** Goes on in Go, from a timer or a callback (resume.ts). */
  _resume(): void;
  /** Runs main until it returns. */
  run(instance: WebAssembly.Instance): Promise<void>;
}

/** A worker carries this from the core to the page and never uses it. */
interface RTCIceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}
