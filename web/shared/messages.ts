// What the threads say to each other. One union a direction; every message is
// plain data. The page never holds a key or a byte of a file: control records
// pass through it sealed, and names only to be shown.
//
//	page ── connections, words        core ── keys, session machines (Go)
//	lane ── channels, records (Go)    disk ── the destination
//
// page↔core, page↔lane and page↔disk talk through the worker itself;
// core↔lane and core↔disk through a MessagePort that the page makes and never
// reads.

import type { FailureCode } from "../wire/wire.ts";

/** The first word of a status line and the stage of a transfer. */
export type Phase =
  | "ready" | "waiting" | "connecting" | "listed" | "transferring" | "paused"
  | "reconnecting" | "verifying" | "complete" | "failed" | "cancelled";

/** How a connection reaches the other side. */
export type Route = "unknown" | "lan" | "direct" | "relayed";

/** Which paths may be used: whatever works, none of a relay, or nothing but a relay. */
export type Paths = "any" | "direct" | "relay";

/** Who gets in by a link. */
export interface Policy {
  /** Only whose digits the sharer types. */
  approval: boolean;
  /** Only the first who is let in. */
  oneTime: boolean;
}

/** Somebody who proved who it is, in the session that is shown. */
export interface ProvedView {
  /** Of their identity, base64. */
  id: string;
  /** As their card calls them. */
  name: string;
  /** Text of their card. */
  card: string;
}

/** How long a share is there, for how many, and what stands beside its list. */
export interface Terms {
  /** Unix ms. */
  expires: number;
  /** Recipients who may be let in; 0: any number. */
  limit: number;
  note: string;
}

// ---------------------------------------------------------------- page ↔ core

export interface Source {
  /** Index of the entry's directory; 0 is the share itself. */
  parent: number;
  kind: "file" | "dir";
  name: string;
  file?: File;
}

/** Where a transfer lands: a folder, this browser's own storage, or a download that is written while it arrives. */
export type Destination =
  | { kind: "folder"; handle: FileSystemDirectoryHandle }
  | { kind: "browser" }
  | { kind: "stream" };

export type Conflict = "keep-both" | "skip" | "replace";

/**
 * Whether an entry is wanted, by its index, and with it what is below it unless that has a choice of its own. Without
 * any choice everything is.
 */
export type Choice = [entry: number, wanted: boolean];

/** How far a file is: a byte of `states`. A folder is always waiting. */
export const fileStates = ["waiting", "arriving", "written", "verified", "failed", "unwanted", "missing"] as const;
export type FileState = (typeof fileStates)[number];

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
  | { type: "share.members"; members: string[] }
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

/** A share of this browser whose link has not ended: another tab offers it, or it can be offered again. */
export interface SharedBefore {
  id: string;
  title: string;
  files: number;
  bytes: number;
  /** When the link ends, unix ms. */
  expires: number;
  /** Another tab offers it now. */
  elsewhere: boolean;
  /** When somebody was connected last, unix ms; null: nobody ever was. */
  used: number | null;
  /** What was dropped; none where the browser gives no handles. */
  handles: FileSystemHandle[];
}

/** An entry of it, in the order of the list: the first has index 1. */
export interface SharedEntry {
  parent: number;
  kind: "file" | "dir" | "gone";
  name: string;
  size: number;
}

/** A transfer that an earlier page began and did not end. */
export interface UnfinishedView {
  id: string;
  title: string;
  bytes: number;
  /** How many of them are there. */
  safe: number;
  /** When that was, unix ms. */
  at: number;
  /** The folder it lands in; null: this browser's own storage. */
  handle: FileSystemDirectoryHandle | null;
  /** Names its part folder. */
  part: string;
  /** It is a contact's, and whose is not known: the contacts are locked, or others. */
  locked: boolean;
  conflict: Conflict;
}

/** What a code that somebody is typing says so far. */
export interface CodeReading {
  /** The text before the word under way, with the words in it put right. */
  head: string;
  /** The words that were mistyped in it, each followed by what it was taken for. */
  fixed: string[];
  /** Words that may be meant by the one under way, likeliest first. */
  near: string[];
  /** The code, if that is what the text says; else empty. */
  code: string;
}

/** What became of the code beside a share's link. */
export type CodeState = "none" | "coming" | "live" | "used" | "wrong" | "tried" | "expired" | "lost";

export interface CodeView {
  state: CodeState;
  /** Number and words with hyphens between them, while it is live; else empty. */
  text: string;
  /** When it ends, unix ms. */
  until: number;
  /** Wrong tries that are left. */
  lives: number;
}

/** How it stands with moving an identity to another device, or from one. */
export type DeviceView = GiveView | TakeView;

export interface GiveView {
  side: "give";
  /** waiting: for a device, or for its digits; transferring: all went over and is not stored yet. */
  phase: Phase;
  why: FailureCode | null;
  code: CodeView;
  /** A device waits for its digits to be typed here. */
  asks: boolean;
  /** How often digits were typed that it does not show. */
  mistyped: number;
}

export interface TakeView {
  side: "take";
  /** listed: all is there and not stored, because the person is asked. */
  phase: Phase;
  why: FailureCode | null;
  /** The six digits to be typed into the other device; empty before and afterwards. */
  digits: string;
  /** The code has to be typed again, as often as there are tries. */
  wrongCode: boolean;
  tries: number;
  /** On the card that arrived, and how many contacts did. */
  name: string;
  contacts: number;
}

export interface ShareView extends Policy, Terms {
  phase: Phase;
  why: FailureCode | null;
  /** The 48 characters after `#`, once the share exists. */
  link: string | null;
  /** The one-time link is somebody's; where there is no link any more, theirs who comes back by another way. */
  taken: boolean;
  /** Recipients who were let in. */
  letIn: number;
  /** How often in a row digits were typed that nobody has; after the third time all who asked were refused. */
  mistyped: number;
  /** Too many were turned away: nobody new may ask until the person says so. */
  shut: boolean;
  /** False while the folder is still being walked. */
  listed: boolean;
  /** Files that are offered now. */
  files: number;
  /** Likewise files and folders. */
  entries: number;
  /** Likewise. */
  bytes: number;
  /** Files that changed and were started again. */
  changed: number;
  /** The first of those that can't be sent any more. */
  failed: FailedFile[];
  /** That who connects from now on may use. */
  paths: Paths;
  /** The server named a relay. */
  relay: boolean;
  code: CodeView;
  /** IDs of the contacts it is offered to. */
  members: string[];
  /** The link promises that the sharer proves who it is. */
  proves: boolean;
  recipients: RecipientView[];
}

/** A file that will not arrive. */
export interface FailedFile {
  name: string;
  why: FailureCode;
}

export interface RecipientView {
  session: number;
  phase: Phase;
  /** True while the sharer has to let this recipient in. */
  asks: boolean;
  why: FailureCode | null;
  /** When the phase began, unix ms. */
  since: number;
  /** How many files this recipient wants in all; 0 while that is not known. */
  files: number;
  /** Likewise bytes; until they are known those of the list. */
  bytes: number;
  written: number;
  safe: number;
  verified: number;
  filesVerified: number;
  filesFailed: number;
  route: Route;
  /** Connections that carry it. */
  lanes: number;
  /** That its session may use, or its last one. */
  paths: Paths;
  /** Connected, and asked for nothing: the recipient is waited for. */
  idle: boolean;
  /** Paused on this page: who paused is who can resume. */
  pausedHere: boolean;
  /** Came by a code, and can come back only by another. */
  byCode: boolean;
  /** ID of the contact it is; null: somebody who has the link. */
  contact: string | null;
  /** Who it proved to be; null: nobody. */
  proved: ProvedView | null;
}

/** What contacts offer. */
export interface WatchView<Offer = SeenOffer> {
  /** Why nothing is heard of any of them. */
  why: FailureCode | null;
  /** False: the server has said that it has none. */
  relay: boolean;
  contacts: WatchedContact<Offer>[];
}

export interface WatchedContact<Offer = SeenOffer> {
  id: string;
  /** A device of theirs is connected. */
  online: boolean;
  offers: Offer[];
}

/** A share of theirs, as it is now. */
export interface ContactOffer {
  id: string;
  title: string;
  bytes: number;
  /** Files and folders that were ever listed. */
  entries: number;
  /** Unix ms; 0: never. */
  expires: number;
}

export interface SeenOffer extends ContactOffer {
  /** How many there were when the person looked last; null: they never did. */
  seen: number | null;
}

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

export interface ReceiveView {
  phase: Phase;
  /** Who the sender proved to be; null: nobody. */
  sender: ProvedView | null;
  why: FailureCode | null;
  /** When the phase began, unix ms. */
  since: number;
  title: string;
  /** False while more of the list may come: totals are "at least". */
  listed: boolean;
  /** Indices of the list run from 1 to this. */
  entries: number;
  /** Of the list; after Receive of what is wanted. */
  files: number;
  /** Likewise. */
  bytes: number;
  written: number;
  safe: number;
  verified: number;
  filesArrived: number;
  filesVerified: number;
  filesFailed: number;
  /** What the sharer wrote beside the list. */
  note: string;
  /** Six digits to be read out to the sharer while asking; empty where the link wants none. */
  digits: string;
  /** Set while waiting: the sharer has to let us in. */
  asking: boolean;
  route: Route;
  /** Connections that carry it. */
  lanes: number;
  /** That the sharer lets the session use, or its last one. */
  paths: Paths;
  /** Bytes that are needed to go on, while the destination is full. */
  needed: number;
  /** Bytes that arrived and are not written yet, and how many there may be of them and of those on their way. */
  unwritten: number;
  window: number;
  /** Names that land differently than they were sent. */
  flagged: number;
  /** Paused on this page: who paused is who can resume. */
  pausedHere: boolean;
  /** Index of the file that bytes arrived of last; 0: none yet. */
  current: number;
  /** Files that changed at the sender's and were started again. */
  changed: number;
  /** The first of those that will not arrive. */
  failed: FailedFile[];
  /** A code was typed, no link opened. */
  byCode: boolean;
  /** The sender has other words: it has to be typed again. */
  wrongCode: boolean;
  /** Likewise how often; 0: a way back without a code is known. */
  tries: number;
}

export interface ListEntry {
  index: number;
  parent: number;
  /** What is gone was taken back: a place in the order that means nothing. */
  kind: "file" | "dir" | "gone";
  name: string;
  /** The name it gets here, where that differs. */
  localName: string | null;
  size: number;
}

// ---------------------------------------------------------------- page ↔ lane

/** A lane's channel, transferred in the task that created it. */
export type PageToLane =
  | { type: "init"; module: WebAssembly.Module; core: MessagePort }
  | { type: "channel"; session: number; pc: number; channel: RTCDataChannel };
export type LaneToPage =
  | { type: "dead"; message: string }
  /** What the lanes of a session did with the last `of` ms: read or waited for the disk, sealed or opened. */
  | { type: "spent"; session: number; reading: number; working: number; of: number };

// ---------------------------------------------------------------- core ↔ disk

export type PageToDisk =
  | { type: "init"; module: WebAssembly.Module; core: MessagePort; limits?: Partial<DiskLimits> }
  /** Answers stream.open: the way to the service worker, or null where there is none. */
  | { type: "stream.port"; port: MessagePort | null };

/** Limits of the disk worker that a phone or a test sets lower. Sizes in bytes, times in milliseconds. */
export interface DiskLimits {
  /** A larger file is written to a picked folder in segments. */
  segmentFrom: number;
  /** Size of a segment at most. */
  segment: number;
  /** What is kept in memory at most, where the browser has no storage. */
  blobMax: number;
  /** Between two looks at a full disk. */
  pollEvery: number;
  /** How long a move may take before the file is copied instead. */
  moveWithin: number;
}

export type DiskToPage =
  | { type: "ready" }
  | { type: "dead"; message: string }
  /** Something to hand to the person as a download (Firefox, Safari; Blob is backed by OPFS where it can be). */
  | { type: "export"; name: string; blob: Blob }
  /** A download is to begin that is written while it arrives, of exactly so many bytes. Answered by stream.port. */
  | { type: "stream.open"; name: string; bytes: number }
  /** It goes on: the service worker has to hear of it. */
  | { type: "stream.ping" };

export type ToDisk =
  /**
   * First message of a transfer. `open` numbers the destinations of a page, from 1 and up; `key` is 32 hex digits that
   * name the part folder. Answered by opened or refused. Of a stream, `plan` is what will come, 12 bytes an entry, in
   * order (wasm/session/stream.go), and `top` the only name at the top level, empty where there are several.
   */
  | {
      type: "open"; open: number; key: string; title: string; destination: Destination; conflict: Conflict; files: number; bytes: number;
      plan: Uint8Array<ArrayBuffer> | null; top: string;
    }
  /** An entry that will come, before its first write. Where the journal has anything of it, `kept`, it is answered by `kept`. `path` holds local names below the destination, the last its own. Directories are made even when empty. */
  | { type: "entry"; file: number; kind: "file" | "dir"; path: string[]; size: number; modified: number; kept?: KeptPart[] }
  /** Records of the journal, at that place, where it ends then. Once they are flushed that many bytes of the file are `safe`; 0: nothing is to be said. */
  | { type: "journal"; at: number; data: Uint8Array<ArrayBuffer>; file: number; bytes: number }
  /**
   * Whole groups of files; `data` holds their bytes one after the other. Answered by one `written` that names those
   * that were written: not those of files that were reset, dropped, lost or failed meanwhile.
   */
  | { type: "write"; pieces: Piece[]; data: ArrayBuffer }
  /** The source changed: what is there of this file is worthless; it now has this size. */
  | { type: "reset"; file: number; version: number; size: number }
  /** Every byte is written: flush, close, read back. Answered by `digest`. */
  | { type: "finish"; file: number }
  /** The digest is right: give it its final name. Answered by `landed`, or by `digest` once more where somebody changed the file since it was read back. */
  | { type: "land"; file: number }
  /** This file will not be finished: forget it. */
  | { type: "drop"; file: number }
  /** Everything landed: clean up the part folder, export what the browser keeps. Answered by `closed`. */
  | { type: "close" }
  /** Free the space of an unfinished transfer, or after `close` what the browser kept for a download. Answered by `closed`. */
  | { type: "discard" };

/** Groups that an earlier page made safe, and where: the disk worker's own word for the place. */
export interface KeptPart {
  first: number;
  count: number;
  place: string;
}

export interface Piece {
  file: number;
  version: number;
  /** Bytes from the start of the file. */
  offset: number;
  length: number;
}

/**
 * What the disk worker says, with the number of the open it speaks of: what an earlier destination still says (that it
 * is closed, that bytes of it are lost) must not be taken for the present one.
 */
export interface DiskToCore {
  open: number;
  said: FromDisk;
}

interface SafeBytes {
  file: number;
  version: number;
  bytes: number;
  /** The groups that are safe since the last word of this file. */
  parts: KeptPart[];
}

export type FromDisk =
  | { type: "opened"; where: "folder" | "opfs" | "blob" | "stream"; journal: Uint8Array | null }
  | { type: "refused"; code: FailureCode; needed: number }
  | { type: "written"; pieces: Piece[] }
  /** Flushed: a crash can't lose this many bytes of the file, all told. */
  | ({ type: "safe" } & SafeBytes)
  /** Likewise, but not in the journal yet: answered by `journal`. */
  | ({ type: "flushed" } & SafeBytes)
  /** What of `kept` is still there; or that the file has its name and its size. */
  | { type: "kept"; file: number; parts: KeptPart[]; landed: boolean }
  /** The browser threw these written bytes away (it does so when a disk fills up): ask for them again. `finish`, if it was said, has to be said again. */
  | { type: "lost"; file: number; version: number; offset: number; length: number }
  /** What was read back from disk. `cvs` is null for a file of at most one group. */
  | { type: "digest"; file: number; version: number; size: number; digest: Uint8Array; cvs: Uint8Array | null }
  /** `skipped`: the same file was there already, under this name. `place`: where it is found again without reading it. */
  | { type: "landed"; file: number; name: string; skipped: boolean; place: string }
  /** The destination is full: writes wait until `room`. `needed` is how many bytes more the transfer takes. */
  | { type: "full"; needed: number }
  | { type: "room" }
  | { type: "failed"; file: number; code: FailureCode }
  /** What was streamed so far is worth nothing, and all of it with it. */
  | { type: "broken"; code: FailureCode }
  | { type: "closed" };
