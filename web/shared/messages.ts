// What the threads say to each other. One union a direction; every message is
// plain data. The page never holds a key or a byte of a file: control records
// pass through it sealed, and names only to be shown.
//
//	page ── connections, words        core ── keys, session machines (Go)
//	lane ── channels, records (Go)    disk ── the destination
//
// page↔core, page↔lane and page↔disk talk through the worker itself;
// core↔lane and core↔disk through a MessagePort that the page makes and never
// reads. What is said to the disk worker is in disk.ts, what is shown in views.ts.

import type { Choice, CodeReading, Conflict, Destination, DeviceView, ListEntry, Paths, Policy, ReceiveView, Route, ShareView, SharedBefore, SharedEntry, Terms, UnfinishedView, WatchView } from "./views.ts";

// ---------------------------------------------------------------- page ↔ core

export interface Source {
  /** Index of the entry's directory; 0 is the share itself. */
  parent: number;
  kind: "file" | "dir";
  name: string;
  file?: File;
}

export type ToCore =
  | { type: "init"; module: WebAssembly.Module; signalUrl: string; lanes: MessagePort[]; disk: MessagePort; allowLoopback: boolean; phone: boolean }
  // sharing
  /** `again`: the share of an earlier page, with its link. Its entries are added in the order they had. */
  | { type: "share.start"; title: string; again?: string }
  /** Entries in running order: the first ever added has index 1. A parent comes before its children. */
  | { type: "share.add"; sources: Source[] }
  /** The walk is over; the list is complete. More may be added after it, followed by another end: for those who connect from then on. */
  | { type: "share.end" }
  /** Another title, for those who connect from then on. */
  | { type: "share.title"; title: string }
  /**
   * Takes entries back, each with everything below it. Indices stay what they are. Who connects from then on is not told
   * of them; who receives them is told that they won't come.
   */
  | { type: "share.remove"; entries: number[] }
  /** For those who connect from then on. */
  | { type: "share.paths"; paths: Paths }
  /** Who gets in. It is a part of the link: where it changes, there is another one. */
  | ({ type: "share.policy" } & Policy)
  /** How long and for how many. `expires` in unix ms; `limit` 0: any number. */
  | ({ type: "share.terms" } & Terms)
  /** The six digits that a recipient reads out, as the person typed them. */
  | { type: "share.digits"; digits: number }
  /** Requests are taken again, after too many were turned away. */
  | { type: "share.requests" }
  /** The contacts it is offered to beside those who have the link, by their IDs; who is no more among them loses what is under way. */
  | { type: "share.member"; id: string; on: boolean }
  /** Whether the sharer proves who it is to those who come by link or code. Makes another link. */
  | { type: "share.proof"; on: boolean }
  /** Whether a recipient proves who it is; before connect. */
  | { type: "prove"; on: boolean }
  | { type: "share.stop" }
  /** A code to say, also in the place of the one there is. */
  | { type: "code.make" }
  | { type: "code.stop" }
  | { type: "recipient.decide"; session: number; accept: boolean }
  | { type: "recipient.stop"; session: number }
  | { type: "recipient.pause"; session: number; on: boolean }
  | { type: "source.fresh"; file: number; source: File | null }
  // receiving
  /** Whether to look what contacts offer: they can see that. */
  | { type: "watch"; on: boolean; hidden: boolean }
  /** A link, or what offerLink makes of a share that a contact offers. */
  | { type: "link.open"; link: string }
  /** `again`: go on with what an earlier page left, into where it was. `hidden`: the own address is shown to nobody but a relay. */
  | { type: "connect"; again: boolean; hidden: boolean }
  | { type: "receive"; destination: Destination; conflict: Conflict; choice: Choice[] }
  /** Answered by code.reading with the same number: what a code that is being typed says so far. */
  | { type: "code.read"; n: number; text: string }
  /** A code instead of a link: goes to look for the sender at once. `link`: what it is found again by, codeLink. */
  | { type: "code.open"; code: string; link: string; hidden: boolean }
  /** Another one in its place. */
  | { type: "code.type"; text: string }
  // another device of the same person
  /** A code for it, also in the place of the one there is. */
  | { type: "device.give" }
  /** The code that another device shows, the first or another one. */
  | { type: "device.take"; code: string }
  /** Neither side goes on with it. */
  | { type: "device.stop" }
  | { type: "pause"; on: boolean }
  | { type: "cancel" }
  | { type: "list.read"; from: number; count: number }
  /** Answered by `states`: how far entries are, from index `from` on. */
  | { type: "states.read"; from: number; count: number }
  /** Answered by `parts`: which parts of a file are written. */
  | { type: "parts.read"; file: number }
  // what earlier pages left
  /** The handles of what was dropped, where the browser gives any. */
  | { type: "share.handles"; handles: FileSystemHandle[] }
  | { type: "shares.read" }
  /** Answered by the list of one of them. */
  | { type: "shares.list"; id: string }
  /** Answered by those of these files whose bytes are not those that were shared. */
  | { type: "shares.check"; id: string; files: [entry: number, file: File][] }
  | { type: "shares.forget"; id: string }
  | { type: "unfinished.read" }
  /** Answered by the link of one of them. */
  | { type: "unfinished.link"; id: string }
  | { type: "unfinished.forget"; id: string }
  /** Nothing is kept: the part folder or the browser's copy goes away. */
  | { type: "discard" }
  // connections
  /** This computer may have another network now, or was asleep: what was connected is in doubt. */
  | { type: "network" }
  | { type: "pc.local"; session: number; pc: number; sdp: string }
  | { type: "pc.candidate"; session: number; pc: number; candidates: string[] }
  | { type: "pc.state"; session: number; pc: number; state: "connected" | "disconnected" | "failed" | "closed" }
  | { type: "pc.route"; session: number; pc: number; route: Route; rtt: number }
  | { type: "ctrl.open"; session: number }
  | { type: "ctrl.message"; session: number; data: ArrayBuffer }
  | { type: "ctrl.closed"; session: number };

export type FromCore =
  | { type: "dead"; message: string }
  | { type: "share.view"; view: ShareView }
  | { type: "receive.view"; view: ReceiveView }
  | { type: "watch.view"; view: WatchView }
  /** An earlier page of the link that was opened left something. Comes before the first view. */
  | { type: "recalled"; unfinished: UnfinishedView }
  /** The contact's share that was opened was received before, when so many entries were listed. Comes before the first view, too. */
  | { type: "taken"; entries: number }
  | { type: "code.reading"; n: number; reading: CodeReading }
  /** null: nothing moves to or from another device. */
  | { type: "device.view"; view: DeviceView | null }
  | { type: "shares"; list: SharedBefore[] }
  | { type: "shares.list"; id: string; entries: SharedEntry[] }
  | { type: "shares.checked"; id: string; unlike: number[] }
  | { type: "unfinished"; list: UnfinishedView[] }
  | { type: "unfinished.link"; link: string }
  | { type: "list"; from: number; entries: ListEntry[] }
  /** A FileState for each entry from index `from` on; fewer than were asked for where the list ends. */
  | { type: "states"; from: number; states: Uint8Array<ArrayBuffer> }
  /** At most 128 cells of equal length: the share of each that is written, 0 to 255. None of an empty file. */
  | { type: "parts"; file: number; parts: Uint8Array<ArrayBuffer> }
  /** The source of this entry could not be read as it was listed: hand in a fresh File of the same place, or null. */
  | { type: "source.refresh"; file: number }
  | { type: "pc.make"; session: number; pc: number; offer: boolean; lane: number; iceServers: RTCIceServer[]; relayOnly: boolean }
  | { type: "pc.remote"; session: number; pc: number; kind: "offer" | "answer"; sdp: string }
  | { type: "pc.candidates"; session: number; pc: number; candidates: string[] }
  | { type: "pc.close"; session: number; pc: number }
  | { type: "ctrl.send"; session: number; data: ArrayBuffer };

/** What opens a share of a contact, in the place of a link. It is no secret: it means something only to who has the identity. */
export function offerLink(contact: string, share: string): string {
  return `@${contact} ${share}`;
}

/** Reads that; null: it is a link. */
export function offerOf(link: string): { contact: string; share: string } | null {
  const [, contact, share] = /^@([\w+/=]{44}) ([\w+/=]{24})$/.exec(link) ?? [];
  return contact === undefined || share === undefined ? null : { contact, share };
}

/** Names what came by a code, in the place of a link. It is no secret: it means something only to the browser that has the key of it. */
export const codeLink = /^~[\w-]{36}$/;

// ---------------------------------------------------------------- page ↔ lane

/** A lane's channel, transferred in the task that created it. */
export type PageToLane =
  | { type: "init"; module: WebAssembly.Module; core: MessagePort; disk: MessagePort }
  | { type: "channel"; session: number; pc: number; channel: RTCDataChannel };
export type LaneToPage =
  | { type: "dead"; message: string }
  /** What the lanes of a session did with the last `of` ms: read or waited for the disk, sealed or opened. */
  | { type: "spent"; session: number; reading: number; working: number; of: number };
