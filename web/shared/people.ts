// What page and core say to each other of the person's identity and contacts.
// Neither seed nor key passes: a card has public keys, and words and backup are
// asked for by a click. A question has a number, and one answer.

import type { FailureCode } from "../wire/wire.ts";

export type ContactState = "unverified" | "verified" | "changed";

export interface ContactView {
  /** Of their identity, base64. */
  id: string;
  /** As the person calls them. */
  petname: string;
  /** As their card calls them. */
  name: string;
  state: ContactState;
  /** Unix seconds. */
  added: number;
  /** The safety number: twelve groups of five digits, and what its QR code says. */
  groups: readonly string[];
  safety: string;
}

export type PeopleView =
  /** Nothing is kept here; `kept`: this browser would keep it. */
  | { at: "none"; kept: boolean }
  /** A passphrase is asked for. */
  | { at: "locked" }
  /** What is kept can't be opened any more. */
  | { at: "damaged" }
  | {
      at: "open";
      /** False: it lasts until the tab closes. */
      kept: boolean;
      passphrase: boolean;
      /** An earlier state than this browser has seen. */
      old: boolean;
      generation: number;
      name: string;
      /** Text of the own card. */
      card: string;
      /** Text of the card that contacts of the identity before are given, signed by it; empty: there was none before. */
      successor: string;
      contacts: readonly ContactView[];
    };

/** What a card would be, before anything is changed. `contact`: whose it is, follows, or has the name of. */
export interface CardLook {
  what: "fresh" | "known" | "successor" | "changed" | "own";
  name: string;
  contact: string;
}

export type PeopleQuestion =
  /** `mark`: the highest generation this browser has seen. */
  | { what: "read"; mark: number }
  | { what: "unlock"; passphrase: string }
  | { what: "make" | "name"; name: string }
  | { what: "look" | "replace"; text: string }
  | { what: "add"; text: string; petname: string }
  | { what: "rename"; id: string; petname: string }
  | { what: "verify"; id: string; same: boolean }
  | { what: "scanned"; id: string; text: string }
  | { what: "remove"; id: string }
  /** "" takes it away. */
  | { what: "passphrase"; passphrase: string }
  | { what: "backup"; passphrase: string }
  | { what: "restore"; container: Uint8Array; passphrase: string }
  | { what: "restore.words"; words: string }
  /** What arrived from another device is kept in the place of what is here. */
  | { what: "taken" }
  /** The earlier state that was found is the one to go on with. */
  | { what: "settle" }
  /** A new identity, which the one there is signs. */
  | { what: "succeed" }
  | { what: "words" | "erase" };

export type PeopleAnswer =
  | { kind: "done" }
  | { kind: "failed"; why: FailureCode }
  | { kind: "look"; look: CardLook }
  | { kind: "scanned"; is: "same" | "other" | "none" }
  | { kind: "words"; words: string }
  | { kind: "backup"; container: Uint8Array<ArrayBuffer> }
  /** The number of the word that is none, from 1; 0: they are none together. */
  | { kind: "slip"; word: number };

export type ToPeople = { type: "people"; ask: number; question: PeopleQuestion };

export type FromPeople =
  | { type: "people.view"; view: PeopleView }
  | { type: "people.answer"; ask: number; answer: PeopleAnswer }
  /** A worker is wanted that makes one key of a passphrase and ends: wasm's memory never shrinks. */
  | { type: "people.kdf"; module: WebAssembly.Module; port: MessagePort };

/** The first and only message of that worker. */
export type ToKdf = { type: "kdf"; module: WebAssembly.Module; port: MessagePort };

/** What it is asked through its port, once; it answers with 32 bytes, or null. */
export interface KdfQuestion {
  header: Uint8Array;
  passphrase: Uint8Array;
}
