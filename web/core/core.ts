// The core worker: the Go machine that holds every key and decision, and the
// wires to it. Nothing is decided here: an event of the page, the hub, a lane
// or the disk goes in, what comes out is carried where it belongs.
//
//	page ── clicks, connections ──┐            ┌── lanes: groups to send, groups that came
//	hub ─── frames ───────────────┤ Go machine ├── disk: what to keep, what was kept
//	timer ────────────────────────┘            └── page: what to show

import { startCore } from "../shared/go.ts";
import type { FromCore, FromDisk, Source, ToCore, ToDisk } from "../shared/messages.ts";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import type { FailureCode } from "../wire/wire.ts";
import { Batches } from "./batches.ts";
import type { Action, Bridge, ListedSource, MachineConfig, MachineEvent, ReceiveMachine, ShareMachine } from "./machine.ts";
import { Signal } from "./signal.ts";
import { Sources } from "./sources.ts";

/** Between ticks, ms. A hidden tab's are stretched by the browser; nothing depends on them being exact. */
const tickMs = 100;
/** Between views to the page, ms: as often as PROGRESS comes. Each costs a rendering, which the transfer pays for. */
const viewMs = 500;

type Role = { kind: "share"; machine: ShareMachine } | { kind: "receive"; machine: ReceiveMachine };

class CoreWorker {
  readonly #init: Extract<ToCore, { type: "init" }>;
  readonly #bridge: Bridge;
  readonly #signal: Signal;
  readonly #sources = new Sources();
  readonly #batches = new Batches();
  #role: Role | null = null;
  #receive: Extract<ToCore, { type: "receive" }> | null = null;
  #laneOf = new Map<string, number>();
  #nextLane = 0;
  #shownAt = 0;
  #viewTimer = 0;

  constructor(init: Extract<ToCore, { type: "init" }>, bridge: Bridge) {
    this.#init = init;
    this.#bridge = bridge;
    this.#signal = new Signal(init.signalUrl, {
      up: () => this.#event({ type: "signal.up" }),
      down: () => this.#event({ type: "signal.down" }),
      message: (data) => this.#event({ type: "signal.message", data }),
    });
    init.lanes.forEach((port) => {
      port.onmessage = (e: MessageEvent<LaneToCore>) => this.#fromLane(e.data);
    });
    init.disk.onmessage = (e: MessageEvent<FromDisk>) => this.#event(e.data);
    setInterval(() => this.#event({ type: "tick" }), tickMs);
  }

  fromPage(message: ToCore): void {
    switch (message.type) {
      case "init":
        return;
      case "share.start": {
        const machine = this.#bridge.share(message.title, this.#config());
        if (typeof machine === "string") return dead(machine);
        this.#role = { kind: "share", machine };
        this.#signal.start();
        return this.#show();
      }
      case "share.add":
        this.#sources.add(message.sources);
        return this.#event({ type: "share.add", sources: message.sources.map(listed) });
      case "source.fresh": {
        const { file, source } = message;
        if (source !== null) this.#sources.replace(file, source);
        return this.#event({ type: "source.fresh", file, ok: source !== null, size: source?.size ?? 0, modified: source?.lastModified ?? 0 });
      }
      case "link.open": {
        const machine = this.#bridge.receive(message.link, this.#config());
        if (typeof machine === "string") return refuseLink(machine);
        this.#role = { kind: "receive", machine };
        return this.#show();
      }
      case "connect":
        this.#signal.start();
        void this.#askClock();
        return this.#event(message);
      case "receive":
        this.#receive = message;
        return this.#event({ type: "receive" });
      case "list.read":
        if (this.#role?.kind !== "receive") return;
        return post({ type: "list", from: message.from, entries: this.#role.machine.entries(message.from, message.count) });
      default:
        return this.#event(message);
    }
  }

  /** The server's time, only to say that a clock is wrong where nobody is found. */
  async #askClock(): Promise<void> {
    const url = new URL("/healthz", this.#init.signalUrl.replace(/^ws/, "http"));
    const response = await fetch(url, { method: "HEAD", cache: "no-store" }).catch(() => null);
    await response?.arrayBuffer().catch(() => null); // else Chromium calls the request broken off
    const now = Date.parse(response?.headers.get("date") ?? "");
    if (!Number.isNaN(now)) this.#event({ type: "clock", now });
  }

  #config(): MachineConfig {
    return {
      now: Date.now(),
      lanes: 1,
      loopback: this.#init.allowLoopback,
      phone: this.#init.phone,
      // Only a browser that lets pages into real folders asks for permission.
      folder: typeof FileSystemHandle !== "undefined" && "queryPermission" in FileSystemHandle.prototype,
    };
  }

  #fromLane(message: LaneToCore): void {
    switch (message.type) {
      case "batch": {
        const batch = this.#batches.hold(message.report, message.data);
        const { session, pc, report, bytes, records } = message;
        return this.#event({ type: "lane.batch", session, pc, batch, report, bytes, records });
      }
      case "failed":
        return this.#event({ type: "lane.failed", session: message.session, pc: message.pc, code: message.code });
      case "closed":
        return this.#event({ type: "lane.closed", session: message.session, pc: message.pc });
      default:
        return this.#event(message);
    }
  }

  #event(event: MachineEvent): void {
    if (this.#role === null) return;
    const actions = this.#role.machine.handle(Date.now(), event);
    if (typeof actions === "string") return dead(`${actions} at ${event.type}`);
    for (const action of actions) this.#act(action);
  }

  #act(action: Action): void {
    switch (action.type) {
      case "show":
        return this.#show();
      case "signal.send":
        return this.#signal.send(action.data);
      case "pc.make": {
        const lane = this.#nextLane++ % this.#init.lanes.length;
        this.#laneOf.set(laneKey(action), lane);
        return post({ ...action, lane });
      }
      case "pc.close":
        this.#toLane(action, { type: "close", session: action.session, pc: action.pc });
        this.#laneOf.delete(laneKey(action));
        return post(action);
      case "pc.remote":
      case "pc.candidates":
        return post(action);
      case "source.refresh":
        return post(action);
      case "ctrl.send":
        return post({ type: "ctrl.send", session: action.session, data: action.data.buffer }, [action.data.buffer]);
      case "lane.out":
        return this.#toLane(action, { ...action, type: "out" });
      case "lane.in":
        return this.#toLane(action, { ...action, type: "in" });
      case "lane.send":
      case "lane.hash": {
        const source = this.#sources.get(action.file);
        const hashOnly = action.type === "lane.hash";
        if (source === undefined) {
          const { session, pc, file, version, group } = action;
          return this.#event({ type: "source.failed", session, pc, file, version, group, hashed: hashOnly });
        }
        return this.#toLane(action, { ...action, type: "send", hashOnly, source });
      }
      case "lane.forget":
        return this.#toLane(action, { ...action, type: "forget" });
      case "lane.cancel":
        return this.#toLanes({ ...action, type: "cancel" });
      case "lane.expect":
        return this.#toLanes({ ...action, type: "expect" });
      case "lane.settled":
        return this.#toLanes({ ...action, type: "settled" });
      case "write": {
        const write = this.#batches.take(action.batch, action.keep);
        if (write !== null) this.#toDisk(write, [write.data]);
        return;
      }
      case "disk.open": {
        if (this.#receive === null) return;
        const { destination, conflict } = this.#receive;
        return this.#toDisk({ ...action, type: "open", destination, conflict });
      }
      case "disk.entry":
        return this.#toDisk({ ...action, type: "entry" });
      case "disk.reset":
        return this.#toDisk({ ...action, type: "reset" });
      case "disk.finish":
        return this.#toDisk({ type: "finish", file: action.file });
      case "disk.land":
        return this.#toDisk({ type: "land", file: action.file });
      case "disk.drop":
        return this.#toDisk({ type: "drop", file: action.file });
      case "disk.close":
        return this.#toDisk({ type: "close" });
      case "disk.discard":
        return this.#toDisk({ type: "discard" });
    }
  }

  #toLane(lane: { session: number; pc: number }, message: CoreToLane): void {
    const i = this.#laneOf.get(laneKey(lane));
    if (i !== undefined) this.#init.lanes[i]?.postMessage(message);
  }

  #toLanes(message: CoreToLane): void {
    for (const port of this.#init.lanes) port.postMessage(message);
  }

  #toDisk(message: ToDisk, transfer: Transferable[] = []): void {
    this.#init.disk.postMessage(message, transfer);
  }

  /** Shows the view at once if the last one is old enough, else soon. */
  #show(): void {
    if (this.#viewTimer !== 0) return;
    const wait = Math.max(0, this.#shownAt + viewMs - Date.now());
    this.#viewTimer = setTimeout(() => {
      this.#viewTimer = 0;
      this.#shownAt = Date.now();
      if (this.#role?.kind === "share") post({ type: "share.view", view: this.#role.machine.view() });
      if (this.#role?.kind === "receive") post({ type: "receive.view", view: this.#role.machine.view() });
    }, wait);
  }
}

function laneKey(lane: { session: number; pc: number }): string {
  return `${lane.session}/${lane.pc}`;
}

function listed(source: Source): ListedSource {
  const { parent, name, file } = source;
  return file === undefined ? { parent, name } : { parent, name, file: { size: file.size, lastModified: file.lastModified } };
}

function post(message: FromCore, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function dead(message: string): void {
  post({ type: "dead", message });
  self.close();
}

/** A link that is damaged or of another version is said before any network. */
function refuseLink(why: FailureCode): void {
  post({
    type: "receive.view",
    view: {
      phase: "failed", why, title: "", listed: false, entries: 0, files: 0, bytes: 0, written: 0, safe: 0, verified: 0,
      filesArrived: 0, filesVerified: 0, filesFailed: 0, asking: false, route: "unknown", needed: 0, flagged: 0,
      pausedHere: false, changed: 0, failed: [],
    },
  });
}

let worker: CoreWorker | null = null;
const early: ToCore[] = [];

self.onmessage = (e: MessageEvent<ToCore>): void => {
  const message = e.data;
  if (worker !== null) return worker.fromPage(message);
  if (message.type !== "init") {
    early.push(message);
    return;
  }
  startCore(message.module, () => dead("the core ended")).then(
    () => {
      worker = new CoreWorker(message, (globalThis as unknown as { beeline: Bridge }).beeline);
      post({ type: "ready" });
      for (const m of early.splice(0)) worker.fromPage(m);
    },
    (error: unknown) => dead(String(error)),
  );
};
