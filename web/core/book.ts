// The address book of wasm/bridge/people.go: functions of an operation, text and
// bytes. Only this file knows their shapes.

import type { CardLook, ContactState, ContactView } from "../shared/people.ts";
import { type FailureCode, failureCodes } from "../wire/wire.ts";
import { base64, bytesOf } from "./base64.ts";
import type { GiveMachine, MachineConfig, TakeMachine } from "./machine.ts";

/** What Go answers: bytes, text (the name of a code, or ""), a number, a book, or a machine. */
type Answer = Uint8Array<ArrayBuffer> | string | number | RawBook | GiveMachine | TakeMachine;
export type RawBook = (op: string, ...args: (string | number | boolean | Uint8Array | MachineConfig)[]) => Answer;
export type RawPeople = (op: string, ...args: (string | number | Uint8Array | MachineConfig)[]) => Answer;

/** A failure of the core, by its code. */
export class Failed extends Error {
  readonly why: FailureCode;
  constructor(why: string) {
    super(why);
    this.why = failureCodes.find((code) => code === why) ?? "E_INTERNAL";
  }
}

const none = new Uint8Array();
const states: readonly ContactState[] = ["unverified", "verified", "changed"];
const whats: readonly CardLook["what"][] = ["fresh", "known", "successor", "changed", "own"];

export interface BookView {
  passphrase: boolean;
  generation: number;
  name: string;
  card: string;
  contacts: ContactView[];
  successor: string;
}

export class Books {
  readonly #go: RawPeople;

  constructor(go: RawPeople) {
    this.#go = go;
  }

  make(name: string, now: number): Book {
    return bookOf(this.#go("make", name, now));
  }

  open(container: Uint8Array, base: Uint8Array | null, pepper: Uint8Array): Book {
    return bookOf(this.#go("open", container, base ?? none, pepper));
  }

  restore(container: Uint8Array, base: Uint8Array): Book {
    return bookOf(this.#go("restore", container, base));
  }

  /** No book is used any more: nobody is met. */
  close(): void {
    done(this.#go("close"));
  }

  /** A book of 24 words, or the number of the word that is none. */
  words(typed: string, now: number): Book | number {
    const answer = this.#go("words", typed, now);
    return typeof answer === "number" ? answer : bookOf(answer);
  }

  /** What takes an identity over by the code that another device shows. */
  take(code: string, config: MachineConfig): TakeMachine {
    return machineOf<TakeMachine>(this.#go("take", code, config));
  }

  /** The book that arrived there. */
  taken(machine: TakeMachine): Book {
    return bookOf(machine.book());
  }

  header(container: Uint8Array): Header {
    return new Header(bytes(this.#go("header", container)));
  }

  fresh(kind: "vault" | "backup" | "none"): Header {
    return new Header(bytes(this.#go("fresh", kind)));
  }

  /** Argon2id: seconds, and memory that stays taken. */
  base(header: Uint8Array, passphrase: Uint8Array): Uint8Array<ArrayBuffer> {
    return bytes(this.#go("base", header, passphrase));
  }
}

/** The beginning of a container: how its key is made of a passphrase. */
export class Header {
  readonly bytes: Uint8Array;
  constructor(header: Uint8Array) {
    this.bytes = header;
  }
  /** A passphrase is asked for. */
  get asks(): boolean {
    return this.bytes[4] === 1;
  }
}

export class Book {
  readonly #go: RawBook;

  constructor(go: RawBook) {
    this.#go = go;
  }

  view(): BookView {
    const r = new Reader(bytes(this.#go("view")));
    const view: BookView = { passphrase: r.number(1) === 1, generation: r.number(8), name: r.text(1), card: r.text(2), contacts: [], successor: "" };
    for (let n = r.number(2); n > 0; n--) {
      const id = base64(r.take(32));
      const state = states[r.number(1)] ?? "changed";
      const added = r.number(4);
      const [petname, name] = [r.text(1), r.text(1)];
      const digits = new TextDecoder().decode(r.take(60));
      view.contacts.push({ id, state, added, petname, name, groups: digits.match(/\d{5}/g) ?? [], safety: r.text(1) });
    }
    view.successor = r.text(2);
    return view;
  }

  look(text: string): CardLook {
    const r = new Reader(bytes(this.#go("look", text)));
    return { what: whats[r.number(1)] ?? "changed", name: r.text(1), contact: r.text(1) };
  }

  add(text: string, petname: string, now: number): void {
    done(this.#go("add", text, petname, now));
  }

  replace(text: string): void {
    done(this.#go("replace", text));
  }

  name(name: string, now: number): void {
    done(this.#go("name", name, now));
  }

  rename(id: string, petname: string): void {
    done(this.#go("rename", bytesOf(id), petname));
  }

  verify(id: string, same: boolean): void {
    done(this.#go("verify", bytesOf(id), same));
  }

  remove(id: string): void {
    done(this.#go("remove", bytesOf(id)));
  }

  succeed(now: number): void {
    done(this.#go("succeed", now));
  }

  scanned(id: string, text: string): "same" | "other" | "none" {
    const is = this.#go("scanned", bytesOf(id), text);
    return is === "same" || is === "other" ? is : "none";
  }

  words(): string {
    const words = this.#go("words");
    if (typeof words !== "string" || !words.includes(" ")) throw new Failed(String(words));
    return words;
  }

  /** What hands it over to another device. */
  give(config: MachineConfig): GiveMachine {
    return machineOf<GiveMachine>(this.#go("give", config));
  }

  /** Contacts are met as it says from now on. */
  use(): void {
    done(this.#go("use"));
  }

  /** From now on it is sealed with another key. */
  secure(header: Header, base: Uint8Array | null, pepper: Uint8Array): void {
    done(this.#go("secure", header.bytes, base ?? none, pepper));
  }

  /** The container of the generation after `least` and its own. */
  seal(least: number): Uint8Array<ArrayBuffer> {
    return bytes(this.#go("seal", least));
  }

  /** Seals what is kept beside the vault, for one place. */
  beside(place: string, plain: Uint8Array): Uint8Array<ArrayBuffer> {
    return bytes(this.#go("beside.seal", place, plain));
  }

  openBeside(place: string, box: Uint8Array): Uint8Array<ArrayBuffer> {
    return bytes(this.#go("beside.open", place, box));
  }

  /** What another tab wrote, which the same key opens. */
  again(container: Uint8Array): Book {
    return bookOf(this.#go("again", container));
  }

  backup(header: Header, base: Uint8Array): Uint8Array<ArrayBuffer> {
    return bytes(this.#go("backup", header.bytes, base));
  }
}

function bytes(answer: Answer): Uint8Array<ArrayBuffer> {
  if (answer instanceof Uint8Array) return answer;
  throw new Failed(String(answer));
}

function bookOf(answer: Answer): Book {
  if (typeof answer === "function") return new Book(answer);
  throw new Failed(String(answer));
}

/** Which of the machines it is says the operation that was asked for. */
function machineOf<M extends GiveMachine | TakeMachine>(answer: Answer): M {
  if (typeof answer === "object" && "handle" in answer) return answer as M;
  throw new Failed(String(answer));
}

function done(answer: Answer): void {
  if (answer !== "") throw new Failed(String(answer));
}

/** Takes fields off the front of what Go wrote (wasm/people/view.go). */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#bytes = from;
  }

  take(n: number): Uint8Array {
    this.#at += n;
    return this.#bytes.subarray(this.#at - n, this.#at);
  }

  number(size: number): number {
    return this.take(size).reduce((n, b) => n * 256 + b, 0);
  }

  text(size: 1 | 2): string {
    return new TextDecoder().decode(this.take(this.number(size)));
  }
}
