// Everything the page shows follows from one value and one pure step. Views
// read it, app.ts feeds it with what the core, the person and the walk say.

import type { Conflict, Phase, ReceiveView, RecipientView, Route, ShareView } from "../shared/views.ts";
import { ended, noPace, noted, type Pace } from "./pace.ts";

/** Why this browser, or this way of opening the page, can't do it. */
export type Missing = "secure" | "wasm" | "webrtc" | "workers" | "channels";

export type State =
  | { page: "unfit"; missing: Missing }
  | { page: "broken" } // a worker died: nothing goes on
  | { page: "trust" } // who can see what; no worker runs
  | { page: "check" } // a test of the connection; the same
  | { page: "contacts" } // who the person is, and whom they know (people.ts)
  | { page: "send"; send: Send }
  | { page: "receive"; receive: Receive };

// ------------------------------------------------------------------- sending

/** One thing that was dropped or chosen. */
export interface Root {
  /** Index of its entry in the share. */
  index: number;
  name: string;
  kind: "file" | "dir";
  files: number;
  bytes: number;
}

/** What the walk has found so far. */
export interface Walked {
  roots: readonly Root[];
  /** Top-level things beyond those in roots. */
  more: number;
  files: number;
  bytes: number;
  /** Things the browser would not read; left out of the share. */
  unreadable: number;
  /** Folders of what is not complete, or in quarantine; left out with all that is in them. */
  leftOut: number;
}

export const nothingWalked: Walked = { roots: [], more: 0, files: 0, bytes: 0, unreadable: 0, leftOut: 0 };

/** What was wrong with a drop or choice. */
export type Refusal = "nothing" | "over" | "too-many";

export type Send =
  | { stage: "empty"; refusal: Refusal | null }
  | {
      stage: "sharing";
      title: string;
      walk: "walking" | "walked";
      walked: Walked;
      view: ShareView | null; // null until the core has made the share
      refusal: Refusal | null;
      /** changed: the link is another one than was copied or shown. */
      copied: "no" | "yes" | "by-hand" | "changed";
      /** Recipients in the order they came: their numbers for people. */
      seen: readonly number[];
      paces: Readonly<Record<number, Pace>>; // by session
      slept: Slept | null;
    };

/** The computer, or the browser with this tab, stood still for a while; unix ms. */
export interface Slept {
  from: number;
  to: number;
}

// ----------------------------------------------------------------- receiving

/** The folder chosen for what arrives, or that it is written into a download meanwhile; none: this browser keeps it first. */
export type Chosen = { kind: "none" } | { kind: "folder"; handle: FileSystemDirectoryHandle } | { kind: "stream" };

/** Where what arrives is in the meantime. */
export function whereOf(chosen: Chosen): "folder" | "browser" | "stream" {
  return chosen.kind === "none" ? "browser" : chosen.kind;
}

/** Something about the destination that the person has to know. */
export type Snag = "not-a-folder" | "no-permission" | "picker";

export type Receive =
  | { stage: "no-link" }
  | { stage: "opening" } // the core is looking at the link
  | { stage: "elsewhere" } // another tab of this browser has it
  | {
      stage: "open";
      view: ReceiveView;
      /** What was pressed and not answered yet. */
      pressed: "nothing" | "connect" | "receive";
      chosen: Chosen;
      conflict: Conflict;
      snag: Snag | null;
      pace: Pace;
      slept: Slept | null;
      /** The person's own address is shown to nobody but a relay. */
      hidden: boolean;
    };

// -------------------------------------------------------------------- events

export type Event =
  | { type: "broken" }
  | { type: "unfit"; missing: Missing }
  | { type: "share.begun"; title: string }
  | { type: "share.found"; walked: Walked }
  | { type: "share.walked"; walked: Walked }
  | { type: "share.refused"; refusal: Refusal }
  | { type: "share.emptied" } // it was too much: nothing is shared
  | { type: "share.more" } // something is being added
  | { type: "share.titled"; title: string }
  | { type: "share.view"; view: ShareView; at: number } // at: ms
  | { type: "link.copied"; how: "yes" | "by-hand" }
  | { type: "link.elsewhere" }
  | { type: "code.typed" } // the core goes to look for its sender
  | { type: "offer.opened" } // a contact's share
  | { type: "receive.view"; view: ReceiveView; at: number }
  | { type: "pressed"; what: "connect" | "receive" }
  | { type: "folder.chosen"; handle: FileSystemDirectoryHandle }
  | { type: "browser.chosen"; as: "none" | "stream" } // there is no folder
  | { type: "folder.closed" } // the picker was closed without a choice
  | { type: "folder.snag"; snag: Snag }
  | { type: "conflict.chosen"; conflict: Conflict }
  | { type: "hidden.chosen"; hidden: boolean }
  | { type: "slept"; slept: Slept };

export function step(state: State, event: Event): State {
  switch (event.type) {
    case "broken":
      return state.page === "unfit" || isOver(state) ? state : { page: "broken" };
    case "unfit":
      return { page: "unfit", missing: event.missing };
    case "share.begun":
    case "share.found":
    case "share.walked":
    case "share.refused":
    case "share.emptied":
    case "share.more":
    case "share.titled":
    case "share.view":
    case "link.copied":
      return state.page === "send" ? withSend(state, stepSend(state.send, event)) : state;
    case "link.elsewhere":
    case "receive.view":
    case "pressed":
    case "folder.chosen":
    case "browser.chosen":
    case "folder.closed":
    case "folder.snag":
    case "conflict.chosen":
    case "hidden.chosen":
      return state.page === "receive" ? withReceive(state, stepReceive(state.receive, event)) : state;
    case "code.typed":
    case "offer.opened":
      return takesCode(state) ? { page: "receive", receive: { stage: "opening" } } : state;
    case "slept":
      if (!isBusy(state)) return state; // nobody missed anything
      if (state.page === "send" && state.send.stage === "sharing") return { ...state, send: { ...state.send, slept: event.slept } };
      if (state.page === "receive" && state.receive.stage === "open") return { ...state, receive: { ...state.receive, slept: event.slept } };
      return state;
    default:
      return unreachable(event);
  }
}

// An event that changes nothing gives the same value back: nothing is drawn anew.

function withSend(state: Extract<State, { page: "send" }>, send: Send): State {
  return send === state.send ? state : { page: "send", send };
}

function withReceive(state: Extract<State, { page: "receive" }>, receive: Receive): State {
  return receive === state.receive ? state : { page: "receive", receive };
}

type SendEvent = Extract<Event, { type: `share.${string}` | "link.copied" }>;

function stepSend(send: Send, event: SendEvent): Send {
  switch (event.type) {
    case "share.begun":
      if (send.stage === "sharing") return send;
      return {
        stage: "sharing",
        title: event.title,
        walk: "walking",
        walked: nothingWalked,
        view: null,
        refusal: null,
        copied: "no",
        seen: [],
        paces: {},
        slept: null,
      };
    case "share.found":
      return send.stage === "sharing" ? { ...send, walked: event.walked } : send;
    case "share.walked":
      return send.stage === "sharing" ? { ...send, walk: "walked", walked: event.walked } : send;
    case "share.more":
      return send.stage === "sharing" ? { ...send, walk: "walking", refusal: null } : send;
    case "share.refused":
      return { ...send, refusal: event.refusal };
    case "share.emptied":
      return { stage: "empty", refusal: "too-many" };
    case "share.titled":
      return send.stage === "sharing" ? { ...send, title: event.title } : send;
    case "share.view":
      return send.stage === "sharing" ? withShareView(send, event.view, event.at) : send;
    case "link.copied":
      return send.stage === "sharing" ? { ...send, copied: event.how } : send;
    default:
      return unreachable(event);
  }
}

function withShareView(send: Extract<Send, { stage: "sharing" }>, view: ShareView, at: number): Send {
  let seen = send.seen;
  const paces: Record<number, Pace> = {};
  const before = new Map(send.view?.recipients.map((r) => [r.session, r.route]));
  const recipients = view.recipients.map((r) => ({ ...r, route: known(r.route, before.get(r.session)) }));
  for (const r of recipients) {
    if (!seen.includes(r.session)) seen = [...seen, r.session];
    paces[r.session] = paced(send.paces[r.session] ?? noPace, r.phase, r.written, at);
  }
  const other = send.view?.link != null && view.link !== null && view.link !== send.view.link;
  return { ...send, view: { ...view, recipients }, seen, paces, copied: other ? "changed" : send.copied };
}

type ReceiveEvent = Exclude<Event, SendEvent | { type: "broken" | "unfit" | "slept" | "code.typed" | "offer.opened" }>;

function stepReceive(receive: Receive, event: ReceiveEvent): Receive {
  switch (event.type) {
    case "link.elsewhere":
      return { stage: "elsewhere" };
    case "receive.view":
      if (receive.stage === "opening") {
        return {
          stage: "open",
          view: event.view,
          pressed: "nothing",
          chosen: { kind: "none" },
          conflict: "keep-both",
          snag: null,
          pace: paced(noPace, event.view.phase, event.view.written, event.at),
          slept: null,
          hidden: false,
        };
      }
      if (receive.stage !== "open") return receive;
      return {
        ...receive,
        view: { ...event.view, route: known(event.view.route, receive.view.route) },
        pressed: answers(event.view, receive) ? "nothing" : receive.pressed,
        pace: paced(receive.pace, event.view.phase, event.view.written, event.at),
      };
    case "pressed":
      return receive.stage === "open" ? { ...receive, pressed: event.what, snag: null } : receive;
    case "folder.chosen":
      return receive.stage === "open" ? { ...receive, chosen: { kind: "folder", handle: event.handle }, snag: null } : receive;
    case "browser.chosen":
      return receive.stage === "open" ? { ...receive, chosen: { kind: event.as } } : receive;
    case "folder.closed":
      return receive.stage === "open" ? { ...receive, pressed: "nothing" } : receive;
    case "folder.snag":
      return receive.stage === "open" ? { ...receive, snag: event.snag, pressed: "nothing" } : receive;
    case "conflict.chosen":
      return receive.stage === "open" ? { ...receive, conflict: event.conflict } : receive;
    case "hidden.chosen":
      return receive.stage === "open" ? { ...receive, hidden: event.hidden } : receive;
    default:
      return unreachable(event);
  }
}

/**
 * A view that says the same as before is no answer to a press; but a destination
 * that was refused leaves the list as it was, with the reason.
 */
function answers(view: ReceiveView, before: Extract<Receive, { stage: "open" }>): boolean {
  return view.phase !== before.view.phase || (before.pressed === "receive" && view.why !== null);
}

/** True where nothing is open yet: a code that is typed, or a contact's share, makes this the page that receives. */
export function takesCode(state: State): boolean {
  return (state.page === "send" && state.send.stage === "empty") || (state.page === "receive" && state.receive.stage === "no-link");
}

/** The way bytes went last: a connection that ended has none any more, but people ask for it then. */
function known(now: Route, before: Route = "unknown"): Route {
  return now === "unknown" ? before : now;
}

function paced(pace: Pace, phase: Phase, written: number, at: number): Pace {
  if (phase === "transferring") return noted(pace, at, written);
  return pace.startedAt !== null && isEnd(phase) ? ended(pace, at) : pace;
}

// ------------------------------------------------------------ what follows

export function isEnd(phase: Phase): boolean {
  return phase === "complete" || phase === "failed" || phase === "cancelled";
}

/** Nothing more will happen here: a worker that dies now breaks nothing. */
function isOver(state: State): boolean {
  return state.page === "receive" && state.receive.stage === "open" && isEnd(state.receive.view.phase);
}

/** The stages in the order in which they speak for a share with several recipients. */
const loudest: readonly Phase[] = [
  "transferring", "verifying", "reconnecting", "paused", "connecting", "listed", "waiting", "failed", "complete", "cancelled", "ready",
];

/**
 * The one stage of a share: the core's own once the share is over or nobody
 * came, else that of the recipient with most going on. A recipient that looks
 * at the list is connected and not yet transferring, so it waits.
 */
export function shareStage(view: ShareView | null): Phase {
  if (view === null) return "waiting";
  if (isEnd(view.phase) || view.recipients.length === 0) return view.phase;
  const stages = view.recipients.map((r): Phase => (r.phase === "listed" || r.phase === "ready" ? "waiting" : r.phase));
  // Somebody who failed or left is only the news while nobody has finished.
  if (stages.every(isEnd)) return stages.includes("complete") ? "complete" : (stages.at(-1) ?? view.phase);
  return loudest.find((phase) => stages.includes(phase)) ?? view.phase;
}

/**
 * True where bytes were checked on their way into a download and nobody can say that
 * they are safe there: else nothing is verified that is not safe before.
 */
export function streamed(r: { safe: number; verified: number }): boolean {
  return r.verified > r.safe;
}

/** True of a recipient who wanted a part of what is shared. What came to the share later was not theirs to choose. */
export function choseSome(r: RecipientView, shared: number): boolean {
  return r.files > 0 && r.files < shared;
}

/** True while leaving the page would lose something for somebody. */
export function wouldLose(state: State): boolean {
  if (state.page === "send") {
    const { send } = state;
    if (send.stage !== "sharing") return false;
    if (send.view === null) return true;
    // A link that nobody has used yet dies with the tab; once all who came have
    // everything, the page says that it may be closed.
    const { phase, recipients } = send.view;
    return !isEnd(phase) && (recipients.length === 0 || recipients.some((r) => !isEnd(r.phase)));
  }
  if (state.page === "receive" && state.receive.stage === "open") {
    return isMoving(state.receive.view.phase) && state.receive.view.phase !== "connecting";
  }
  return false;
}

/**
 * True where the page could be loaded anew, or left, and nobody would miss
 * anything: not a share, not a choice, not the link that only this page knows.
 */
export function holdsNothing(state: State): boolean {
  if (state.page === "send") return state.send.stage === "empty" || (state.send.stage === "sharing" && state.send.view !== null && isEnd(state.send.view.phase));
  return state.page !== "receive" || state.receive.stage === "no-link";
}

/** True while bytes move or are about to: the screen and the tab should stay awake. */
export function isBusy(state: State): boolean {
  if (state.page === "send") {
    return state.send.stage === "sharing" && (state.send.view?.recipients.some((r: RecipientView) => isMoving(r.phase)) ?? false);
  }
  return state.page === "receive" && state.receive.stage === "open" && isMoving(state.receive.view.phase);
}

/** True while all that is under way waits for somebody who is away. */
export function isAway(state: State): boolean {
  if (state.page === "send") {
    const moving = state.send.stage === "sharing" ? (state.send.view?.recipients.filter((r) => isMoving(r.phase)) ?? []) : [];
    return moving.length > 0 && moving.every((r) => r.phase === "reconnecting");
  }
  return state.page === "receive" && state.receive.stage === "open" && state.receive.view.phase === "reconnecting";
}

function isMoving(phase: Phase): boolean {
  return phase === "connecting" || phase === "transferring" || phase === "paused" || phase === "reconnecting" || phase === "verifying";
}

export function unreachable(x: never): never {
  throw new Error(`not a case: ${JSON.stringify(x)}`);
}
