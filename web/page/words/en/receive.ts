// Words of the page that receives.

import type { Conflict, Phase } from "../../../shared/views.ts";
import type { FailureCode } from "../../../wire/wire.ts";
import type { Format } from "../../format.ts";
import type { Room } from "../../room.ts";
import type { Snag } from "../../state.ts";
import type { Sentence } from "../types.ts";

export const receive = (f: Format) => ({
  title: "Receive files",
  lead: "Whoever gave you this link wants to send you files, straight from their browser to yours. They are encrypted from end to end: only the two of you can read them, and no copy stays anywhere else.",
  opening: "Looking at the link.",
  connectNote: "You are asked to trust the person who sent you the link: connecting shows them your internet address, as any direct connection does. Until you press the button, they don't learn that you are here.",
  hide: {
    label: "Hide my internet address from the sender",
    note: "You are asked to trust the person who sent you the link. Your internet address is shown to this server's relay only, not to them. It can be slower. Until you press the button, they don't learn that you are here.",
    hidden: "Only the relay knows your internet address, the sender does not.",
    both: "You and the sender are connected through a relay only. It knows your internet addresses, you don't know each other's.",
  },
  directFailed: {
    title: "Your computers can't connect directly.",
    next: "The sender allows no relay, and a network between you does not let the connection through. Ask them to choose “Any way” beside the link, or try another network, for example a phone's hotspot.",
  },
  steps: {
    label: "What happens next",
    lines: ["Press Connect: you see the list of files, and nothing is received yet.", "Choose what you want and press Receive.", "Keep this tab open until it says Complete."],
  },
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
  noLink: { title: "There is no link here.", next: "Open the whole link that the sender gave you, with everything after the #, or type the code that they say." },
  elsewhere: { title: "This link is open in another tab.", next: "Go on there, or close that tab and reload this one." },
  folderChosen: "The files will be saved in the folder",
  folderAsk: "When you press Receive you are asked for a folder; the files are written straight into it. You can also drop a folder onto this page.",
  browserKeeps: "The file is kept in this browser until it is whole, then it is saved as a download.",
  browserZips: "The files are kept in this browser until everything is there, then they are saved as one zip file, with their folders. Chrome or Edge on a computer can write straight into a folder.",
  /** What becomes of it in a browser without a folder to pick; the key is a Room. */
  room: {
    fits: "",
    none: "This is more than the browser keeps for this site, and this page can't write it straight into a download either: in a private window, or after a forced reload, a part of it is missing. Open the link in a normal window, or in Chrome or Edge on a computer.",
    streams:
      "This is more than the browser keeps for this site, so it is written into a download while it arrives. If this page is closed before the end, or the sender changes one of the files, the download breaks off and begins anew. Chrome or Edge on a computer can go on where they were.",
    "asks-or-streams":
      "This is more than the browser gives a site without asking you. When you press Receive it asks whether this site may keep data. If you allow it and the disk has room, the files are kept here until they are whole. Otherwise they are written into a download while they arrive: if this page is closed before the end, or the sender changes one of them, the download breaks off and begins anew.",
    asks:
    "This is more than the browser gives a site without asking you. When you press Receive it asks whether this site may keep data: allow it, and it can use more of the disk. It is needed until the files are saved; you can delete it then.",
  } satisfies Record<Room, string> as Record<Room, string>,
  noRoom: {
    title: "This browser has too little room for this.",
    next: "Nothing was received. Press Receive again and allow this site to keep data if the browser asks, or free space on the disk. In a private window, or after a forced reload, open the link in a normal window: from there it can be written into a download without being kept first. Chrome or Edge on a computer write straight into a folder and need no such room.",
  },
  datesNote: "Browsers can't keep the dates of files: they get the time of their arrival.",
  checkedNote: "Chrome checks each file it doesn't know as it is saved, which takes a moment with many of them.",
  phoneNote: "On a phone, keep this page in front and the screen on until it says Complete. Save to Files, not to Photos, which changes originals.",
  whileMoving: "You can work in other tabs and programs. Keep the lid open and the computer awake; if it sleeps or the network goes away, the transfer waits and goes on.",
  whileStreaming: "It is written into a download while it arrives. Keep this page open until it says Complete: closed before, the download breaks off and begins anew. If the computer sleeps or the network goes away, it waits and goes on.",
  /** A download can't leave out one file that failed. */
  streamLost: "A download that is written while it arrives can't leave a file out or begin one again, so all of it was broken off. Delete what is left of it among your downloads and try again.",
  whileMovingPhone: "Keep this page in front and the screen on: a phone stops pages it doesn't show. The transfer then waits and goes on when you come back.",
  asking: "The sender has been asked to let you in.",
  needed: (bytes: number) => `${f.size(bytes)} more is needed.`,
  flagged: (n: number) => `${f.count(n, { one: "name", other: "names" })} can't be used here as ${n === 1 ? "it is" : "they are"}, and ${n === 1 ? "is" : "are"} saved with the change shown in the list.`,
  total: (files: number, bytes: number, whole: boolean) => (files === 0 && !whole ? "The list is on its way" : `${whole ? "" : "At least "}${f.count(files, { one: "file", other: "files" })}, ${f.size(bytes)}`),
  saved: "Saved as a download. If it is not among your downloads, save it again:",
  kept: (bytes: number) => `Until you delete it, this browser keeps its own copy of ${f.size(bytes)} beside the download. Wait until the download has finished before you delete it.`,
  freed: "Deleted: the space is free again.",
  /** What is left of a transfer that failed. */
  left: {
    folder: "Files that had arrived completely stay in the folder.",
    browser: "What had arrived is still kept in this browser, but only a whole transfer becomes a download.",
    stream: "Only a whole download is of use: what is left of one that broke off can be deleted.",
  },
  /** Since when there is no connection, why if that is known, and what will happen. */
  reconnecting: (since: number, why: FailureCode | null, said: Sentence | null): string => {
    const from = `Since ${f.time(since)}.`;
    switch (why) {
      case null: return `${from} It goes on by itself, for as long as this tab is open. Nothing is lost.`;
      case "E_OFFLINE": return `${from} This computer has no connection to the server. Check that it is online; the transfer goes on by itself, for as long as this tab is open.`;
      case "E_NO_PEER": return `${from} The sender is not there: their computer may be asleep, or their page closed. It goes on by itself when they are back; keep this tab open.`;
      case "E_PATH": return `${from} You are both online, but a network between you lets no connection through. It is tried again twice a minute. Another network on one side, for example a phone's hotspot, may help.`;
      case "E_OUTDATED": return `${from} ${said === null ? "" : `${said.title} ${said.next}`}`;
      default: return `${from} ${said?.title ?? ""} It is tried again by itself, for as long as this tab is open.`;
    }
  },
  status: (phase: Phase, files: number, pausedHere: boolean, where: "folder" | "browser" | "stream", leave: boolean): string => {
    switch (phase) {
      case "ready": return "Press Connect to see what is offered.";
      case "waiting": return "The sender's page does not answer yet. Ask them whether it is open, and keep this tab open.";
      case "connecting": return "Looking for the sender.";
      case "listed": return "Nothing has been received yet. Press Receive for everything, or choose from the list first.";
      case "transferring": return `${f.count(files, { one: "file", other: "files" })}. Keep this tab open.`;
      case "paused": return pausedHere ? "Nothing is lost. Press Resume to go on, and keep this tab open." : "The sender has paused. Nothing is lost. Keep this tab open; it goes on when they go on.";
      case "reconnecting": return "";
      case "verifying": return "Checking that what is on disk is what was sent. Keep this tab open.";
      case "complete": return `${f.count(files, { one: "file", other: "files" })} received${where === "stream" ? ". Each byte was checked before it went into the download." : " and verified."} ${leave ? "You can close this tab." : "You can close this tab once the download has finished."}`;
      case "failed": return "";
      case "cancelled": return `${where === "folder" ? "Files that had arrived completely stay in the folder." : "Nothing of it is kept."} Open the link again if you change your mind.`;
    }
  },
  done: {
    what: "Received",
    where: "Saved in",
    downloads: "this browser's downloads",
    took: "Took",
    path: "Path",
    checked: "Checked",
    at: "Finished",
    nextFolder: (renamed: number) =>
      `The files are in the folder${renamed > 0 ? "; where a name could not be kept, the list shows the one they have there" : " under their own names"}. You can tell the sender that everything is there.`,
    nextDownload: "Look among your downloads. You can tell the sender that everything is there.",
  },
  snag: {
    "not-a-folder": "That is not a folder. Drop the folder in which the files shall be saved.",
    "no-permission": "The browser was not allowed to write into that folder. Choose it again and allow it.",
    picker: "That folder can't be used. Choose another one: browsers don't give out system folders or a whole drive.",
  } satisfies Record<Snag, string> as Record<Snag, string>,
  conflicts: {
    "keep-both": "Keep both",
    skip: "Skip what is the same",
    replace: "Replace",
  } satisfies Record<Conflict, string> as Record<Conflict, string>,
});
