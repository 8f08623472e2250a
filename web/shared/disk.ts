// What is said to the disk worker, by the page and by the core, and what it says.
// With the core it talks through a port that the page makes and never reads.

import type { Conflict, Destination } from "./views.ts";
import type { FailureCode } from "../wire/wire.ts";

export type PageToDisk =
  /** `hands`: to each lane worker there can be (shared/hands.ts). */
  | { type: "init"; module: WebAssembly.Module; core: MessagePort; hands: MessagePort[]; limits?: Partial<DiskLimits> }
  /** Answers stream.open: the way to the service worker, or null where there is none. */
  | { type: "stream.port"; port: MessagePort | null };

/** Limits of the disk worker that a phone or a test sets lower. Sizes in bytes, times in milliseconds. */
export interface DiskLimits {
  /** A larger file is written to a picked folder in segments. */
  segmentFrom: number;
  /** Size of a segment at most. */
  segment: number;
  /** What is kept in memory at most, where the browser has no storage. */
  blobMax: number;
  /** Between two looks at a full disk. */
  pollEvery: number;
  /** How long a move may take before the file is copied instead. */
  moveWithin: number;
}

export type DiskToPage =
  | { type: "ready" }
  | { type: "dead"; message: string }
  /** Something to hand to the person as a download (Firefox, Safari; Blob is backed by OPFS where it can be). */
  | { type: "export"; name: string; blob: Blob }
  /** A download is to begin that is written while it arrives, of exactly so many bytes. Answered by stream.port. */
  | { type: "stream.open"; name: string; bytes: number }
  /** It goes on: the service worker has to hear of it. */
  | { type: "stream.ping" };

export type ToDisk =
  /**
   * First message of a transfer. `open` numbers the destinations of a page, from 1 and up; `key` is 32 hex digits that
   * name the part folder. Answered by opened or refused. Of a stream, `plan` is what will come, 12 bytes an entry, in
   * order (wasm/session/stream.go), and `top` the only name at the top level, empty where there are several.
   */
  | {
      type: "open"; open: number; key: string; title: string; destination: Destination; conflict: Conflict; files: number; bytes: number;
      plan: Uint8Array<ArrayBuffer> | null; top: string;
    }
  /** An entry that will come, before its first write. Where the journal has anything of it, `kept`, it is answered by `kept`. `path` holds local names below the destination, the last its own. Directories are made even when empty. */
  | { type: "entry"; file: number; kind: "file" | "dir"; path: string[]; size: number; modified: number; kept?: KeptPart[] }
  /** Records of the journal, at that place, where it ends then. Once they are flushed that many bytes of the file are `safe`; 0: nothing is to be said. */
  | { type: "journal"; at: number; data: Uint8Array<ArrayBuffer>; file: number; bytes: number }
  /**
   * Whole groups of files; `data` holds their bytes one after the other. Answered by one `written` that names those
   * that were written: not those of files that were reset, dropped, lost or failed meanwhile.
   */
  | { type: "write"; pieces: Piece[]; data: ArrayBuffer }
  /** The source changed: what is there of this file is worthless; it now has this size. */
  | { type: "reset"; file: number; version: number; size: number }
  /** Every byte is written: flush, close, read back. Answered by `digest`. */
  | { type: "finish"; file: number }
  /** The digest is right: give it its final name. Answered by `landed`, or by `digest` once more where somebody changed the file since it was read back. */
  | { type: "land"; file: number }
  /** This file will not be finished: forget it. */
  | { type: "drop"; file: number }
  /** Everything landed: clean up the part folder, export what the browser keeps. Answered by `closed`. */
  | { type: "close" }
  /** Free the space of an unfinished transfer, or after `close` what the browser kept for a download. Answered by `closed`. */
  | { type: "discard" };

/** Groups that an earlier page made safe, and where: the disk worker's own word for the place. */
export interface KeptPart {
  first: number;
  count: number;
  place: string;
}

export interface Piece {
  file: number;
  version: number;
  /** Bytes from the start of the file. */
  offset: number;
  length: number;
}

/**
 * What the disk worker says, with the number of the open it speaks of: what an earlier destination still says (that it
 * is closed, that bytes of it are lost) must not be taken for the present one.
 */
export interface DiskToCore {
  open: number;
  said: FromDisk;
}

interface SafeBytes {
  file: number;
  version: number;
  bytes: number;
  /** The groups that are safe since the last word of this file. */
  parts: KeptPart[];
}

export type FromDisk =
  | { type: "opened"; where: "folder" | "opfs" | "blob" | "stream"; journal: Uint8Array | null }
  | { type: "refused"; code: FailureCode; needed: number }
  | { type: "written"; pieces: Piece[] }
  /** Flushed: a crash can't lose this many bytes of the file, all told. */
  | ({ type: "safe" } & SafeBytes)
  /** Likewise, but not in the journal yet: answered by `journal`. */
  | ({ type: "flushed" } & SafeBytes)
  /** What of `kept` is still there; or that the file has its name and its size. */
  | { type: "kept"; file: number; parts: KeptPart[]; landed: boolean }
  /** The browser threw these written bytes away (it does so when a disk fills up): ask for them again. `finish`, if it was said, has to be said again. */
  | { type: "lost"; file: number; version: number; offset: number; length: number }
  /** What was read back from disk. `cvs` is null for a file of at most one group. */
  | { type: "digest"; file: number; version: number; size: number; digest: Uint8Array; cvs: Uint8Array | null }
  /** `skipped`: the same file was there already, under this name. `place`: where it is found again without reading it. */
  | { type: "landed"; file: number; name: string; skipped: boolean; place: string }
  /** The destination is full: writes wait until `room`. `needed` is how many bytes more the transfer takes. */
  | { type: "full"; needed: number }
  | { type: "room" }
  | { type: "failed"; file: number; code: FailureCode }
  /** What was streamed so far is worth nothing, and all of it with it. */
  | { type: "broken"; code: FailureCode }
  | { type: "closed" };
