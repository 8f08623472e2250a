// Words of the page that sends.

import type { Paths, Phase } from "../../../shared/views.ts";
import type { Format } from "../../format.ts";
import type { Refusal } from "../../state.ts";

export const send = (f: Format) => ({
  title: "Send files",
  lead: "Drop files or folders anywhere on this page. They go straight to the other person's browser, end-to-end encrypted. Nothing is stored on a server.",
  chooseFiles: "Choose files",
  chooseFolder: "Choose folder",
  folderHint: "Dropping a folder keeps empty folders too; choosing one leaves them out.",
  dropHere: "Drop files or folders here",
  promises: [
    { title: "Straight to them.", text: "The files go from this browser to theirs. No copy stays on a server, so there is nothing to leak or to delete." },
    { title: "Only the two of you.", text: "Everything is encrypted on this computer. The server that introduces you can't read it, not even the names." },
    { title: "Whole and unchanged.", text: "Folders keep their structure, and every file is checked on the other disk before it counts as received." },
    { title: "Nothing to set up.", text: "No account, no program, no limit of size. The other person opens your link in any current browser." },
  ],
  /** The title of a share of several things, until the person gives it one. */
  items: (n: number) => f.count(n, { one: "item", other: "items" }),
  titleLabel: "Title",
  titleHint: "The recipient sees it when they connect. The server never does.",
  sendLink: "Send link…",
  qr: "QR code of the share link",
  qrHint: "Or scan it with a phone.",
  linkLives: (until: number | null): string => (until === null ? "It works until you press Stop sharing." : `It works until ${f.moment(until)}, or until you press Stop sharing.`),
  remove: "Remove",
  addHint: "Drop more onto the page at any time. Anybody who is connected already sees it when they open the link again.",
  nothingLeft: "Nothing is shared now. Add something, or stop sharing.",
  notes: {
    title: "While this tab is open",
    lines: [
      "You can work in other tabs and programs. Keep the lid open and the computer awake.",
      "If this tab is closed or reloaded, transfers wait. Open this page again and press Offer again: the link stays the same, and what was safe on a recipient's disk is not sent again.",
      "Once every recipient reads Complete, you can close the tab.",
    ],
  },
  dropNow: "Drop to share",
  link: "Share link",
  making: "Making the link…",
  copy: "Copy link",
  copied: "Copied.",
  copyByHand: "The browser did not allow copying. The link is selected: copy it with the keyboard.",
  paths: {
    legend: "How recipients may connect",
    choices: { any: "Any way", direct: "Directly only", relay: "Through a relay only" } satisfies Record<Paths, string> as Record<Paths, string>,
    hints: {
      any: "Directly where the networks allow it, else through this server's relay, which sees only encrypted bytes. You and the recipient learn each other's internet address.",
      direct: "No relay carries the bytes. Behind some firewalls a recipient then can't connect at all. You and the recipient learn each other's internet address.",
      relay: "Only the relay learns your internet addresses, you and the recipient don't. It sees nothing but encrypted bytes. It can be slower, and all of it goes through this server.",
    } satisfies Record<Paths, string> as Record<Paths, string>,
    none: "This server has no relay, so nobody could connect. Choose another way, or ask whoever runs the server to switch its relay on.",
    fromNow: "This is for everybody who connects from now on.",
    failed: { title: "This recipient can't be reached directly.", next: "A network between you does not let the connection through. Choose “Any way” beside the link, and ask them to open it again." },
  },
  linkHint: "Whoever has this link can ask for these files, as long as this tab is open.",
  stop: "Stop sharing",
  again: "Share something else",
  recipients: "Recipients",
  noRecipients: (over: boolean): string => (over ? "Nobody opened the link." : "Nobody has opened the link yet."),
  contents: "What is shared",
  letIn: "Let in",
  refuse: "Refuse",
  pause: "Pause",
  resume: "Resume",
  stopOne: "Stop",
  pausedThere: "At the recipient's. Nothing is lost; it goes on when they go on.",
  asks: "Somebody else has the link and asks to be let in. If you are not sure who it is, ask the person you expect whether they have just pressed Connect.",
  recipientStage: {
    ready: "",
    waiting: "Has opened the link.",
    connecting: "Is being connected.",
    listed: "Is looking at the list.",
    transferring: "Is receiving.",
    paused: "Nothing is lost; it goes on when you press Resume.",
    reconnecting: "It goes on by itself when the recipient is back. Until then their computer may be asleep or offline, or their page closed.",
    verifying: "Is checking what is on disk.",
    complete: "Has everything, verified.",
    failed: "",
    cancelled: "Has stopped. Files that had arrived completely may stay there.",
  } satisfies Record<Phase, string> as Record<Phase, string>,
  hasChosen: (files: number) => `Has the ${f.count(files, { one: "file", other: "files" })} they chose, verified.`,
  /** Their browser wrote it into a download, and nobody could look back. */
  hasStreamed: "Has everything they wanted: checked on its way into a download.",
  recipient: (n: number) => `Recipient ${n}`,
  /** After the name of a contact, from the second of their devices on. */
  device: (n: number) => `, device ${n}`,
  found: (files: number, bytes: number, over: boolean) => `${over ? "" : "So far "}${f.count(files, { one: "file", other: "files" })}, ${f.size(bytes)}`,
  unreadable: (n: number) => `${f.count(n, { one: "item", other: "items" })} could not be read and ${n === 1 ? "is" : "are"} left out.`,
  leftOut: (n: number) => `${f.count(n, { one: "folder", other: "folders" })} of Beeline's own ${n === 1 ? "is" : "are"} left out: what is in there has not arrived completely, or is in quarantine.`,
  more: (n: number) => `and ${f.count(n, { one: "more item", other: "more items" })}`,
  /** `over`: the share itself ended, not only everybody's transfer. `part`: nobody who is done chose all of it. */
  status: (phase: Phase, active: number, over: boolean, asks: boolean, part: boolean, streamed: boolean): string => {
    if (asks) return "Somebody else has the link and asks to be let in: see Recipients below.";
    switch (phase) {
      case "ready": return "Drop files or choose them.";
      case "waiting": return "Send the link, and keep this tab open.";
      case "connecting": return "Somebody has opened the link.";
      case "listed": return "The recipient is looking at the list. Keep this tab open.";
      case "transferring": return `To ${f.count(active, { one: "recipient", other: "recipients" })}. Keep this tab open.`;
      case "paused": return "Nothing is lost. Keep this tab open.";
      case "reconnecting": return "The connection broke. It goes on by itself when the recipient is back; keep this tab open.";
      case "verifying": return "The recipient checks what is on disk. Keep this tab open.";
      case "complete": return `The recipient has everything${part ? " they chose" : ""}, ${streamed ? "checked on its way into a download" : "verified"}. You can close this tab, or keep it open for others.`;
      case "failed": return "";
      case "cancelled":
        return over
          ? "The link is dead. Files that had arrived completely may stay with the recipients."
          : "The recipient has stopped. The link still works, as long as this tab is open.";
    }
  },
  refusal: {
    nothing: "There was no file or folder in that. Drop files or folders from a file manager.",
    over: "Sharing has stopped. Press “Share something else” first.",
    "too-many": "That is more than 500,000 files, more than a browser can share at once. Share a part of it.",
  } satisfies Record<Refusal, string> as Record<Refusal, string>,
});
