// The disk worker's end of a download that is written while it arrives: bytes go
// out in order, in pieces of a megabyte, each when the browser has asked for it.

import { type FromStream, pingEvery, type ToStream } from "../shared/stream.ts";
import { Gone } from "./sink.ts";

/** Bytes that go at once: many small files need not each wait to be asked for. */
const pieceSize = 1 << 20;

/** After so many pings without an answer the service worker is gone. */
const silentMax = 3;

/** How long the browser may take from the frame to the request, ms. */
const startWithin = 15_000;

export interface OutletHooks {
  /** Has the page tell the service worker that the download goes on. */
  ping(): void;
  /** The browser ended it, or the service worker is gone. Not said after `cut` or the end. */
  gone(): void;
}

export class Outlet {
  readonly #port: MessagePort;
  readonly #hooks: OutletHooks;
  /** Bytes that were handed over. */
  sent = 0;
  #piece = new Uint8Array(pieceSize);
  #filled = 0;
  #credits = 0;
  #silent = 0;
  #over = false;
  #wake: () => void = () => undefined;
  #drained = false;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(port: MessagePort, hooks: OutletHooks) {
    this.#port = port;
    this.#hooks = hooks;
    this.#timer = setInterval(() => this.#ping(), pingEvery);
  }

  /** Resolves when the browser has begun the download; null where it does not. */
  static async open(port: MessagePort, hooks: OutletHooks): Promise<Outlet | null> {
    const outlet = new Outlet(port, hooks);
    const started = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), startWithin);
      port.onmessage = (e: MessageEvent<FromStream>) => {
        if (e.data.type === "started") {
          clearTimeout(timer);
          resolve(true);
        }
        outlet.#hear(e.data);
      };
    });
    if (started) return outlet;
    outlet.cut();
    return null;
  }

  /** Takes bytes; resolves when there is room for more. Rejects with Gone once it is over. */
  async put(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.byteLength; ) {
      if (this.#over) throw new Gone();
      const part = bytes.subarray(from, from + pieceSize - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.byteLength;
      from += part.byteLength;
      this.sent += part.byteLength;
      if (this.#filled === pieceSize) await this.#send();
    }
  }

  /** Resolves when the browser has read everything. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#send();
    if (this.#over) throw new Gone();
    this.#say({ type: "end" });
    await this.#until(() => this.#drained);
    this.#stop();
  }

  /** Whatever the browser has of it must not look whole. */
  cut(): void {
    if (this.#over) return;
    this.#say({ type: "cut" });
    this.#stop();
  }

  async #send(): Promise<void> {
    await this.#until(() => this.#credits > 0);
    this.#credits--;
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#port.postMessage({ type: "chunk", bytes } satisfies ToStream, [bytes.buffer]);
    this.#piece = new Uint8Array(pieceSize);
    this.#filled = 0;
  }

  /** There is one who waits at a time: the sink hands over in order. */
  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.#over) throw new Gone();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #hear(m: FromStream): void {
    this.#silent = 0;
    switch (m.type) {
      case "pull":
        this.#credits++;
        break;
      case "drained":
        this.#drained = true;
        break;
      case "gone":
        return this.#lose();
    }
    this.#wake();
  }

  #ping(): void {
    if (++this.#silent > silentMax) this.#lose();
    else this.#hooks.ping();
  }

  #lose(): void {
    if (this.#over) return;
    this.cut();
    this.#hooks.gone();
  }

  #stop(): void {
    this.#over = true;
    clearInterval(this.#timer);
    this.#port.close(); // after what was said last
    this.#wake();
  }

  #say(message: ToStream): void {
    this.#port.postMessage(message);
  }
}
