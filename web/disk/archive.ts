// The archive as it is handed to the person: the volumes as they lie there, with
// a list of what is in them behind. Nothing is copied; the list is written to the
// store as well, so that 500,000 entries take no memory.

import type { Store, StoredFile } from "./store.ts";
import type { Place, Volumes } from "./volumes.ts";
import { centralHeader, endRecords, type ZipEntry } from "./zip64.ts";

/** Writes all bytes, whatever it takes. */
export type Put = (file: StoredFile, bytes: Uint8Array<ArrayBuffer>, at: number) => Promise<void>;

const bufferSize = 256 << 10;
const recordHead = 39;

export class Archive {
  readonly #store: Store;
  readonly #put: Put;
  #log: Appender | null = null;
  #count = 0;
  #tops = new Set<string>();

  constructor(store: Store, put: Put) {
    this.#store = store;
    this.#put = put;
  }

  /** Entries so far. */
  get count(): number {
    return this.#count;
  }

  /** Names at the top level: all of them while there is one, two or more otherwise. */
  get tops(): ReadonlySet<string> {
    return this.#tops;
  }

  /** Adds an entry that stands at its place, header and all. */
  async add(entry: ZipEntry, place: Place, top: string): Promise<void> {
    const record = new Uint8Array(recordHead + entry.name.byteLength);
    const view = new DataView(record.buffer);
    view.setUint32(0, place.volume);
    view.setFloat64(4, place.at);
    view.setFloat64(12, entry.size);
    view.setFloat64(20, entry.modified);
    view.setUint32(28, entry.crc);
    view.setUint8(32, entry.dir ? 1 : 0);
    view.setUint32(33, entry.name.byteLength);
    record.set(entry.name, recordHead);
    this.#log ??= new Appender(await this.#store.open("list"), this.#put);
    await this.#log.add(record);
    this.#count++;
    if (this.#tops.size < 2) this.#tops.add(top);
  }

  /** Composes the archive. Every volume must be closed, and no entry added afterwards. */
  async compose(volumes: Volumes): Promise<Blob> {
    const parts: Blob[] = [];
    const runs: { from: number; to: number; offset: number }[][] = [];
    let length = 0;
    for (let v = 0; v < volumes.count; v++) {
      const list = volumes.runs(v).map((run) => {
        const placed = { ...run, offset: length };
        length += run.to - run.from;
        return placed;
      });
      runs.push(list);
      if (list.length === 0) continue;
      const blob = await volumes.blob(v);
      for (const run of list) parts.push(blob.slice(run.from, run.to));
    }

    const end = new Appender(await this.#store.open("end"), this.#put);
    try {
      await this.#records(async (entry, volume, at) => {
        const run = findRun(runs[volume] ?? [], at);
        await end.add(centralHeader(entry, run.offset + at - run.from));
      });
      const size = end.length;
      await end.add(endRecords(this.#count, length, size));
    } finally {
      await end.close();
    }
    parts.push(await this.#store.blob("end"));
    return new Blob(parts, { type: "application/zip" });
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = null;
  }

  /** Lets go of what was added; nothing is composed of it. An open file can't be removed. */
  drop(): void {
    this.#log?.file.close();
    this.#log = null;
  }

  /** Reads the records back in the order they were added. */
  async #records(each: (entry: ZipEntry, volume: number, at: number) => Promise<void>): Promise<void> {
    const log = this.#log;
    if (log === null) return;
    await log.flush();
    let buffer = new Uint8Array(bufferSize);
    let from = 0; // in the log, of the first byte in buffer
    let filled = log.file.read(buffer, 0);
    for (let at = 0; from + at < log.length; ) {
      const head = new DataView(buffer.buffer, 0, filled);
      const nameLength = filled - at >= recordHead ? head.getUint32(at + 33) : bufferSize;
      if (filled - at < recordHead + nameLength && from + filled < log.length) {
        from += at;
        at = 0;
        buffer = new Uint8Array(bufferSize);
        filled = log.file.read(buffer, from);
        continue;
      }
      const name = buffer.slice(at + recordHead, at + recordHead + nameLength);
      const entry = {
        name,
        dir: head.getUint8(at + 32) === 1,
        size: head.getFloat64(at + 12),
        modified: head.getFloat64(at + 20),
        crc: head.getUint32(at + 28),
      };
      await each(entry, head.getUint32(at), head.getFloat64(at + 4));
      at += recordHead + nameLength;
    }
  }
}

/** The run that holds a place, by halving: a share may leave many holes. */
function findRun<R extends { from: number; to: number }>(runs: readonly R[], at: number): R {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.from ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const run = runs[low];
  if (run === undefined || at < run.from || at >= run.to) throw new RangeError("an entry stands in no run");
  return run;
}

/** Collects small pieces and writes them one behind the other. */
class Appender {
  readonly file: StoredFile;
  readonly #put: Put;
  #buffer = new Uint8Array(bufferSize);
  #filled = 0;
  #flushed = 0;

  constructor(file: StoredFile, put: Put) {
    this.file = file;
    this.#put = put;
  }

  /** Bytes added so far. */
  get length(): number {
    return this.#flushed + this.#filled;
  }

  async add(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#filled + bytes.byteLength > bufferSize) await this.flush();
    if (bytes.byteLength > bufferSize) throw new RangeError("a record larger than the buffer");
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#put(this.file, this.#buffer.subarray(0, this.#filled), this.#flushed);
    this.#flushed += this.#filled;
    this.#filled = 0;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
      this.file.flush();
    } finally {
      this.file.close(); // also when it was given up: an open file can't be removed
    }
  }
}
