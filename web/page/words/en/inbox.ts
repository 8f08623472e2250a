// Words about what contacts share with each other.

import type { ContactState } from "../../../shared/people.ts";
import type { Format } from "../../format.ts";

export const inbox = (f: Format) => ({
  title: "Shared with you",
  nobody: "None of your contacts is sharing anything with you right now. While this page is open it appears here by itself.",
  some: (n: number) => `${f.count(n, { one: "contact is", other: "contacts are" })} sharing something with you.`,
  /** Of shares that nobody has looked at yet, or in which something came since. */
  news: (n: number) => (n === 0 ? "Nothing in it is new." : `${f.count(n, { one: "share is new or has", other: "shares are new or have" })} something new in it.`),
  new: "New",
  /** In a share that is listed, and in a folder of it. */
  newIs: (n: number) => `New: ${f.count(n, { one: "file or folder", other: "files and folders" })}`,
  newIn: (n: number) => `${f.number(n)} new`,
  /** Above Receive, where the share was received before. */
  since: (n: number) => (n === 0 ? "You have received this before. Nothing has come since." : `You have received this before. Since then ${f.count(n, { one: "file has", other: "files have" })} come.`),
  receiveNew: "Receive what is new",
  unreachable: "The server can't be reached, so nothing is known of your contacts. It is tried again by itself.",
  ask: "See what your contacts share with you. While you look, contacts who share something with you learn that you are here, and your internet address.",
  askHidden: "See what your contacts share with you. While you look, contacts who share something with you learn that you are here, but not your internet address.",
  noteHidden: "It is here for as long as the sender's page is open. While you look, contacts who share something with you learn that you are here, but not your internet address.",
  hide: {
    label: "Hide my internet address from my contacts",
    hint: "Then everything goes through this server's relay, what you open here as well: only the relay knows your address, and it can be slower. It holds from the next connection on; who has your address already keeps it.",
    none: "This server has no relay, so nothing can be found while your address is hidden. Take the mark away to look without.",
  },
  look: "Look for it",
  stop: "Stop looking",
  note: "It is here for as long as the sender's page is open. While you look, contacts who share something with you learn that you are here, and your internet address.",
  unverified: "You have not compared the safety number with them yet.",
  open: "Open",
  /** On the page that receives, without a link, for somebody who has contacts. */
  here: "Open what a contact shares with you, type a code, or open a link that somebody gave you.",
  notHere: { title: "This is not shared with you any more.", next: "The sender took it back, or shares it from a page that is closed. Ask them." },
});

export const members = (f: Format) => ({
  title: "Share with contacts",
  lead: "They need no link: what you share appears on their page under “Shared with you”, if they have added you too. Take the mark away and they lose it at once.",
  none: "You have no contacts yet. Once you and somebody else have added each other, you can share without a link.",
  locked: "Your contacts are locked. Type your passphrase.",
  contacts: "Open your contacts",
  state: { unverified: "Not verified", verified: "Verified", changed: "Changed: call them first" } satisfies Record<ContactState, string> as Record<ContactState, string>,
  waiting: (n: number) => `Shared with ${f.count(n, { one: "contact", other: "contacts" })}, as long as this page is open.`,
});
