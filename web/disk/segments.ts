// A file too large to lose: segments of 16 to 256 MiB, each a file of its own in the
// part folder, safe as soon as it is closed. They are copied into the whole as
// they become ready, the browser doing it without the bytes passing through here,
// and kept until the whole is closed: whatever happens to that can be repeated.
//
//	s7.txt  s8.txt  s9.txt …          `.txt`: a type the browser needn't check
//	   └───────┴───────┴──▶ t3.mov    closed once, at the end

import { type Body, PartFile, type PartEvents, type PartHost } from "./partfile.ts";
import { FileFailed, Gone } from "./sink.ts";
import type { FailureCode } from "../wire/wire.ts";

/** The smallest segment, bytes: each costs the browser some round trips and a close. */
const segmentMin = 16 << 20;

/** How large the segments of a file are: so that a crash, which costs those that are open, costs little of it. */
export function segmentOf(size: number, most: number): number {
  return Math.min(most, Math.max(segmentMin, 2 ** Math.ceil(Math.log2(size / 64))));
}

/** What a file in segments reports to its owner, beside its loss and failure. */
export interface SegmentsEvents {
  closing(): void;
  /** So many bytes are in closed segments; the last to be closed has this name and these bytes. */
  safe(bytes: number, from: number, length: number, name: string): void;
  lost(offset: number, length: number): void;
  failed(code: FailureCode): void;
}

export class Segments implements Body {
  readonly #host: PartHost;
  readonly #events: SegmentsEvents;
  readonly #name: string;
  readonly #size: number;
  readonly #segment: number;
  readonly #number: () => number;
  readonly #after: Promise<void>;

  #parts = new Map<number, PartFile>();
  #closed = new Set<number>();
  #safe = 0;
  #losses = 0; // a finish that began before one is void
  #gone = false;
  #finished: Promise<FileSystemFileHandle> | null = null;
  #whole: PartFile | null = null; // the joined file, when it has to be repaired
  #joined: FileSystemFileHandle | null = null;

  #stream: FileSystemWritableFileStream | null = null; // of the whole
  #copied = new Set<number>();
  #copying: Promise<void> = Promise.resolve();

  /** `number` gives each segment of the transfer another number. */
  constructor(host: PartHost, events: SegmentsEvents, name: string, size: number, segment: number, number: () => number, after: Promise<void>) {
    this.#host = host;
    this.#events = events;
    this.#name = name;
    this.#size = size;
    this.#segment = segment;
    this.#number = number;
    this.#after = after;
  }

  /** Bytes that the whole still takes, beside the segments. */
  get unjoined(): number {
    return this.#joined === null ? this.#size : 0;
  }

  async write(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#gone) throw new Gone();
    if (this.#whole !== null) return this.#whole.write(at, bytes);
    if (this.#finished !== null) return; // all bytes are there: these came twice
    const writes: Promise<void>[] = [];
    for (let done = 0; done < bytes.byteLength; ) {
      const k = Math.floor((at + done) / this.#segment);
      const within = at + done - k * this.#segment;
      const n = Math.min(bytes.byteLength - done, this.#segment - within);
      writes.push(this.#part(k).write(within, bytes.subarray(done, done + n)));
      done += n;
    }
    await Promise.all(writes);
  }

  holds(at: number): boolean {
    if (this.#whole !== null) return this.#whole.holds(at);
    const k = Math.floor(at / this.#segment);
    return this.#joined !== null || this.#parts.get(k)?.holds(at - k * this.#segment) === true;
  }

  finish(): Promise<FileSystemFileHandle> {
    if (this.#whole !== null) return this.#whole.finish();
    if (this.#finished !== null) return this.#finished;
    const finished = this.#join().catch((error: unknown) => {
      if (this.#finished === finished) this.#finished = null;
      throw error;
    });
    this.#finished = finished;
    return finished;
  }

  repair(): void {
    if (this.#joined === null) return;
    if (this.#whole === null) {
      const { closing, failed } = this.#events;
      const events: PartEvents = {
        closing,
        failed,
        closed: () => this.#events.safe(this.#size, 0, this.#size, this.#name),
        lost: () => this.#events.lost(0, this.#size),
      };
      this.#whole = PartFile.of(this.#host, events, this.#name, this.#size, this.#joined);
    }
    this.#whole.repair();
  }

  async abort(): Promise<void> {
    this.#gone = true;
    const begun = this.#closed.size > 0;
    await this.#whole?.abort();
    await this.#removeSegments();
    await this.#stream?.abort().catch(() => undefined);
    await this.#copying;
    await this.#finished?.catch(() => undefined);
    await this.#stream?.abort().catch(() => undefined); // opened meanwhile
    this.#stream = null;
    if (!begun) return;
    try {
      await (await this.#host.folder()).removeEntry(this.#name);
    } catch {
      // It was never made, or goes away with the folder.
    }
  }

  /** Takes over a closed segment of an earlier page. */
  recall(k: number, name: string, handle: FileSystemFileHandle): void {
    const size = this.#sizeOf(k);
    this.#parts.set(k, PartFile.of(this.#host, this.#eventsOf(k), name, size, handle));
    this.#closed.add(k);
    this.#safe += size;
    this.#host.grown(size);
    this.#copying = this.#copying.then(() => this.#copy(k));
  }

  #sizeOf(k: number): number {
    return Math.min(this.#segment, this.#size - k * this.#segment);
  }

  #part(k: number): PartFile {
    let part = this.#parts.get(k);
    if (part !== undefined) return part;
    part = new PartFile(this.#host, this.#eventsOf(k), `s${this.#number()}.txt`, this.#sizeOf(k), this.#after);
    this.#parts.set(k, part);
    return part;
  }

  #eventsOf(k: number): PartEvents {
    const from = k * this.#segment;
    const size = this.#sizeOf(k);
    return {
      closing: () => undefined,
      closed: () => {
        this.#closed.add(k);
        this.#safe += size;
        this.#events.safe(this.#safe, from, size, this.#parts.get(k)?.name ?? "");
        this.#copying = this.#copying.then(() => this.#copy(k));
      },
      lost: () => {
        this.#losses++;
        this.#finished = null;
        this.#events.lost(from, size);
      },
      failed: (code) => this.#events.failed(code),
    };
  }

  /** Copies a closed segment into the whole. If that fails, everything is copied anew at the end. */
  async #copy(k: number): Promise<void> {
    if (this.#gone || this.#finished !== null) return;
    try {
      await this.#add(k);
    } catch {
      this.#leaveCopy();
    }
  }

  /** Gives up the whole as far as it was copied. */
  #leaveCopy(): void {
    this.#stream?.abort().catch(() => undefined);
    this.#stream = null;
    this.#copied.clear();
  }

  async #add(k: number): Promise<void> {
    const part = this.#parts.get(k);
    if (part === undefined || this.#gone) throw new Gone();
    if (this.#stream === null) {
      this.#copied.clear();
      const folder = await this.#host.folder();
      const handle = await folder.getFileHandle(this.#name, { create: true });
      this.#stream = await handle.createWritable();
    }
    const file = await (await part.finish()).getFile();
    await this.#stream.write({ type: "write", position: k * this.#segment, data: file });
    this.#copied.add(k);
  }

  async #join(): Promise<FileSystemFileHandle> {
    const count = Math.ceil(this.#size / this.#segment);
    // Bytes were lost while the core said finish: it will say so again.
    for (let k = 0; k < count; k++) if (this.#parts.get(k)?.covered.complete !== true) throw new Gone();
    const losses = this.#losses;
    for (let k = 0; k < count; k++) {
      await this.#part(k).finish();
      if (this.#losses !== losses || this.#gone) throw new Gone();
    }
    await this.#copying;
    for (let tries = 0; ; tries++) {
      try {
        await this.#host.space.wait();
        if (this.#gone) throw new Gone();
        for (let k = 0; k < count; k++) {
          if (!this.#copied.has(k)) await this.#add(k);
        }
        const stream = this.#stream;
        if (stream === null) throw new Gone();
        await this.#host.closing.within(() => {
          this.#events.closing();
          return stream.close();
        });
        break;
      } catch (error) {
        const fitted = this.#copied.size * this.#segment;
        this.#leaveCopy();
        if (error instanceof Gone || this.#gone) throw new Gone();
        // Nothing is lost: the segments are there.
        const verdict = await this.#host.judge(error, fitted + this.#segment, tries, fitted);
        if (verdict !== "again" && verdict !== "full") throw new FileFailed(verdict);
        if (verdict === "full") tries--;
      }
    }
    this.#stream = null;
    const folder = await this.#host.folder();
    this.#joined = await folder.getFileHandle(this.#name);
    await this.#removeSegments();
    return this.#joined;
  }

  async #removeSegments(): Promise<void> {
    const parts = [...this.#parts.values()];
    this.#parts.clear();
    for (const part of parts) await part.abort();
    // They were counted once while they were written; the whole is counted instead.
    if (this.#joined !== null) this.#host.grown(this.#size);
  }
}
