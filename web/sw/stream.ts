// Downloads that are written while they arrive. A page opens one with its name and
// exact length, a hidden frame asks for it, and what its disk worker hands over
// becomes the answer. The service worker keeps nothing of it and looks at nothing.
//
// A cut stream must never look like a whole file, so it is closed only after
// exactly the bytes that were announced, and an error ends it in all other cases:
// also where nobody says so, because the page crashed. The length alone is no help
// there: Firefox ends a service worker that hears nothing for 30 s, and then calls
// the file whole.

import { type FromStream, streamFolder, type ToStream } from "../shared/stream.ts";

/** How often it is looked whether a page was heard of, ms, and how often in vain before its download is cut: before those 30 s. */
const tickEvery = 5000;
const silentTicks = 5;

/** Chunks that wait here for the browser at most: they hide the way to the disk worker and back. */
const ahead = 4;

export class Streams {
  readonly #open = new Map<string, Stream>();
  #watch: ReturnType<typeof setInterval> | undefined;

  open(id: string, name: string, bytes: number, port: MessagePort): void {
    this.#open.set(id, new Stream(name, bytes, port, () => this.#forget(id)));
    // Counted in ticks, not in time: of a computer that slept both sides know nothing.
    this.#watch ??= setInterval(() => {
      for (const stream of this.#open.values()) stream.tick();
    }, tickEvery);
  }

  /** The answer to the request for a download, once; null for any other. */
  answer(request: Request): Response | null {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET" || !pathname.startsWith(streamFolder)) return null;
    return this.#open.get(pathname.slice(streamFolder.length))?.answer() ?? null;
  }

  /** Resolves when there is no more need to stay for this ping: at the next one, or at the end. */
  async ping(id: string): Promise<void> {
    await this.#open.get(id)?.ping();
  }

  cut(id: string): void {
    this.#open.get(id)?.cut();
  }

  #forget(id: string): void {
    this.#open.delete(id);
    if (this.#open.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

class Stream {
  readonly #name: string;
  readonly #bytes: number;
  readonly #port: MessagePort;
  readonly #over: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #left: number;
  #pulled: (() => void) | null = null;
  #ending = false;
  #ended = false;
  #silent = 0; // ticks without a ping
  #pinged: () => void = () => undefined;

  constructor(name: string, bytes: number, port: MessagePort, over: () => void) {
    this.#name = name;
    this.#bytes = bytes;
    this.#left = bytes;
    this.#port = port;
    this.#over = over;
    port.onmessage = (e: MessageEvent<ToStream>) => this.#hear(e.data);
  }

  answer(): Response | null {
    if (this.#controller !== null || this.#ended) return null;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#end("gone"),
      },
      { highWaterMark: ahead },
    );
    this.#say({ type: "started" });
    return new Response(body, {
      headers: {
        "content-type": this.#name.endsWith(".zip") ? "application/zip" : "application/octet-stream",
        "content-length": String(this.#bytes),
        "content-disposition": `attachment; filename*=UTF-8''${encoded(this.#name)}`,
        "content-security-policy": "default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        // The pages demand it of everything in a frame.
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
      },
    });
  }

  ping(): Promise<void> {
    this.#silent = 0;
    this.#say({ type: "alive" });
    this.#pinged();
    return new Promise((resolve) => {
      this.#pinged = resolve;
    });
  }

  tick(): void {
    if (++this.#silent >= silentTicks) this.cut();
  }

  cut(): void {
    if (this.#ended) return;
    this.#controller?.error(new Error("the page went away"));
    this.#end("gone");
  }

  #hear(m: ToStream): void {
    if (this.#ended) return;
    switch (m.type) {
      case "chunk":
        this.#left -= m.bytes.byteLength;
        if (this.#left < 0 || this.#ending) return this.cut();
        this.#controller?.enqueue(m.bytes);
        return this.#resolve();
      case "end":
        if (this.#left > 0) return this.cut();
        this.#ending = true;
        this.#resolve();
        return this.#close();
      case "cut":
        return this.cut();
    }
  }

  /** Called whenever the browser took something and there is room. */
  #pull(): Promise<void> | undefined {
    if (this.#ending) return void this.#close();
    this.#say({ type: "pull" });
    return new Promise((resolve) => {
      this.#pulled = resolve;
    });
  }

  #resolve(): void {
    this.#pulled?.();
    this.#pulled = null;
  }

  /** Closes the stream when the browser has read all of it: until then the worker has to stay. */
  #close(): void {
    if (this.#ended || this.#controller?.desiredSize !== ahead) return;
    this.#controller.close();
    this.#end("drained");
  }

  #end(how: "drained" | "gone"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#say({ type: how });
    this.#resolve();
    this.#pinged();
    this.#over();
  }

  #say(message: FromStream): void {
    this.#port.postMessage(message);
  }
}

/** A name as RFC 8187 wants it. Whatever it holds, it can't end the header. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
