// The machines of wasm/session as wasm/bridge shows them: events go in, actions
// come out. Only this file and wasm/bridge know the shapes.

import type { FromDisk, KeptPart } from "../shared/disk.ts";
import type { ToCore } from "../shared/messages.ts";
import type { Choice, CodeReading, ContactOffer, GiveView, ListEntry, ReceiveView, ShareView, TakeView, WatchView } from "../shared/views.ts";
import type { LaneToCore } from "../shared/ports.ts";
import type { FailureCode } from "../wire/wire.ts";
import type { RawBook, RawPeople } from "./book.ts";

export interface Machine<View> {
  /** now: unix ms. A string is the code of a fault of our own: the machine is dead. */
  handle(now: number, event: MachineEvent): Action[] | FailureCode;
  view(): View;
}

export interface ShareMachine extends Machine<ShareView> {
  /** What a later page needs to offer the same link. It leaves the core sealed only. */
  keep(): Uint8Array<ArrayBuffer>;
}

export interface ReceiveMachine extends Machine<ReceiveView> {
  entries(from: number, count: number): ListEntry[];
  /** A byte an entry, fileStates. */
  states(from: number, count: number): Uint8Array<ArrayBuffer>;
  parts(file: number): Uint8Array<ArrayBuffer>;
  /** The session key, and of a one-time link or a code the way back. It leaves the core sealed only. */
  key(): Uint8Array<ArrayBuffer>;
}

/** Looks what contacts offer, for as long as the book that is used has them. */
export type WatchMachine = Machine<WatchView<ContactOffer>>;

/** Hands the identity of a book to another device. */
export type GiveMachine = Machine<Omit<GiveView, "side">>;

/** Takes one over. */
export interface TakeMachine extends Machine<Omit<TakeView, "side">> {
  /** What arrived, or why there is nothing. */
  book(): RawBook | string;
}

export interface MachineConfig {
  now: number;
  lanes: number;
  loopback: boolean;
  phone: boolean;
  /** Names have to fit a picked folder; else an archive. */
  folder: boolean;
  /** The session key of a recipient that comes back. */
  key?: Uint8Array;
  /** By what a contact's sharer tells this browser from the person's others. */
  device?: Uint8Array;
  /** What was kept of a share that is offered again. */
  kept?: Uint8Array;
}

/** What wasm/bridge sets on the worker's global object. */
export interface Bridge {
  share(title: string, config: MachineConfig): ShareMachine | FailureCode;
  receive(link: string, config: MachineConfig): ReceiveMachine | FailureCode;
  typed(code: string, config: MachineConfig): ReceiveMachine | FailureCode;
  /** Of who came by a code, and has the key of that in its config. */
  back(config: MachineConfig): ReceiveMachine | FailureCode;
  read(text: string): CodeReading;
  people: RawPeople;
  /** The same of a share that a contact offers; IDs as base64. */
  receiveOf(contact: string, share: string, config: MachineConfig): ReceiveMachine | FailureCode;
  /** Its sessions have numbers above `first`. */
  watch(first: number, config: MachineConfig): WatchMachine | FailureCode;
}

/** Events: what the page, the lanes and the disk say, and what the core adds. */
export type MachineEvent =
  | { type: "share.members"; members: string[] }
  | Exclude<ToCore, { type: "init" | "share.member" | "share.start" | "share.add" | "link.open" | "receive" | "list.read" | "states.read" | "parts.read" | "source.fresh" | "connect" | "share.handles" | "shares.read" | "shares.list" | "shares.check" | "shares.forget" | "unfinished.read" | "unfinished.link" | "unfinished.forget" | "code.read" | "code.open" | "watch" | "device.give" | "device.take" | "device.stop" }>
  | Extract<LaneToCore, { type: "sent" | "sending" | "source.failed" }>
  | FromDisk
  | { type: "tick" | "signal.up" }
  | { type: "remembered"; n: number; stale: boolean }
  | { type: "took"; kept: boolean }
  | { type: "connect"; hidden: boolean }
  | { type: "watch.contacts"; part: number; hidden: boolean }
  | { type: "watch.end" }
  | { type: "receive"; choice: Choice[]; stream: boolean }
  | { type: "signal.down"; outdated: boolean }
  | { type: "clock"; now: number }
  | { type: "signal.message"; data: ArrayBuffer }
  | { type: "share.add"; sources: ListedSource[] }
  | { type: "source.fresh"; file: number; ok: boolean; size: number; modified: number }
  | ({ type: "lane.batch"; batch: number; report: Uint8Array; bytes: number; records: number } & Lane)
  | ({ type: "lane.failed"; code: FailureCode } & Lane)
  | ({ type: "lane.closed" } & Lane);

/** What the machine is told of a source: never its bytes. */
export interface ListedSource {
  parent: number;
  name: string;
  file?: { size: number; lastModified: number };
}

interface Lane {
  session: number;
  pc: number;
}
interface Group {
  file: number;
  version: number;
  group: number;
}

export type Action =
  | { type: "show" | "signal.reset" }
  /** What keep() or key() says now has to be on the disk before the machine goes on: answered by `remembered`. */
  | { type: "remember"; n: number }
  | { type: "signal.send"; data: Uint8Array<ArrayBuffer> }
  | ({ type: "pc.make"; offer: boolean; iceServers: RTCIceServer[]; relayOnly: boolean } & Lane)
  | ({ type: "pc.remote"; kind: "offer" | "answer"; sdp: string } & Lane)
  | ({ type: "pc.candidates"; candidates: string[] } & Lane)
  | ({ type: "pc.close" } & Lane)
  | { type: "ctrl.send"; session: number; data: Uint8Array<ArrayBuffer> }
  | ({ type: "lane.out"; key: Uint8Array; recMax: number } & Lane)
  | ({ type: "lane.in"; key: Uint8Array; limit: number } & Lane)
  | ({ type: "lane.send" | "lane.hash"; length: number; single: boolean } & Lane & Group)
  | { type: "lane.cancel"; session: number; file: number }
  | { type: "lane.expect"; session: number; file: number; version: number; size: number }
  | { type: "lane.settled"; session: number; file: number; version: number }
  | ({ type: "lane.forget" } & Lane & Group)
  | { type: "source.refresh"; file: number }
  | { type: "write"; batch: number; keep: number[] | null }
  | { type: "disk.open"; key: string; title: string; files: number; bytes: number; plan: Uint8Array<ArrayBuffer> | null; top: string }
  | { type: "disk.entry"; file: number; kind: "file" | "dir"; path: string[]; size: number; modified: number; kept: KeptPart[] }
  | { type: "disk.journal"; at: number; data: Uint8Array<ArrayBuffer>; file: number; bytes: number }
  | { type: "disk.reset"; file: number; version: number; size: number }
  | { type: "disk.finish" | "disk.land" | "disk.drop"; file: number }
  | { type: "disk.close" | "disk.discard" };
