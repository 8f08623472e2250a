// The lane worker: data channels, and the Go code that seals and opens what
// goes through them. A channel comes from the page, its key from the core; a
// lane works once it has both. Bytes go file → slot → record → channel and back
// without the page ever seeing them.

import { startCore, type Core } from "../shared/go.ts";
import type { LaneToPage, PageToLane } from "../shared/messages.ts";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";

class LaneWorker {
  readonly #module: WebAssembly.Module;
  readonly #port: MessagePort;
  /** null while an instance that failed is being replaced. */
  #core: Core | null;
  readonly #waiting: CoreToLane[] = [];
  readonly #channels = new Map<string, RTCDataChannel>();
  readonly #outs = new Map<string, Outbound>();
  readonly #ins = new Map<string, Inbound>();

  constructor(module: WebAssembly.Module, core: Core, port: MessagePort) {
    this.#module = module;
    this.#core = core;
    this.#port = port;
    port.onmessage = (e: MessageEvent<CoreToLane>) => this.#fromCore(e.data);
  }

  /** A channel can only be listened to from the first task on, so it is at once. */
  channel(session: number, pc: number, channel: RTCDataChannel): void {
    const key = `${session}/${pc}`;
    channel.binaryType = "arraybuffer";
    this.#channels.set(key, channel);
    channel.onclose = () => {
      this.#close(key);
      this.#post({ type: "closed", session, pc });
    };
    this.#ins.get(key)?.attach(channel);
    this.#outs.get(key)?.attach(channel);
  }

  #fromCore(m: CoreToLane): void {
    const core = this.#core;
    if (core === null) {
      this.#waiting.push(m);
      return;
    }
    switch (m.type) {
      case "out": {
        const out = new Outbound(core, m, (answer) => this.#post(answer), () => this.fault());
        this.#outs.set(`${m.session}/${m.pc}`, out);
        const channel = this.#channels.get(`${m.session}/${m.pc}`);
        if (channel !== undefined) out.attach(channel);
        return;
      }
      case "in": {
        const inbound = new Inbound(core, m, (answer, transfer) => this.#post(answer, transfer), () => this.fault());
        this.#ins.set(`${m.session}/${m.pc}`, inbound);
        const channel = this.#channels.get(`${m.session}/${m.pc}`);
        if (channel !== undefined) inbound.attach(channel);
        return;
      }
      case "close":
        return this.#close(`${m.session}/${m.pc}`);
      case "send":
        return this.#outs.get(`${m.session}/${m.pc}`)?.add(m);
      case "forget":
        return this.#ins.get(`${m.session}/${m.pc}`)?.forget(m);
      case "cancel":
        for (const out of this.#outs.values()) if (out.session === m.session) out.cancel(m.file);
        return;
      case "expect":
        for (const i of this.#ins.values()) if (i.session === m.session) i.expect(m.file, m.version, m.size);
        return;
      case "settled":
        for (const i of this.#ins.values()) if (i.session === m.session) i.settled(m.file, m.version);
        return;
    }
  }

  /**
   * The Go instance failed: every lane of it is closed, which the machine takes
   * as lost lanes, and a new instance takes its place. DESIGN 3.
   */
  fault(): void {
    if (this.#core === null) return;
    this.#core = null;
    for (const key of [...this.#channels.keys()]) {
      const [session = 0, pc = 0] = key.split("/").map(Number);
      this.#close(key);
      this.#post({ type: "closed", session, pc });
    }
    this.#outs.clear();
    this.#ins.clear();
    startCore(this.#module, () => this.fault()).then(
      (core) => {
        this.#core = core;
        for (const m of this.#waiting.splice(0)) this.#fromCore(m);
      },
      (error: unknown) => dead(String(error)),
    );
  }

  #close(key: string): void {
    this.#outs.get(key)?.close();
    this.#ins.get(key)?.close();
    this.#outs.delete(key);
    this.#ins.delete(key);
    const channel = this.#channels.get(key);
    this.#channels.delete(key);
    if (channel !== undefined) {
      channel.onclose = null;
      channel.close();
    }
  }

  #post(message: LaneToCore, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

function toPage(message: LaneToPage): void {
  self.postMessage(message);
}

function dead(message: string): void {
  toPage({ type: "dead", message });
  self.close();
}

let worker: LaneWorker | null = null;
const early: Extract<PageToLane, { type: "channel" }>[] = [];

self.onmessage = (e: MessageEvent<PageToLane>): void => {
  const m = e.data;
  if (m.type === "channel") {
    if (worker === null) early.push(m);
    else worker.channel(m.session, m.pc, m.channel);
    return;
  }
  startCore(m.module, () => worker?.fault()).then(
    (core) => {
      worker = new LaneWorker(m.module, core, m.core);
      for (const c of early.splice(0)) worker.channel(c.session, c.pc, c.channel);
      toPage({ type: "ready" });
    },
    (error: unknown) => dead(String(error)),
  );
};
