// The connections. RTCPeerConnection exists on the page thread only, so they
// live here; what goes through them does not: a lane's channel is handed to a
// lane worker in the task that creates it, and control records pass through
// sealed, unread.
//
//	core -- pc.make ----> create, channels ---- lane channel ---> lane worker
//	core <- pc.local ---- description 100 ms after the first candidate
//	core -- pc.remote --> apply
//	core <- ctrl.message / ctrl.send -> the ctrl channel of pc 0
//
// DESIGN 5; channel ids: PROTOCOL.md f.1.

import type { FromCore, PageToLane, ToCore } from "../shared/messages.ts";
import type { Route } from "../shared/views.ts";
import { ChannelCtrl, ChannelLane } from "../wire/wire.ts";
import { type PathNow, pathFrom } from "./route.ts";

/** From the first host candidate, or the first at all of a relay, to sending the description, ms. More of them come within this time on any LAN. */
const firstCandidateMs = 100;
/**
 * From the description to the first look for later candidates, ms. It doubles from look
 * to look, until gathering is over: a relay that is reached over TLS is found soon, and
 * where UDP is blocked gathering takes ten seconds.
 */
const laterCandidatesMs = 200;
/**
 * How many of these looks leave out relays: a direct path that answers a little later is
 * better, and a browser that has begun over a relay is in no hurry to look for one.
 */
const looksWithoutRelays = 2;
/** Between looks at the path of a connected pair, ms: its route can change from relay to direct. */
const routeMs = 2000;
/**
 * Bytes that may wait on ctrl. An honest peer never lets it come to that: a
 * window of the list is 1 MiB, and what answers it otherwise is small. But one
 * that asks and asks and takes nothing would fill this page's memory: Chromium
 * refuses at 16 MiB, Firefox never.
 */
const ctrlQueued = 8 << 20;

type PeerMessage = Extract<FromCore, { type: `pc.${string}` | "ctrl.send" }>;

interface Hooks {
  toCore(message: ToCore, transfer?: Transferable[]): void;
  toLane(lane: number, message: PageToLane, transfer: Transferable[]): void;
  /** What the path of a session's first connection is like now. */
  path(session: number, now: PathNow): void;
  /** This browser can't hand a channel to a worker. */
  cannotTransfer(): void;
}

export class Peers {
  readonly #hooks: Hooks;
  readonly #links = new Map<string, Link>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  /** Carries out what the core says about connections. */
  handle(message: PeerMessage): void {
    if (message.type === "ctrl.send") {
      for (const link of this.#links.values()) if (link.session === message.session) link.sendCtrl(message.data);
      return;
    }
    const key = `${message.session}/${message.pc}`;
    if (message.type === "pc.make") {
      this.#links.get(key)?.close();
      try {
        this.#links.set(key, new Link(message, this.#hooks));
      } catch {
        // Servers that the browser does not take: without any it may still reach the other side.
        this.#links.set(key, new Link({ ...message, iceServers: [] }, this.#hooks));
      }
      return;
    }
    const link = this.#links.get(key);
    if (link === undefined) return; // closed meanwhile
    if (message.type === "pc.remote") link.setRemote(message.kind, message.sdp);
    else if (message.type === "pc.candidates") link.addCandidates(message.candidates);
    else {
      link.close();
      this.#links.delete(key);
    }
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }
}

/** One RTCPeerConnection with its channels and the timers of its description. */
class Link {
  readonly session: number;
  readonly #pc: number;
  readonly #hooks: Hooks;
  readonly #rtc: RTCPeerConnection;
  /** No candidate but of a relay is even looked for. */
  readonly #relayOnly: boolean;
  readonly #ctrl: RTCDataChannel | null = null;
  /** Operations on a connection must not overtake each other. */
  #turn: Promise<void> = Promise.resolve();
  #described = false; // our description has gone to the core
  #later: string[] = [];
  readonly #timers = new Set<number>();
  #closed = false;

  constructor(make: Extract<FromCore, { type: "pc.make" }>, hooks: Hooks) {
    this.session = make.session;
    this.#pc = make.pc;
    this.#hooks = hooks;
    this.#relayOnly = make.relayOnly;
    this.#rtc = new RTCPeerConnection({ iceServers: make.iceServers, bundlePolicy: "max-bundle", iceTransportPolicy: make.relayOnly ? "relay" : "all" });

    if (make.pc === 0) this.#ctrl = this.#openCtrl();
    const lane = this.#rtc.createDataChannel("lane", { negotiated: true, id: ChannelLane, ordered: false });
    lane.binaryType = "arraybuffer";
    try {
      // In this very task: a channel can't be transferred later (platform.md 1.1).
      hooks.toLane(make.lane, { type: "channel", session: make.session, pc: make.pc, channel: lane }, [lane]);
    } catch {
      this.close();
      hooks.cannotTransfer();
      return;
    }

    this.#rtc.onicecandidate = (e) => this.#onCandidate(e.candidate);
    this.#rtc.onicegatheringstatechange = () => {
      if (this.#rtc.iceGatheringState === "complete") this.#onCandidate(null);
    };
    this.#rtc.onconnectionstatechange = () => this.#onState();
    if (make.offer) this.#do(async () => this.#rtc.setLocalDescription(await this.#rtc.createOffer()));
  }

  setRemote(kind: "offer" | "answer", sdp: string): void {
    this.#do(async () => {
      await this.#rtc.setRemoteDescription({ type: kind, sdp });
      if (kind === "offer") await this.#rtc.setLocalDescription(await this.#rtc.createAnswer());
    });
  }

  addCandidates(candidates: string[]): void {
    this.#do(async () => {
      for (const candidate of candidates) {
        // One that the browser can't use (a family it lacks) must not cost the others.
        await this.#rtc.addIceCandidate({ candidate, sdpMid: "0", sdpMLineIndex: 0 }).catch(() => undefined);
      }
    });
  }

  sendCtrl(data: ArrayBuffer): void {
    if (this.#ctrl?.readyState !== "open") return; // ctrl.closed has told the core
    try {
      this.#ctrl.send(data);
      if (this.#ctrl.bufferedAmount <= ctrlQueued) return;
    } catch {
      // Full, or closed in this moment.
    }
    // Without all of its records ctrl is worth nothing: the core ends the session with E_PATH.
    this.#tell({ type: "ctrl.closed", session: this.session });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#rtc.close();
  }

  #openCtrl(): RTCDataChannel {
    const ctrl = this.#rtc.createDataChannel("ctrl", { negotiated: true, id: ChannelCtrl, ordered: true });
    ctrl.binaryType = "arraybuffer";
    ctrl.onopen = () => this.#tell({ type: "ctrl.open", session: this.session });
    ctrl.onclose = () => this.#tell({ type: "ctrl.closed", session: this.session });
    ctrl.onmessage = (e: MessageEvent<unknown>) => {
      // A text message has no place in the protocol; nobody honest sends one.
      if (e.data instanceof ArrayBuffer) this.#tell({ type: "ctrl.message", session: this.session, data: e.data }, [e.data]);
    };
    return ctrl;
  }

  #onCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === "") {
      if (!this.#described) this.#describe();
      else this.#sendLater(this.#timers.size === 0); // relays go when it is their time
    } else if (this.#described) {
      this.#later.push(candidate.candidate);
    } else if (this.#timers.size === 0 && (isHost(candidate) || this.#relayOnly)) {
      this.#after(firstCandidateMs, () => this.#describe());
    }
  }

  /** Sends our description once, with the candidates found so far. */
  #describe(): void {
    if (this.#described || this.#closed || this.#rtc.signalingState === "closed") return; // Firefox throws for the description of one that died
    const sdp = this.#rtc.localDescription?.sdp;
    if (sdp === undefined) return;
    this.#described = true;
    this.#tell({ type: "pc.local", session: this.session, pc: this.#pc, sdp });
    this.#lookLater(0);
  }

  #lookLater(looks: number): void {
    if (this.#later.length === 0 && this.#rtc.iceGatheringState === "complete") return;
    this.#after(laterCandidatesMs * 2 ** looks, () => {
      this.#sendLater(looks >= looksWithoutRelays);
      this.#lookLater(looks + 1);
    });
  }

  #sendLater(relays: boolean): void {
    const waits = (candidate: string): boolean => !relays && !this.#relayOnly && candidate.includes(" typ relay");
    const now = this.#later.filter((c) => !waits(c));
    this.#later = this.#later.filter(waits);
    if (now.length > 0) this.#tell({ type: "pc.candidate", session: this.session, pc: this.#pc, candidates: now });
  }

  #onState(): void {
    const state = this.#rtc.connectionState;
    if (state === "new" || state === "connecting") return;
    this.#tell({ type: "pc.state", session: this.session, pc: this.#pc, state });
    // The further connections of a session go the same way.
    if (state === "connected" && this.#pc === 0) void this.#reportRoute({ route: "unknown", rtt: 0 });
  }

  /** Looks which way the bytes go and how far, now and again while connected, and says so when it changes. */
  async #reportRoute(before: { route: Route; rtt: number }): Promise<void> {
    const now = await this.#rtc.getStats().then(pathFrom, () => null);
    if (this.#closed || this.#rtc.connectionState !== "connected") return;
    const route = now?.route ?? "unknown";
    const rtt = Math.ceil(now?.roundTrip ?? 0); // 0: it doesn't say
    if (now !== null) this.#hooks.path(this.session, now);
    if (route !== before.route || rtt !== before.rtt) this.#tell({ type: "pc.route", session: this.session, pc: this.#pc, route, rtt });
    this.#after(route === "unknown" ? 500 : routeMs, () => void this.#reportRoute({ route, rtt }));
  }

  #do(operation: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#closed) return;
      try {
        await operation();
      } catch {
        this.#tell({ type: "pc.state", session: this.session, pc: this.#pc, state: "failed" });
      }
    });
  }

  #after(ms: number, then: () => void): void {
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }

  #tell(message: ToCore, transfer?: Transferable[]): void {
    if (!this.#closed) this.#hooks.toCore(message, transfer);
  }
}

function isHost(candidate: RTCIceCandidate): boolean {
  return candidate.type === "host" || candidate.candidate.includes(" typ host");
}
