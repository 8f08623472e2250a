// The lanes of one worker, and the Go instance that seals and opens what goes
// through them. A channel comes from the page, its key from the core; a lane
// works once it has both. An instance that failed is replaced, and its lanes are
// lost: DESIGN 3.

import type { Core } from "../shared/go.ts";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import { type Spent, together } from "./effort.ts";
import { CoreFault } from "./fault.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";

/** Starts a Go instance; `exited` is called if it ends. */
type StartCore = (exited: () => void) => Promise<Core>;

export class Lanes {
  readonly #start: StartCore;
  readonly #port: MessagePort;
  readonly #dead: (message: string) => void;
  /** null while an instance starts. */
  #core: Core | null = null;
  /** Counts the instances: what an earlier one still does concerns nobody. */
  #instance = 0;
  readonly #waiting: CoreToLane[] = [];
  readonly #channels = new Map<string, RTCDataChannel>();
  readonly #outs = new Map<string, Outbound>();
  readonly #ins = new Map<string, Inbound>();

  /** dead: no instance can be started, so nothing goes on here. */
  constructor(start: StartCore, port: MessagePort, dead: (message: string) => void) {
    this.#start = start;
    this.#port = port;
    this.#dead = dead;
    port.onmessage = (e: MessageEvent<CoreToLane>) => this.#fromCore(e.data);
  }

  /** Starts the Go instance. What comes before it is up waits for it. */
  async begin(): Promise<void> {
    const instance = ++this.#instance;
    try {
      this.#core = await this.#start(() => this.#fault(instance));
    } catch (error) {
      return this.#dead(String(error));
    }
    for (const m of this.#waiting.splice(0)) this.#fromCore(m);
  }

  /** A channel can only be listened to from the first task on, so it is at once. */
  channel(session: number, pc: number, channel: RTCDataChannel): void {
    const key = `${session}/${pc}`;
    channel.binaryType = "arraybuffer";
    this.#channels.set(key, channel);
    channel.onclose = () => this.#lose(key);
    this.#ins.get(key)?.attach(channel);
    this.#outs.get(key)?.attach(channel);
  }

  /** What the lanes of each session spent their time on since the last time. */
  spent(): Map<number, Spent> {
    const all = new Map<number, Spent[]>();
    for (const lane of [...this.#outs.values(), ...this.#ins.values()]) {
      all.set(lane.session, [...(all.get(lane.session) ?? []), lane.effort.take()]);
    }
    return new Map([...all].map(([session, lanes]) => [session, together(lanes)]));
  }

  /** The instance, for other work between that of the lanes (hand.ts). */
  borrow(): { core: Core; fault(): void } | null {
    const [core, instance] = [this.#core, this.#instance];
    return core && { core, fault: () => this.#fault(instance) };
  }

  #fromCore(m: CoreToLane): void {
    const core = this.#core;
    if (core === null) {
      this.#waiting.push(m);
      return;
    }
    switch (m.type) {
      case "out":
      case "in":
        return this.#open(core, m);
      case "close":
        return this.#close(`${m.session}/${m.pc}`);
      case "send":
        return this.#outs.get(`${m.session}/${m.pc}`)?.add(m);
      case "forget":
        return this.#ins.get(`${m.session}/${m.pc}`)?.forget(m);
      case "depth":
        for (const out of this.#outs.values()) if (out.session === m.session) out.depth(m.bytes);
        return;
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

  /** Gives a lane its key. */
  #open(core: Core, m: Extract<CoreToLane, { type: "out" | "in" }>): void {
    const key = `${m.session}/${m.pc}`;
    const instance = this.#instance;
    const fault = () => this.#fault(instance);
    const channel = this.#channels.get(key);
    try {
      const lane = m.type === "out" ? new Outbound(core, m, (answer) => this.#post(answer), fault) : new Inbound(core, m, (answer, transfer) => this.#post(answer, transfer), fault);
      if (lane instanceof Outbound) this.#outs.set(key, lane);
      else this.#ins.set(key, lane);
      if (channel !== undefined) lane.attach(channel);
    } catch (error) {
      if (!(error instanceof CoreFault)) throw error;
      this.#lose(key);
      fault();
    }
  }

  /** The instance failed: the lanes whose keys it had are lost, and another takes its place. */
  #fault(instance: number): void {
    if (instance !== this.#instance || this.#core === null) return;
    this.#core = null;
    for (const key of [...this.#outs.keys(), ...this.#ins.keys()]) this.#lose(key);
    void this.begin();
  }

  #lose(key: string): void {
    const [session = 0, pc = 0] = key.split("/").map(Number);
    this.#close(key);
    this.#post({ type: "closed", session, pc });
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
