// Words of moving one's identity from one device to another.

import type { CodeState } from "../../../shared/views.ts";
import type { FailureCode } from "../../../wire/wire.ts";
import type { Format } from "../../format.ts";

/** Of a failure, where it means something else than between sender and recipient. */
type Why = Partial<Record<FailureCode, string>>;

export const device = (f: Format) => ({
  give: {
    title: "Move to another device",
    lead: "Your card and your contacts go to another device of yours, straight from this one. Afterwards both are you. Have the other device beside you.",
    make: "Make a code",
    another: "Make a new code",
    stop: "Cancel",
    say: (host: string) => `On the other device open ${host}/contacts, choose “I have Beeline on another device”, and type this code there. Tell it to nobody else.`,
    left: (minutes: number, tries: number) => `It works for ${f.count(minutes, { one: "more minute", other: "more minutes" })}, once. ${f.count(tries, { one: "wrong try is", other: "wrong tries are" })} left.`,
    /** What became of the code. */
    became: {
      none: "",
      coming: "Asking the server for a number.",
      live: "",
      used: "",
      wrong: "The words were wrong three times, so this code works no more. Nothing went out. Make a new code and compare it word by word.",
      tried: "Somebody keeps trying this number, so this code works no more. Nothing went out. Make a new code.",
      expired: "The ten minutes are over, so this code works no more. Make a new one.",
      lost: "The server was away for a moment, or gave no number. Make a new code.",
    } satisfies Record<CodeState, string> as Record<CodeState, string>,
    digits: "The six digits on your other device",
    digitsHint: "Look at its screen and type what stands there. If somebody tells you digits by phone or in a message, cancel: they would get your identity.",
    hand: "Hand over",
    short: "These are not six digits. Look at the other device and type all six.",
    wrong: (left: number) => `The other device shows other digits. ${left === 1 ? "One more mistake" : `${left} more mistakes`}, and this code is over.`,
    connecting: "The digits are right. Connecting to the other device.",
    sent: "Everything went over. Look at the other device: it asks whether to keep it.",
    done: "Done. The other device has your card and your contacts, and this one keeps them too.",
    failed: {
      E_REFUSED: "Nothing was stored on the other device: the digits were wrong three times, or it said no there. Make a new code if you want to try again.",
      E_GONE: "The other device left, or the connection to the server broke. Nothing went out. Make a new code and try again.",
      E_PATH: "The connection to the other device broke. Look there: if it shows your contacts or asks whether to keep them, it has all of them. If not, make a new code and try again.",
      E_EXPIRED: "Nobody typed the digits for five minutes, so this code is over. Nothing went out.",
      E_REVOKED: "Cancelled. Nothing more goes out.",
      E_WRITE: "The other device has everything, but only until its tab closes: its browser keeps nothing for the page. Leave private browsing there, or make room, and move once more.",
      E_OFFLINE: "There is no connection to the server. It comes back by itself.",
    } as Why,
  },
  take: {
    title: "I have Beeline on another device",
    lead: "Brings your card and your contacts from there to this browser. On the other device open Contacts, then “Move to another device”, and make a code.",
    stop: "Cancel",
    looking: "Looking for the other device.",
    connecting: "Connecting to the other device.",
    wrong: (tries: number) => `The words are not those of the other device. Compare them and type the code again. It must come from “Move to another device”. ${f.count(tries, { one: "try is", other: "tries are" })} left.`,
    digits: "Type these digits into the other device",
    digitsHint: "Nothing is handed over before. Type them yourself, on your own device: don't read them to anybody.",
    arriving: "The digits were right. Your contacts are coming.",
    arrived: (name: string, contacts: number) => `${name === "" ? "A card without a name" : `The card of ${name}`} and ${f.count(contacts, { one: "contact", other: "contacts" })} arrived.`,
    compare: (sent: string) => `Look at the other device. Keep this only if it says there: “${sent}” If it says anything else, somebody else has sent this.`,
    replaces: "This replaces the identity and all contacts that are kept here now.",
    yes: "Replace what is here",
    no: "Keep what is here",
    yesFresh: "Keep it on this device",
    noFresh: "Don't keep it",
    done: "Done. This browser has your card and your contacts now. Set a passphrase here too if the other device has one: it did not come along.",
    failed: {
      E_REFUSED: "The other device said no, or the digits were wrong three times there. Nothing arrived. Make a new code there and type it here.",
      E_PSK: "The code was wrong three times, and no more tries are made with this number. Make a new code on the other device.",
      E_NO_CODE: "Nobody waits under this number. Check it, or make a new code on the other device: a code works once, and for ten minutes.",
      E_CODE_USED: "The connection broke before everything was here, and nothing was kept. Make a new code on the other device and type it here.",
      E_PATH: "The two devices could not connect, and nothing was kept. Put both into the same network, make a new code and try again.",
      E_EXPIRED: "The digits were not typed on the other device within five minutes. Make a new code there.",
      E_REVOKED: "It was cancelled on the other device. Nothing was kept.",
      E_WRITE: "Your card and your contacts are here, but only until this tab closes: the browser keeps nothing for the page. Leave private browsing, or make room, and move once more.",
      E_BUSY: "Somebody else is trying this number at the moment. It is tried again by itself; if that lasts, make a new code on the other device.",
      E_NO_PEER: "The other device does not answer. Is its page still open, and does it show this code?",
      E_OFFLINE: "There is no connection to the server. It comes back by itself.",
      E_CODE: "That is no code. Check what you typed against the other device.",
    } as Why,
  },
  /** The field for the code, where it says something else than for a sender's. */
  entry: {
    field: "Code on the other device",
    fieldHint: "The number and the three English words that the other device shows, for example 48213-orbit-ozone-melody. Words are completed while you type; spaces are as good as hyphens.",
  },
});
