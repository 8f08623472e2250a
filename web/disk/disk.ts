// The disk worker: the destination of one transfer at a time. It never sees a
// key, and its bytes leave it only for the disk or, as a download, for the
// person. The page starts it and takes downloads from it; everything else is
// between it and the core.
//
//	core ── open, entry, write, finish, land, close ──▶ sink ──▶ disk
//	     ◀── opened, written, safe, digest, landed ────

import type { DiskToCore, DiskToPage, FromDisk, PageToDisk, ToDisk } from "../shared/disk.ts";
import { InstanceEnded } from "../shared/resume.ts";
import { handsAt } from "./hands.ts";
import type { Journal } from "./journal.ts";
import { type Context, defaultLimits, place } from "./place.ts";
import type { Renewable } from "./readback.ts";
import { type Open, Refusal, type Say, type Sink } from "./sink.ts";
import { WasmHasher } from "./wasmhasher.ts";

declare const self: DedicatedWorkerGlobalScope;

function toPage(message: DiskToPage): void {
  self.postMessage(message);
}

/** A fault of our own: the page says so and the transfer ends. */
function die(error: unknown): void {
  toPage({ type: "dead", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
}

class Disk {
  readonly #context: Omit<Context, "say">;
  readonly #core: MessagePort;
  #sink: Sink | null = null;
  #journal: Journal | null = null;
  #openNumber = 0;
  #say: Say; // of the present open: an earlier one keeps its own
  #ended = true; // what the sink had to do is done
  #opening: ToDisk[] | null = null; // what came while the destination opens

  constructor(core: MessagePort, context: Omit<Context, "say">) {
    this.#context = context;
    this.#core = core;
    this.#say = this.#sayOf(0);
    core.onmessage = (e: MessageEvent<ToDisk>) => {
      try {
        this.#handle(e.data);
      } catch (error) {
        die(error);
      }
    };
  }

  #handle(m: ToDisk): void {
    if (this.#opening !== null) {
      this.#opening.push(m);
      return;
    }
    switch (m.type) {
      case "open":
        this.#opening = [];
        this.#open(m).catch(die);
        return;
      case "entry":
        return this.#sink?.entry(m);
      case "write":
        return this.#sink?.write(m.pieces, m.data);
      case "reset":
        return this.#sink?.reset(m.file, m.version, m.size);
      case "finish":
        return this.#sink?.finish(m.file);
      case "journal":
        return this.#note(m);
      case "land":
        return this.#land(m.file);
      case "drop":
        return this.#sink?.drop(m.file);
      case "close":
      case "discard":
        this.#end(m.type).catch(die);
        return;
      default:
        return unreachable(m);
    }
  }

  /** What is safe has to stand in the journal first, where there is one. */
  #sayOf(open: number): Say {
    return (said) => {
      const message: FromDisk = said.type === "safe" && this.#journal !== null ? { ...said, type: "flushed" } : said;
      this.#core.postMessage({ open, said: message } satisfies DiskToCore, transfers(message));
    };
  }

  #note({ at, data, file, bytes }: Extract<ToDisk, { type: "journal" }>): void {
    const open = this.#openNumber;
    this.#journal?.write(at, data, () => {
      if (bytes > 0) this.#core.postMessage({ open, said: { type: "safe", file, version: 0, bytes, parts: [] } } satisfies DiskToCore);
    });
  }

  /**
   * A file gets its name only once the journal knows that it was whole: a crash in
   * between would else make it come again, beside itself.
   */
  #land(file: number): void {
    const sink = this.#sink;
    if (this.#journal === null) return sink?.land(file);
    void this.#journal.settled().then(() => sink?.land(file));
  }

  async #open(m: Open): Promise<void> {
    const say = this.#sayOf(m.open);
    this.#say = say;
    this.#openNumber = m.open;
    try {
      this.#journal?.close();
      this.#journal = null;
      if (!this.#ended) await this.#sink?.discard().catch(() => undefined); // what can't be freed must not keep the next one out
      const { sink, where, journal } = await place(m, { ...this.#context, say });
      this.#sink = sink;
      this.#journal = journal;
      this.#ended = false;
      say({ type: "opened", where, journal: journal?.found ?? null });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#sink = null;
      say({ type: "refused", code: error.code, needed: error.needed });
    } finally {
      const came = this.#opening ?? [];
      this.#opening = null;
      for (const later of came) this.#handle(later);
    }
  }

  async #end(how: "close" | "discard"): Promise<void> {
    const sink = this.#sink;
    const say = this.#say;
    const journal = this.#journal;
    if (how === "discard") await journal?.remove().catch(() => undefined); // its folder is about to go
    await (how === "close" ? sink?.close() : sink?.discard());
    if (how === "close") await journal?.remove().catch(() => undefined); // found again it would say that all is there
    if (sink === this.#sink) this.#ended = true;
    say({ type: "closed" });
  }
}

/** What moves to the core instead of being copied. */
function transfers(m: FromDisk): Transferable[] {
  return m.type === "digest" && m.cvs !== null ? [m.cvs.buffer] : [];
}

function unreachable(x: never): never {
  throw new Error(`unknown message ${JSON.stringify(x)}`);
}

/** The page was asked for a way to the service worker, and has not answered yet. */
let begun: ((port: MessagePort | null) => void) | null = null;

async function start(init: Extract<PageToDisk, { type: "init" }>): Promise<void> {
  let hasher = await WasmHasher.start(init.module);
  const renewable: Renewable = {
    get hasher() {
      return hasher;
    },
    async renew() {
      hasher = await WasmHasher.start(init.module);
    },
    hands: handsAt(init.hands),
  };
  new Disk(init.core, {
    deliver: (name, blob) => toPage({ type: "export", name, blob }),
    begin: (name, bytes) => {
      toPage({ type: "stream.open", name, bytes });
      return new Promise((resolve) => {
        begun = resolve;
      });
    },
    ping: () => toPage({ type: "stream.ping" }),
    renewable,
    limits: { ...defaultLimits, ...init.limits },
  });
  toPage({ type: "ready" });
}

self.onmessage = (e: MessageEvent<PageToDisk>) => {
  if (e.data.type === "init") {
    start(e.data).catch(die);
    return;
  }
  begun?.(e.data.port);
  begun = null;
};
self.addEventListener("error", (e) => {
  if (e.error instanceof InstanceEnded) e.preventDefault(); // it is replaced when its next call fails
  else die(e.message);
});
self.onunhandledrejection = (e) => die(e.reason);
