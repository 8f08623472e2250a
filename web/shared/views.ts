// What the core shows of a share, a transfer, a list and what earlier pages left,
// and the words in which people choose: plain data, in the messages of
// messages.ts.

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
  /** Which of the contact's devices, from 1, as they came; 0: somebody who has the link. */
  device: number;
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
