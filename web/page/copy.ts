// Every word the page says to people. What happened, then what to do. A failure
// code without words, or a stage without its word, does not compile.

import type { Conflict, Phase, Route } from "../shared/messages.ts";
import type { FailureCode } from "../wire/wire.ts";
import { count, size, span, speed } from "./format.ts";
import type { Missing, Refusal, Snag } from "./state.ts";

/** The first word of a status. Stable: people and tests hold on to it (DESIGN 6). */
export const stageWord: Record<Phase, string> = {
  ready: "Ready",
  waiting: "Waiting",
  connecting: "Connecting",
  listed: "Ready",
  transferring: "Transferring",
  paused: "Paused",
  reconnecting: "Reconnecting",
  verifying: "Verifying",
  complete: "Complete",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const routeWord: Record<Route, string> = {
  unknown: "path not known yet",
  lan: "over the local network",
  direct: "directly over the internet",
  relayed: "through a relay, which sees only encrypted bytes",
};

export interface Words {
  title: string;
  next: string;
}

interface FailureWords extends Words {
  /** True where trying again can help: the page then offers it. */
  again: boolean;
  /** What the sharer reads about a recipient, where that is something else. */
  sharer?: Words;
}

const peerFault = "The program on the other side does something this one doesn't understand.";
const sameVersion = "Reload both pages, so that both run the same version, and try again.";

export const failureCopy: Record<FailureCode, FailureWords> = {
  E_LINK: {
    title: "This link is damaged.",
    next: "A part of it got lost on the way. Ask for the link again and copy the whole of it. Nothing was sent to anybody.",
    again: false,
  },
  E_VERSION: {
    title: "An update is needed.",
    next: `The link was made by another version of Beeline. ${sameVersion}`,
    again: false,
  },
  E_CLOCK: {
    title: "The clock of this computer is wrong.",
    next: "It is more than 15 minutes off. Set the date and time, then try again.",
    again: true,
  },
  E_FORMAT: { title: peerFault, next: sameVersion, again: true },
  E_PSK: {
    title: "The link was changed on its way.",
    next: "It doesn't fit the share it leads to. Ask the sender for it again.",
    again: false,
    sharer: { title: "Somebody tried a link that is not this one.", next: "They got nothing. Send your link once more." },
  },
  E_KEM: { title: "The connection could not be secured.", next: sameVersion, again: true },
  E_IDENTITY: {
    title: "Somebody else answered.",
    next: "Whoever is there can't prove to be the sender of this link. Nothing was received. Ask the sender for a new link.",
    again: true,
  },
  E_SIG: {
    title: "The other side could not prove who it is.",
    next: "Nothing was received. Ask the sender for a new link.",
    again: false,
    sharer: { title: "This recipient could not prove who it is.", next: "It got nothing. Send the link again if you expected somebody." },
  },
  E_SIGNAL_ORDER: {
    title: "The connection was disturbed while it was being made.",
    next: "Something between you changed or dropped messages. Try again, on another network if it happens again.",
    again: true,
  },
  E_DESC: { title: peerFault, next: sameVersion, again: true },
  E_NO_PEER: {
    title: "Nobody is there.",
    next: "The sender's page is closed or offline. Ask them to open it and to keep it open, then try again.",
    again: true,
    sharer: { title: "Nobody is there any more.", next: "The recipient closed the page. The link still works." },
  },
  E_PATH: {
    title: "Your computers can't connect.",
    next: "Both are online, but a network between them does not let the connection through. Try another network on one side, for example a phone's hotspot.",
    again: true,
  },
  E_REFUSED: {
    title: "The sender did not let you in.",
    next: "Ask the sender whether they expected you.",
    again: true,
    sharer: { title: "Not let in.", next: "This recipient got nothing." },
  },
  E_EXPIRED: {
    title: "This link is too old.",
    next: "Ask the sender for a new one.",
    again: false,
    sharer: { title: "The link's time is over.", next: "Share again for a new link." },
  },
  E_REVOKED: {
    title: "The sender stopped sharing.",
    next: "Ask the sender for a new link for the rest.",
    again: false,
    sharer: { title: "Stopped.", next: "Files that had arrived completely may stay with the recipient." },
  },
  E_BUSY: {
    title: "The sender is busy with too many people.",
    next: "Wait until somebody is done, then try again.",
    again: true,
    sharer: { title: "Too many at once.", next: "This recipient can come back when another one is done." },
  },
  E_AUTH: {
    title: "The transfer was disturbed.",
    next: "What arrived was damaged or forged on the way, and none of that was kept. Try again, on another network if it happens again.",
    again: true,
  },
  E_REPLAY: {
    title: "The transfer was disturbed.",
    next: "Old data was sent again on the way, and none of it was kept. Try again, on another network if it happens again.",
    again: true,
  },
  E_UNREQUESTED: {
    title: "The sender sent something that was never asked for.",
    next: "The transfer was ended to be safe. Don't use this link again unless you trust the sender.",
    again: false,
    sharer: { title: peerFault, next: sameVersion },
  },
  E_MANIFEST: {
    title: "The sender's list of files breaks the rules.",
    next: "The transfer was ended to be safe. Ask the sender to reload the page and to share again.",
    again: false,
    sharer: { title: "This list of files can't be shared.", next: "It has more than 500,000 entries, more than 64 folders inside each other, or a name above 1,020 bytes. Share a part of it." },
  },
  E_NAME: {
    title: "A name can't be used on this computer.",
    next: "The file was saved under a changed name. Look for it in the list.",
    again: false,
  },
  E_ROOT: {
    title: "A file arrived different from what was sent.",
    next: "It was fetched again and still differs, so it was not kept. Try again. If it happens again, a disk or a cable on one side may be failing.",
    again: true,
  },
  E_CHANGED: {
    title: "A file keeps changing while it is sent.",
    next: "Another program is still writing it at the sender's. Ask them to share it again when that is done.",
    again: false,
    sharer: { title: "A file keeps changing while it is sent.", next: "Another program is still writing it. When that is done, stop sharing and share it again." },
  },
  E_SPACE: {
    title: "The disk is full.",
    next: "Nothing is lost. Free some space; it goes on by itself.",
    again: true,
    sharer: { title: "The recipient's disk is full.", next: "Nothing is lost. It goes on when there is space. Keep this tab open." },
  },
  E_READ: {
    title: "The sender's computer can't read a file any more.",
    next: "It was moved, renamed, or its drive was taken out. Ask the sender to share again.",
    again: true,
    sharer: { title: "A file can't be read any more.", next: "It was moved, renamed, or its drive was taken out. Put it back, then stop sharing and share it again." },
  },
  E_WRITE: {
    title: "The folder can't be written to.",
    next: "Check that the drive is connected and not protected, then try again with the same or another folder.",
    again: true,
    sharer: { title: "The recipient's folder can't be written to.", next: "They have been told what to do. Keep this tab open." },
  },
  E_NO_PLACE: {
    title: "This browser has no room for a transfer of this size.",
    next: "Nothing was received. Open the link in Chrome or Edge on a computer, which write straight into a folder, or leave private browsing.",
    again: false,
    sharer: { title: "The recipient's browser has no room for this.", next: "They have been told which browser can. Keep this tab open." },
  },
  E_INTERNAL: {
    title: "Something broke inside Beeline.",
    next: "This is our fault, not yours. Reload the page and try again.",
    again: false,
  },
  E_OFFLINE: {
    title: "Looking for the server.",
    next: "If this stays, check that this computer is online. The page goes on by itself when it is.",
    again: true,
  },
  E_OUTDATED: {
    title: "This page is older than its server.",
    next: "The server was updated since the page was opened. Reload this page, then open the link again.",
    again: false,
    sharer: {
      title: "This page is older than its server.",
      next: "The server was updated since the page was opened, so nobody new can reach you. Reload this page and share again.",
    },
  },
  E_GONE: {
    title: "The other side went away.",
    next: "The connection broke and the sender did not come back. Ask them to open their page, then try again.",
    again: true,
    sharer: { title: "The recipient went away.", next: "They can open the link again and go on. Keep this tab open." },
  },
  E_INCOMPLETE: {
    title: "Some files did not arrive.",
    next: "All the others are complete and verified. Try again to fetch what is missing.",
    again: true,
    sharer: { title: "Some files did not arrive.", next: "The recipient can try again. Keep this tab open." },
  },
};

/** What the sharer reads about a recipient that failed. */
export function sharerFailure(why: FailureCode): Words {
  return failureCopy[why].sharer ?? failureCopy[why];
}

export const missingCopy: Record<Missing, Words> = {
  secure: {
    title: "This page was opened over an insecure connection.",
    next: "Browsers encrypt and save files only on pages opened over https, or on the very computer that serves them. Start the server with --tls-self-signed or --tls-domain and open its https address.",
  },
  wasm: { title: "This browser can't run WebAssembly.", next: "Update it, or open the page in a current Chrome, Edge, Firefox or Safari." },
  webrtc: { title: "This browser can't connect to another browser.", next: "WebRTC is missing or switched off. Switch it on, or open the page in a current Chrome, Edge, Firefox or Safari." },
  workers: { title: "This browser can't run background workers.", next: "Open the page in a current Chrome, Edge, Firefox or Safari." },
  channels: { title: "This browser is too old for a transfer.", next: "Update it: Beeline needs Chrome or Edge 130, Firefox 144 or Safari 17.5, or newer." },
};

export const refusalCopy: Record<Refusal, string> = {
  nothing: "There was no file or folder in that. Drop files or folders from a file manager.",
  already: "This page shares one thing at a time. Stop sharing first, or open the page in a second tab.",
  "too-many": "That is more than 500,000 files, more than a browser can share at once. Share a part of it, or use the command: beeline send FOLDER",
};

export const snagCopy: Record<Snag, string> = {
  "not-a-folder": "That is not a folder. Drop the folder in which the files shall be saved.",
  "no-permission": "The browser was not allowed to write into that folder. Choose it again and allow it.",
  picker: "That folder can't be used. Choose another one: browsers don't give out system folders or a whole drive.",
};

export const conflictCopy: Record<Conflict, string> = {
  "keep-both": "Keep both",
  skip: "Skip what is the same",
  replace: "Replace",
};

export const send = {
  title: "Send files",
  lead: "Drop files or folders anywhere on this page. They go straight to the other person's browser, end-to-end encrypted. Nothing is stored on a server.",
  chooseFiles: "Choose files",
  chooseFolder: "Choose folder",
  folderHint: "Dropping a folder keeps empty folders too; choosing one leaves them out.",
  dropNow: "Drop to share",
  link: "Share link",
  making: "Making the link…",
  copy: "Copy link",
  copied: "Copied.",
  copyByHand: "The browser did not allow copying. The link is selected: copy it with the keyboard.",
  linkHint: "Whoever has this link can ask for these files, as long as this tab is open.",
  stop: "Stop sharing",
  again: "Share something else",
  recipients: "Recipients",
  noRecipients: (over: boolean) => (over ? "Nobody opened the link." : "Nobody has opened the link yet."),
  contents: "What is shared",
  letIn: "Let in",
  refuse: "Refuse",
  pause: "Pause",
  resume: "Resume",
  stopOne: "Stop",
  pausedThere: "At the recipient's. Nothing is lost; it goes on when they go on.",
  asks: "Somebody else has the link and asks to be let in.",
  recipientStage: {
    ready: "",
    waiting: "Has opened the link.",
    connecting: "Is being connected.",
    listed: "Is looking at the list.",
    transferring: "Is receiving.",
    paused: "Nothing is lost.",
    reconnecting: "The connection broke; it goes on by itself.",
    verifying: "Is checking what is on disk.",
    complete: "Has everything, verified.",
    failed: "",
    cancelled: "Has stopped. Files that had arrived completely may stay there.",
  } satisfies Record<Phase, string>,
  recipient: (n: number) => `Recipient ${n}`,
  found: (files: number, bytes: number, over: boolean) => `${over ? "" : "So far "}${count(files, "file")}, ${size(bytes)}`,
  unreadable: (n: number) => `${count(n, "item")} could not be read and ${n === 1 ? "is" : "are"} left out.`,
  more: (n: number) => `and ${count(n, "more item")}`,
  /** `over`: the share itself ended, not only everybody's transfer. */
  status: (phase: Phase, active: number, over: boolean): string => {
    switch (phase) {
      case "ready": return "Drop files or choose them.";
      case "waiting": return "Send the link, and keep this tab open.";
      case "connecting": return "Somebody has opened the link.";
      case "listed": return "The recipient is looking at the list.";
      case "transferring": return `To ${count(active, "recipient")}. Keep this tab open.`;
      case "paused": return "Nothing is lost. Keep this tab open.";
      case "reconnecting": return "The connection broke. Keep this tab open; it goes on by itself.";
      case "verifying": return "The recipient checks what is on disk. Keep this tab open.";
      case "complete": return "The recipient has everything, verified. You can close this tab, or keep it open for others.";
      case "failed": return "";
      case "cancelled":
        return over
          ? "The link is dead. Files that had arrived completely may stay with the recipients."
          : "The recipient has stopped. The link still works, as long as this tab is open.";
    }
  },
} as const;

export const receive = {
  title: "Receive files",
  lead: "Somebody wants to send you files, straight from their browser to yours, end-to-end encrypted.",
  opening: "Looking at the link.",
  connectNote: "Connecting shows your internet address to the sender, as any direct connection does. Until you press the button, the sender does not learn that you are here.",
  connect: "Connect",
  receive: "Receive",
  pause: "Pause",
  resume: "Resume",
  cancel: "Cancel",
  retry: "Try again",
  discard: "Delete what is unfinished",
  free: "Delete this browser's copy",
  files: "Files",
  conflict: "If something with the same name is there already",
  dropNow: "Drop a folder: the files will be saved in it",
  noLink: { title: "There is no link here.", next: "Open the whole link that the sender gave you, with everything after the #." },
  elsewhere: { title: "This link is open in another tab.", next: "Go on there, or close that tab and reload this one." },
  folderChosen: "The files will be saved in the folder",
  folderAsk: "You will be asked for a folder. You can also drop one onto this page.",
  browserKeeps: "The files are kept in this browser until everything is there, then it saves them as a download.",
  asksForRoom:
    "This is more than the browser gives a site without asking you. When you press Receive it asks whether this site may keep data: allow it, and it can use more of the disk. It is needed until the files are saved; you can delete it then.",
  noRoom: {
    title: "This browser has too little room for this.",
    next: "Nothing was received. Press Receive again and allow this site to keep data if the browser asks, or free space on the disk. Chrome or Edge on a computer write straight into a folder and need no such room.",
  },
  datesNote: "Browsers can't keep the dates of files: they get the time of their arrival.",
  asking: "The sender has been asked to let you in.",
  needed: (bytes: number) => `${size(bytes)} more is needed.`,
  flagged: (n: number) => `${count(n, "name")} can't be used here as ${n === 1 ? "it is" : "they are"}, and ${n === 1 ? "is" : "are"} saved with the change shown in the list.`,
  landsAs: "saved as",
  total: (files: number, bytes: number, whole: boolean) => `${whole ? "" : "At least "}${count(files, "file")}, ${size(bytes)}`,
  showMore: (n: number) => `Show ${n.toLocaleString("en")} more`,
  loadMore: "Load more of the list",
  notLoaded: (n: number) => `${count(n, "further entry", "further entries")} not shown.`,
  saved: "Saved as a download. If it is not among your downloads, save it again:",
  kept: (bytes: number) => `Until you delete it, this browser keeps its own copy of ${size(bytes)} beside the download. Wait until the download has finished.`,
  freed: "Deleted: the space is free again.",
  emptyFolder: "empty folder",
  /** What is left of a transfer that failed. */
  left: {
    folder: "Files that had arrived completely stay in the folder.",
    browser: "What had arrived is still kept in this browser, but only a whole transfer becomes a download.",
  },
  status: (phase: Phase, files: number, pausedHere: boolean, folder: boolean): string => {
    switch (phase) {
      case "ready": return "Press Connect to see what is offered.";
      case "waiting": return "The sender's page does not answer yet. Ask them to open it, and keep this tab open.";
      case "connecting": return "Looking for the sender.";
      case "listed": return "Nothing has been received yet.";
      case "transferring": return `${count(files, "file")}. Keep this tab open.`;
      case "paused": return pausedHere ? "Nothing is lost. Keep this tab open." : "The sender has paused. Nothing is lost. Keep this tab open; it goes on when they go on.";
      case "reconnecting": return "The connection broke. Keep this tab open; it goes on by itself.";
      case "verifying": return "Checking that what is on disk is what was sent. Keep this tab open.";
      case "complete": return `${count(files, "file")} received and verified. You can close this tab.`;
      case "failed": return "";
      case "cancelled": return `${folder ? "Files that had arrived completely stay in the folder." : "Nothing of it is kept."} Open the link again if you change your mind.`;
    }
  },
} as const;

export const files = {
  changed: (n: number) => `${count(n, "file")} changed while being sent and ${n === 1 ? "was" : "were"} started again.`,
  failed: "Files that will not arrive",
  more: (n: number) => `and ${count(n, "more file")}`,
} as const;

export const progress = {
  label: "Written",
  marks: { written: "written", safe: "safe on disk", verified: "verified" },
  of: (part: number, whole: number) => `${size(part)} of ${size(whole)}`,
  mark: (name: string, bytes: number) => `${size(bytes)} ${name}`,
  pace: (bytesPerSecond: number | null, secondsLeft: number | null) =>
    bytesPerSecond === null ? "" : secondsLeft === null ? speed(bytesPerSecond) : `${speed(bytesPerSecond)}, about ${span(secondsLeft)} left`,
  took: (bytes: number, seconds: number) =>
    seconds < 0.05 ? `${size(bytes)} in less than a second` : `${size(bytes)} in ${span(seconds)}, ${speed(bytes / seconds)}`,
  verified: (good: number, bad: number) =>
    bad === 0 ? `${count(good, "file")} verified against the sender's digest` : `${count(good, "file")} verified, ${bad.toLocaleString("en")} failed`,
} as const;

export const broken: Words = { title: failureCopy.E_INTERNAL.title, next: failureCopy.E_INTERNAL.next };

export const limits = "The server only introduces the two browsers. It sees neither names nor contents. Whoever serves this page could serve other code: if that matters, run Beeline yourself.";
