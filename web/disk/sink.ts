// A sink is one way to keep a transfer: a folder the person picked (folder.ts),
// or what the browser keeps until it is downloaded (keep.ts). It takes the
// messages of one transfer in order and answers through `say`, in any order.
//
//	open ─▶ entry ─▶ write … ─▶ finish ─▶ land ─▶ close
//	          └────── reset, drop ──────┘    discard at any time

import type { FromDisk, Piece, ToDisk } from "../shared/disk.ts";
import type { FailureCode } from "../wire/wire.ts";

export type Say = (message: FromDisk) => void;
export type Open = Extract<ToDisk, { type: "open" }>;
export type Entry = Extract<ToDisk, { type: "entry" }>;

export interface Sink {
  entry(entry: Entry): void;
  write(pieces: Piece[], data: ArrayBuffer): void;
  reset(file: number, version: number, size: number): void;
  finish(file: number): void;
  land(file: number): void;
  drop(file: number): void;
  /** Resolves when everything that was told to land has, and nothing is left behind. */
  close(): Promise<void>;
  /** Resolves when the space is free again. Nothing is said after it. */
  discard(): Promise<void>;
}

/** Why a destination can't be opened. */
export class Refusal extends Error {
  readonly code: FailureCode;
  /** Bytes that are missing, or 0. */
  readonly needed: number;

  constructor(code: FailureCode, needed: number) {
    super(code);
    this.code = code;
    this.needed = needed;
  }
}

/** Thrown into what was waiting for bytes that are no longer wanted: after reset, drop, discard or a loss. */
export class Gone extends Error {}

/** Why one file failed. */
export class FileFailed extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode) {
    super(code);
    this.code = code;
  }
}

/** What kind of trouble a file system call reports. */
export type Trouble =
  | "full" // the disk or the quota
  | "denied" // permission was withdrawn
  | "missing" // a folder or file was taken away
  | "name" // a name that the browser refuses
  | "locked" // somebody else writes it
  | "other"; // a fault that may pass; Chromium reports a full disk like this, too

export function troubleOf(error: unknown): Trouble {
  if (error instanceof TypeError) return "name";
  switch (nameOf(error)) {
    case "QuotaExceededError":
      return "full";
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "TypeMismatchError":
      return "missing";
    case "NoModificationAllowedError":
      return "locked";
    default:
      return "other";
  }
}

export function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}

/** Lets at most `free` holders in at once, in order. */
export class Permits {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }

  /** Runs f with a permit. */
  async within<T>(f: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await f();
    } finally {
      this.give();
    }
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
