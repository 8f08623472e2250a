// One file in the part folder while its bytes arrive: a stream that takes them
// at any position, is closed as soon as all are there, and becomes a file only
// then. Until it is closed the browser keeps the bytes in a swap file of its own,
// and throws that away when a write fails: what was written is lost and has to
// come again. So a stream is never kept open longer than it must.

import { type Chunk, takeRun, withJoined } from "./coalesce.ts";
import { Coverage, groupSize } from "./coverage.ts";
import { Gone, FileFailed, type Permits } from "./sink.ts";
import type { Space } from "./space.ts";
import type { FailureCode } from "../wire/wire.ts";

/** What files of one part folder share. */
export interface PartHost {
  space: Space;
  /** Held by a small file from its creation until it begins to close: each costs the browser several round trips. */
  opening: Permits;
  /** Held while a stream closes: the browser may wait for a check of its own, and looks at many at once. */
  closing: Permits;
  /** The part folder; made again where somebody took it away. */
  folder(): Promise<FileSystemDirectoryHandle>;
  /**
   * Decides about an error: "again" or "full" where it is worth another try (after
   * waiting for space), or the code with which the file fails. `need` is how many
   * bytes must fit for the next try to get further than this one, `tries` how often
   * this file had trouble before, `freed` what the error itself made free.
   */
  judge(error: unknown, need: number, tries: number, freed: number): Promise<"again" | "full" | FailureCode>;
  /** Bytes that were written or lost again, for knowing what is missing. */
  grown(bytes: number): void;
}

/** What a file reports to its owner. */
export interface PartEvents {
  /** All bytes are there and the stream begins to close; until `closed` they are in `<name>.crswap`. */
  closing(): void;
  /** The bytes are a file now. */
  closed(): void;
  /** What was written is gone. The file is empty again and can be written anew. */
  lost(): void;
  failed(code: FailureCode): void;
}

interface Waiting extends Chunk {
  resolve(): void;
  reject(error: unknown): void;
}

/** Bytes taken in or read back for one file. */
export interface Body {
  write(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Whether the group at this place was written and is still there. */
  holds(at: number): boolean;
  /** Resolves with the handle when the file is closed and whole. */
  finish(): Promise<FileSystemFileHandle>;
  /** From now on bytes replace what is there, until the next finish. */
  repair(): void;
  /** Throws everything away. */
  abort(): Promise<void>;
}

export class PartFile implements Body {
  readonly name: string;
  readonly covered: Coverage;
  readonly #host: PartHost;
  readonly #events: PartEvents;
  readonly #after: Promise<void>;

  #state: "writing" | "closing" | "closed" | "gone" = "writing";
  #queue: Waiting[] = [];
  #pumping: Promise<void> | null = null;
  #closed: Promise<FileSystemFileHandle> | null = null;
  #handle: FileSystemFileHandle | null = null;
  #stream: FileSystemWritableFileStream | null = null;
  #permit = false;
  #keep = false; // open with what is there
  #tries = 0;

  /** `after` ends before the name is used: an earlier file of this name goes away. */
  constructor(host: PartHost, events: PartEvents, name: string, size: number, after: Promise<void> = Promise.resolve()) {
    this.#host = host;
    this.#events = events;
    this.#after = after;
    this.name = name;
    this.covered = new Coverage(size);
  }

  /** A file that is there already, whole and closed. */
  static of(host: PartHost, events: PartEvents, name: string, size: number, handle: FileSystemFileHandle): PartFile {
    const part = new PartFile(host, events, name, size);
    part.covered.add(0, size);
    part.#handle = handle;
    part.#state = "closed";
    part.#closed = Promise.resolve(handle);
    return part;
  }

  /** Resolves when the bytes are in the stream; rejects with Gone when they are not wanted or not there any more. */
  write(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#state === "gone") return Promise.reject(new Gone());
    // All bytes are there already: they came twice.
    if (this.#state !== "writing") return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#queue.push({ at, bytes, resolve, reject });
      this.#start();
    });
  }

  holds(at: number): boolean {
    return this.covered.has(Math.floor(at / groupSize));
  }

  finish(): Promise<FileSystemFileHandle> {
    // Bytes were lost while the core said finish: it will say so again.
    if (!this.covered.complete) return Promise.reject(new Gone());
    this.#closed ??= this.#close();
    return this.#closed;
  }

  repair(): void {
    if (this.#state !== "closed") return;
    this.#state = "writing";
    this.#closed = null;
    this.#keep = true;
  }

  async abort(): Promise<void> {
    const closing = this.#state === "closing";
    this.#leave("gone");
    if (closing) await this.#closed?.catch(() => undefined);
    else await this.#stream?.abort().catch(() => undefined);
    await this.#pumping?.catch(() => undefined);
    if (!closing) await this.#stream?.abort().catch(() => undefined); // opened meanwhile
    this.#stream = null;
    this.#host.grown(-this.covered.bytes);
    this.covered.clear();
    this.#release();
    if (this.#handle === null) return;
    try {
      const folder = await this.#host.folder();
      await folder.removeEntry(this.name);
    } catch {
      // Gone already, or the whole folder goes away later.
    }
  }

  #start(): void {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
      if (this.#queue.length > 0) this.#start(); // came while it ended
    });
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0 && this.#state === "writing") {
      let run: Waiting[] = [];
      try {
        await this.#host.space.wait();
        if (this.#left()) return;
        this.#stream ??= await this.#open();
        if (this.#left()) return;
        run = takeRun(this.#queue);
        const [first] = run;
        if (first === undefined) break;
        const stream = this.#stream;
        await withJoined(run, (data) => stream.write({ type: "write", position: first.at, data }));
        const before = this.covered.bytes;
        for (const c of run) this.covered.add(c.at, c.bytes.byteLength);
        this.#host.grown(this.covered.bytes - before);
        for (const c of run) c.resolve();
      } catch (error) {
        this.#queue.unshift(...run);
        if (!(await this.#recover(error))) return;
      }
    }
    // A file that is being repaired has all its groups from the start.
    if (this.#state === "writing" && !this.#keep && this.covered.complete) this.finish().catch(() => undefined);
  }

  async #open(): Promise<FileSystemWritableFileStream> {
    await this.#after;
    if (!this.#permit && this.covered.size <= groupSize) {
      await this.#host.opening.take();
      this.#permit = true;
    }
    if (this.#left()) throw new Gone();
    try {
      const handle = await this.#create();
      return await handle.createWritable({ keepExistingData: this.#keep });
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async #create(): Promise<FileSystemFileHandle> {
    const folder = await this.#host.folder();
    this.#handle = await folder.getFileHandle(this.name, { create: true });
    return this.#handle;
  }

  async #close(): Promise<FileSystemFileHandle> {
    for (;;) {
      try {
        await this.#after;
        const handle = this.#handle ?? (await this.#create()); // an empty file never had a stream
        while (this.#pumping !== null) await this.#pumping;
        if (this.#left()) throw new Gone();
        const stream = this.#stream;
        this.#state = "closing";
        if (stream !== null) {
          await this.#host.closing.within(() => {
            this.#release();
            this.#events.closing();
            return stream.close();
          });
        }
        this.#stream = null;
        if (this.#left()) throw new Gone();
        this.#state = "closed";
        this.#keep = false;
        this.#events.closed();
        return handle;
      } catch (error) {
        if (error instanceof Gone) throw error;
        if (!this.#left()) this.#state = "writing";
        if (!(await this.#recover(error))) throw new Gone();
        await this.#host.space.wait();
      }
    }
  }

  /** Whether abort was called while something was awaited. */
  #left(): boolean {
    return this.#state === "gone";
  }

  /** True when the same can be tried again, with the bytes that still wait. */
  async #recover(error: unknown): Promise<boolean> {
    if (this.#left()) return this.#givenUp();
    const had = this.covered.bytes;
    const waiting = this.#queue.reduce((sum, c) => sum + c.bytes.byteLength, 0);
    this.#stream?.abort().catch(() => undefined); // if it did not end with the error
    this.#stream = null;
    const verdict = await this.#host.judge(error, had + waiting, this.#tries, 0);
    if (this.#left()) return this.#givenUp();
    if (verdict !== "again" && verdict !== "full") {
      this.#leave("gone");
      this.#release();
      this.#events.failed(verdict);
      return false;
    }
    if (verdict === "again") this.#tries++;
    if (had === 0) return true; // nobody was told of any byte yet
    this.#host.grown(-had);
    this.covered.clear();
    this.#leave("writing");
    this.#release();
    this.#closed = null;
    this.#keep = false;
    this.#events.lost();
    return false;
  }

  /** Turns away what came back into the queue after abort had emptied it. */
  #givenUp(): false {
    this.#leave("gone");
    return false;
  }

  /** Changes the state and turns away what waits. */
  #leave(state: "writing" | "gone"): void {
    this.#state = state;
    for (const c of this.#queue.splice(0)) c.reject(new Gone());
  }

  #release(): void {
    if (!this.#permit) return;
    this.#permit = false;
    this.#host.opening.give();
  }
}

/** Turns what a body throws into the code its file fails with, or null where nobody needs to know. */
export function codeOf(error: unknown): FailureCode | null {
  if (error instanceof Gone) return null;
  return error instanceof FileFailed ? error.code : "E_WRITE";
}
