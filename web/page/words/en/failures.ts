// What is said of every failure: what happened, then what to do. A code without
// words does not compile.

import type { FailureCode } from "../../../wire/wire.ts";
import type { FailureWords } from "../types.ts";

const peerFault = "The program on the other side does something this one doesn't understand.";
const sameVersion = "Reload both pages, so that both run the same version, and try again.";

export const failures: Record<FailureCode, FailureWords> = {
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
    title: "The code was wrong three times.",
    next: "Nothing was received, and no more tries are made with this number. Ask the sender for a new code or a link.",
    again: false,
    sharer: { title: "The code was wrong three times.", next: "Nobody got anything. Make a new code, or send the link." },
  },
  E_CODE: {
    title: "This is no code.",
    next: "A code is a number of five or six digits and three English words. Check what you typed against what the sender says.",
    again: false,
  },
  E_NO_CODE: {
    title: "Nobody waits under this number.",
    next: "Check the number. If it is right, the code was used, has run out, or the sender's page was loaded again: ask them for a new one.",
    again: false,
  },
  E_CODE_USED: {
    title: "The connection broke.",
    next: "A code works once. What has arrived is kept: ask the sender for a new code, type it here, and the transfer goes on from there.",
    again: false,
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
    next: "The sender's page is closed or offline. Ask them to keep it open, then try again. If it was closed, they can open it and press Offer again; if sharing was stopped, this link is dead: ask for a new one.",
    again: true,
    sharer: { title: "Nobody is there any more.", next: "The recipient closed the page. The link still works." },
  },
  E_PATH: {
    title: "Your computers can't connect.",
    next: "Both are online, but a network between them does not let the connection through. Try another network on one side, for example a phone's hotspot.",
    again: true,
  },
  E_NO_RELAY: {
    title: "There is no relay to connect through.",
    next: "The sender, or you, asked for a connection through a relay only, and both of you can reach none. Ask the sender to choose “Any way” beside the link, don't hide your address, or try another network.",
    again: true,
    sharer: {
      title: "There was no relay to connect through.",
      next: "You, or this recipient, asked for a connection through a relay only, and both of you can reach none. Choose “Any way” beside the link, or ask whoever runs the server to switch its relay on.",
    },
  },
  E_REFUSED: {
    title: "The sender did not let you in.",
    next: "Ask the sender whether they expected you.",
    again: true,
    sharer: { title: "Not let in.", next: "This recipient got nothing." },
  },
  E_EXPIRED: {
    title: "The time is over.",
    next: "The link has ended, or nobody let you in within five minutes. Ask the sender, then try again or open a new link.",
    again: true,
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
    next: "Wait until somebody is done, or tell the sender that you are waiting, then try again.",
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
    title: "The sender's list of files has changed, or breaks the rules.",
    next: "The transfer was ended to be safe. Open the link again: what arrived counts. If that does not help, ask the sender to share again.",
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
    next: "What is safe on disk stays. Free some space; it goes on by itself.",
    again: true,
    sharer: { title: "The recipient's disk is full.", next: "Nothing is lost. It goes on when there is space. Keep this tab open." },
  },
  E_READ: {
    title: "The sender's computer can't read a file any more.",
    next: "It was moved, renamed, or its drive was taken out. Ask the sender to share again.",
    again: true,
    sharer: { title: "A file can't be read any more.", next: "It was moved, renamed, or its drive was taken out. Put it back, then stop sharing and share it again." },
  },
  E_WITHDRAWN: {
    title: "The sender took this file back.",
    next: "It is no longer part of the share. What arrived before stays. If you need it, ask the sender.",
    again: false,
    sharer: { title: "You took back a file while it was being received.", next: "It was not sent to its end. If that was not what you wanted, add it again." },
  },
  E_DOWNLOAD: {
    title: "The download broke off.",
    next: "The browser ended it: it was cancelled there, the disk is full, or it lost this page. Delete what is left of it among your downloads, also where the browser calls it finished, make room if that was it, and try again; it begins anew.",
    again: true,
    sharer: { title: "The recipient's download broke off.", next: "They have been told why, and can try again. Keep this tab open." },
  },
  E_WRITE: {
    title: "The files can't be written.",
    next: "Check that the disk is connected, not protected and not full, then try again, with the same folder or another one.",
    again: true,
    sharer: { title: "The recipient's computer can't write the files.", next: "They have been told what to do. Keep this tab open." },
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
    next: "The connection broke and the sender did not come back. Ask them whether their page is still open, then try again. If it was closed, they can open it and press Offer again; if sharing was stopped, this link is dead: ask for a new one.",
    again: true,
    sharer: { title: "The recipient went away.", next: "They can open the link again and go on. Keep this tab open." },
  },
  E_INCOMPLETE: {
    title: "Some files did not arrive.",
    next: "All the others are complete and verified. Try again to fetch what is missing.",
    again: true,
    sharer: { title: "Some files did not arrive.", next: "The recipient can try again. Keep this tab open." },
  },
  E_CARD: {
    title: "This is not a contact card.",
    next: "It is damaged, a part of it is missing, or it is your own. Ask for the card again and copy the whole of it. Nothing was added.",
    again: false,
  },
  E_TAKEN: {
    title: "This link has been used as often as the sender allows.",
    next: "Ask the sender to allow more recipients, or for a new link.",
    again: true,
    sharer: { title: "Not let in: the link is used up.", next: "To let this recipient in, allow more beside the link, and ask them to try again." },
  },
  E_VAULT: {
    title: "What is kept here could not be opened.",
    next: "The passphrase is another one, or the data is damaged. Try the passphrase again; otherwise restore your backup.",
    again: true,
  },
};
