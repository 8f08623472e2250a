// The shell around the Go machine that holds every key and decision. Nothing is
// decided here: an event of the page, the hub, a lane or the disk goes in, what
// comes out is carried where it belongs.
//
//	page ── clicks, connections ──┐            ┌── lanes: groups to send, groups that came
//	hub ─── frames ───────────────┤ Go machine ├── disk: what to keep, what was kept
//	timer ────────────────────────┘            └── page: what to show

import type { FromDisk } from "../shared/disk.ts";
import { codeLink, type FromCore, offerOf, type ToCore } from "../shared/messages.ts";
import type { Destination, ReceiveView } from "../shared/views.ts";
import type { LaneToCore } from "../shared/ports.ts";
import { type FailureCode, LanesMax } from "../wire/wire.ts";
import { bytesOf } from "./base64.ts";
import { Carriers } from "./carriers.ts";
import { DiskPort } from "./diskport.ts";
import type { Action, Bridge, MachineConfig, MachineEvent, ReceiveMachine, ShareMachine } from "./machine.ts";
import { keyOf, Memory, shown } from "./memory.ts";
import { Offering } from "./offering.ts";
import type { Seen } from "./seen.ts";
import type { Beside } from "./people.ts";
import { Signal } from "./signal.ts";
import { type Again, Shares } from "./shares.ts";
import type { Unfinished, Vault } from "./vault.ts";

/** Between ticks, ms. A hidden tab's are stretched by the browser; nothing depends on them being exact. */
const tickMs = 100;
/** Between views to the page, ms. Each costs a rendering, which the transfer pays for while bytes move. */
const viewMs = 100;
const movingMs = 500;

/** The way to the page. */
interface Page {
  post(message: FromCore, transfer?: Transferable[]): void;
  /** The machine failed: nothing goes on here. */
  dead(message: string): void;
}

/** What the page says to the shell; the rest is for those beside it. */
export type ToShell = Exclude<ToCore, { type: "watch" | "device.give" | "device.take" | "device.stop" }>;

type Role = { kind: "share"; machine: ShareMachine } | { kind: "receive"; machine: ReceiveMachine };

export class Shell {
  readonly #init: Extract<ToCore, { type: "init" }>;
  readonly #bridge: Bridge;
  readonly #page: Page;
  readonly #signal: Signal;
  readonly #memory: Memory;
  readonly #offering: Offering;
  readonly #seen: Pick<Seen, "saw" | "taken"> | null;
  /** Contacts who may be met. */
  #known: ReadonlySet<string> = new Set();
  #held: ToShell[] | null = null;
  #role: Role | null = null;
  #receive: Extract<ToCore, { type: "receive" }> | null = null;
  /** The link that is open, and what an earlier page of it left. */
  #link = "";
  #recalled: Unfinished | null = null;
  /** Likewise, when the person wants to go on with it. */
  #again: Unfinished | null = null;
  readonly #lanes: Carriers;
  readonly #disk: DiskPort;
  /** Events that wait for the machine, the one it has included. */
  readonly #events: MachineEvent[] = [];
  #shownAt = 0;
  /** Bytes moved when the page last heard. */
  #moving = false;
  #viewTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(init: Extract<ToCore, { type: "init" }>, bridge: Bridge, page: Page, vault: Promise<Vault | null> | null, seen: Pick<Seen, "saw" | "taken"> | null = null, beside: Beside | null = null) {
    this.#seen = seen;
    this.#memory = new Memory(vault, beside);
    this.#offering = new Offering({
      shares: new Shares(vault, () => this.#moving, () => this.#event({ type: "share.stop" }), beside),
      known: () => this.#known,
      post: (message) => page.post(message),
      event: (event) => this.#event(event),
    });
    this.#init = init;
    this.#lanes = new Carriers(init.lanes);
    this.#bridge = bridge;
    this.#page = page;
    this.#signal = new Signal(init.signalUrl, {
      up: () => this.#event({ type: "signal.up" }),
      down: (outdated) => this.#event({ type: "signal.down", outdated }),
      message: (data) => this.#event({ type: "signal.message", data }),
    });
    init.lanes.forEach((port) => {
      port.onmessage = (e: MessageEvent<LaneToCore>) => this.#fromLane(e.data);
    });
    this.#disk = new DiskPort(init.disk, (said) => this.#fromDisk(said));
    setInterval(() => this.#event({ type: "tick" }), tickMs);
  }

  fromPage(message: ToShell): void {
    if (this.#held !== null) return void this.#held.push(message);
    switch (message.type) {
      case "init":
        return;
      case "share.start":
        if (message.again === undefined) return this.#share(message.title, null);
        return this.#holding(this.#offering.again(message.again).then((again) => this.#share(message.title, again)));
      case "share.end":
        this.#event(message);
        return this.#signal.start(); // who comes back to a share that is offered again asks at once for what was listed
      case "recipient.stop":
      case "share.add":
      case "share.handles":
      case "share.title":
      case "share.proof":
      case "share.member":
      case "share.paths":
      case "share.remove":
      case "shares.read":
      case "shares.list":
      case "shares.check":
      case "shares.forget":
      case "source.fresh":
        return this.#offering.fromPage(message);
      case "link.open":
        return void this.#openLink(message.link);
      case "code.read":
        return this.#page.post({ type: "code.reading", n: message.n, reading: this.#bridge.read(message.text) });
      case "code.open":
        return this.#openCode(message.code, message.link, message.hidden);
      case "connect":
        if (this.#role?.kind !== "receive") return;
        this.#again = message.again ? this.#recalled : null;
        if (this.#link !== "") this.#memory.connected(this.#link, this.#role.machine.key());
        this.#signal.start();
        void this.#askClock();
        return this.#event({ type: "connect", hidden: message.hidden });
      case "unfinished.read":
        void this.#memory.sweep(async () => navigator.storage.getDirectory(), Date.now());
        return void this.#memory.all().then((all) => this.#page.post({ type: "unfinished", list: all.map(shown) }));
      case "unfinished.link":
        return void this.#memory.all().then((all) => {
          const it = all.find(({ id }) => id === message.id);
          if (it !== undefined && it.link !== "") this.#page.post({ type: "unfinished.link", link: it.link });
        });
      case "unfinished.forget":
        return this.#memory.drop(message.id);
      case "receive":
        this.#receive = message;
        return this.#event({ type: "receive", choice: message.choice, stream: message.destination.kind === "stream" });
      case "list.read":
        if (this.#role?.kind !== "receive") return;
        return this.#page.post({ type: "list", from: message.from, entries: this.#role.machine.entries(message.from, message.count) });
      case "states.read": {
        if (this.#role?.kind !== "receive") return;
        const states = this.#role.machine.states(message.from, message.count);
        return this.#page.post({ type: "states", from: message.from, states }, [states.buffer]);
      }
      case "parts.read": {
        if (this.#role?.kind !== "receive") return;
        const parts = this.#role.machine.parts(message.file);
        return this.#page.post({ type: "parts", file: message.file, parts }, [parts.buffer]);
      }
      default:
        return this.#event(message);
    }
  }

  /** The book of contacts is another than before: who is none any more is no member. */
  contacts(known?: ReadonlySet<string>): void {
    if (known !== undefined) this.#known = known;
    const offer = offerOf(this.#link);
    // Nothing goes on with somebody who is none any more, in either direction.
    if (this.#role?.kind === "receive" && offer !== null && !this.#known.has(offer.contact)) this.#event({ type: "cancel" });
    if (this.#role?.kind !== "share") return;
    this.#offering.contacts();
  }

  /** Makes a share, or that of an earlier page. */
  #share(title: string, again: Again | null): void {
    const config = configOf(this.#init);
    const machine = this.#bridge.share(title, again === null ? config : { ...config, kept: bytesOf(again.share.kept) });
    if (typeof machine === "string") return this.#dead(machine);
    this.#role = { kind: "share", machine };
    this.#offering.begin(title, machine.keep(), again);
    if (again === null) this.#signal.start();
    else this.#event({ type: "share.paths", paths: again.share.paths });
    this.contacts();
    return this.#show();
  }

  /** What the page says meanwhile waits. */
  #holding(work: Promise<void>): void {
    this.#held = [];
    void work.finally(() => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const message of held) this.fromPage(message);
    });
  }

  /** Opens a link, as the recipient that an earlier page of it was. */
  async #openLink(link: string): Promise<void> {
    const recalled = this.#memory.empty ? null : await this.#memory.recall(link);
    const config = configOf(this.#init);
    const offer = offerOf(link);
    const device = offer === null || this.#memory.empty ? null : await this.#memory.device();
    const machine =
      offer !== null
        ? this.#bridge.receiveOf(offer.contact, offer.share, device === null ? config : { ...config, device })
        : codeLink.test(link)
          ? this.#bridge.back(recalled === null ? config : { ...config, key: keyOf(recalled) })
          : this.#bridge.receive(link, recalled === null ? config : { ...config, key: keyOf(recalled) });
    if (typeof machine === "string") return this.#page.post({ type: "receive.view", view: refused(machine) });
    this.#link = link;
    this.#recalled = recalled;
    if (recalled !== null && recalled.receive !== null) this.#page.post({ type: "recalled", unfinished: shown(recalled) });
    const taken = offer === null || this.#seen === null ? 0 : await this.#seen.taken(link);
    if (taken > 0) this.#page.post({ type: "taken", entries: taken });
    this.#role = { kind: "receive", machine };
    this.#show();
  }

  /** Looks for the sender of a code. It works once; what is remembered is the way back that the machine finds by it. */
  #openCode(code: string, link: string, hidden: boolean): void {
    const machine = this.#bridge.typed(code, configOf(this.#init));
    if (typeof machine === "string") return this.#page.post({ type: "receive.view", view: { ...refused(machine), byCode: true } });
    this.#role = { kind: "receive", machine };
    this.#link = link;
    this.#signal.start();
    return this.#event({ type: "connect", hidden });
  }

  /** Goes on where an earlier page was, once the list is there. */
  #goOn(view: ReceiveView): void {
    const receive = this.#again?.receive;
    if (!receive || view.phase !== "listed" || !view.listed) return;
    const handle = this.#again?.handle ?? null;
    this.#again = null;
    const { conflict, choice } = receive;
    const destination: Destination = handle === null ? { kind: "browser" } : { kind: "folder", handle };
    this.fromPage({ type: "receive", destination, conflict, choice });
  }

  /** The server's time, only to say that a clock is wrong where nobody is found. */
  async #askClock(): Promise<void> {
    const url = new URL("/healthz", this.#init.signalUrl.replace(/^ws/, "http"));
    const response = await fetch(url, { method: "HEAD", cache: "no-store" }).catch(() => null);
    await response?.arrayBuffer().catch(() => null); // else Chromium calls the request broken off
    const now = Date.parse(response?.headers.get("date") ?? "");
    if (!Number.isNaN(now)) this.#event({ type: "clock", now });
  }

  #fromDisk(said: FromDisk): void {
    this.#event(said);
    if (said.type === "closed") this.#memory.forget();
    if (said.type !== "opened" || this.#receive === null || this.#role?.kind !== "receive") return;
    this.#memory.opened(said.where, this.#disk.part, this.#receive, this.#role.machine.view());
  }

  #fromLane(message: LaneToCore): void {
    switch (message.type) {
      case "batch": {
        const batch = this.#disk.hold(message.report, message.data);
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

  /**
   * Hands an event to the machine and carries out what follows. One that comes
   * up in the middle of that waits: the machine has decided all of its actions
   * by then, and counts on them being carried out.
   */
  #event(event: MachineEvent): void {
    if (this.#events.push(event) > 1) return;
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) {
      this.#handle(next);
      this.#events.shift();
    }
  }

  #handle(event: MachineEvent): void {
    if (this.#role === null) return;
    const actions = this.#role.machine.handle(Date.now(), event);
    if (typeof actions === "string") return this.#dead(`${actions} at ${event.type}`);
    for (const action of actions) this.#act(action);
  }

  /** Stores what the machine has to know after a crash. Where nothing can be stored nothing comes back after one either. */
  async #remember(): Promise<boolean> {
    if (this.#role?.kind === "share") await this.#offering.stored(this.#role.machine.keep());
    return this.#role?.kind === "receive" ? this.#memory.stored(this.#link, this.#role.machine.key()) : true;
  }

  #dead(message: string): void {
    this.#role = null;
    this.#page.dead(message);
  }

  #act(action: Action): void {
    switch (action.type) {
      case "show":
        return this.#show();
      case "remember":
        return void this.#remember().then((stored) => this.#event({ type: "remembered", n: action.n, stale: !stored }));
      case "signal.send":
        return this.#signal.send(action.data);
      case "signal.reset":
        return this.#signal.reset();
      case "pc.make":
        return this.#page.post({ ...action, lane: this.#lanes.make(action) });
      case "pc.close":
        this.#lanes.close(action);
        return this.#page.post(action);
      case "pc.remote":
      case "pc.candidates":
        return this.#page.post(action);
      case "source.refresh":
        return this.#page.post(action);
      case "ctrl.send":
        return this.#page.post({ type: "ctrl.send", session: action.session, data: action.data.buffer }, [action.data.buffer]);
      case "lane.out":
        return this.#lanes.out(action, { ...action, type: "out" });
      case "lane.in":
        return this.#lanes.to(action, { ...action, type: "in" });
      case "lane.send":
      case "lane.hash": {
        const source = this.#offering.source(action.file);
        const hashOnly = action.type === "lane.hash";
        if (source === undefined) {
          const { session, pc, file, version, group } = action;
          return this.#event({ type: "source.failed", session, pc, file, version, group, hashed: hashOnly });
        }
        return this.#lanes.to(action, { ...action, type: "send", hashOnly, source });
      }
      case "lane.forget":
        return this.#lanes.to(action, { ...action, type: "forget" });
      case "lane.cancel":
        return this.#lanes.toAll({ ...action, type: "cancel" });
      case "lane.expect":
        return this.#lanes.toAll({ ...action, type: "expect" });
      case "lane.settled":
        return this.#lanes.toAll({ ...action, type: "settled" });
      default:
        return this.#disk.carry(action, this.#receive);
    }
  }

  /** Shows the view at once if the last one is old enough, else soon. */
  #show(): void {
    if (this.#viewTimer !== null) return;
    const wait = Math.max(0, this.#shownAt + (this.#moving ? movingMs : viewMs) - Date.now());
    this.#viewTimer = setTimeout(() => {
      this.#viewTimer = null;
      this.#shownAt = Date.now();
      if (this.#role?.kind === "share") {
        const { machine } = this.#role;
        const view = machine.view();
        this.#moving = view.recipients.some(moves);
        this.#page.post({ type: "share.view", view });
        this.#offering.saw(view, () => machine.keep());
      }
      if (this.#role?.kind === "receive") {
        const view = this.#role.machine.view();
        this.#moving = moves(view);
        this.#page.post({ type: "receive.view", view });
        this.#memory.saw(view);
        if (view.listed && offerOf(this.#link) !== null) this.#seen?.saw(this.#link, view.entries, view.phase === "complete");
        this.#goOn(view);
      }
    }, wait);
  }
}

/** What every machine is told of this browser. */
export function configOf(init: Extract<ToCore, { type: "init" }>): MachineConfig {
  return {
    now: Date.now(),
    lanes: LanesMax,
    loopback: init.allowLoopback,
    phone: init.phone,
    // Only a browser that lets pages into real folders asks for permission.
    folder: typeof FileSystemHandle !== "undefined" && "queryPermission" in FileSystemHandle.prototype,
  };
}

/** The first byte is news, the next ones are not. */
function moves(view: { phase: string; written: number }): boolean {
  return view.phase === "transferring" && view.written > 0;
}

/** A link that is damaged or of another version is said before any network. */
function refused(why: FailureCode): ReceiveView {
  return {
    phase: "failed", why, since: Date.now(), title: "", listed: false, entries: 0, files: 0, bytes: 0, written: 0, safe: 0, verified: 0,
    filesArrived: 0, filesVerified: 0, filesFailed: 0, asking: false, digits: "", note: "", route: "unknown", lanes: 0, paths: "any", needed: 0, unwritten: 0, window: 0, flagged: 0,
    pausedHere: false, current: 0, changed: 0, failed: [], byCode: false, wrongCode: false, tries: 0, sender: null,
  };
}
