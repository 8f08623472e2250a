// Browsers without a folder to pick: what arrives is kept in the browser's own
// storage (or in memory, if it is small), read back there, and handed to the
// person at the end as one download: a single file as itself, anything else as
// an archive with nothing compressed in it.
//
//	write ─▶ volume ─▶ flush (safe) ─▶ read back, group by group ─▶ digest
//	land  ─▶ ZIP header before the bytes, line in the list        ─▶ close: export

import type { DiskLimits, Piece } from "../shared/messages.ts";
import type { FailureCode } from "../wire/wire.ts";
import { Archive } from "./archive.ts";
import { Batch } from "./batch.ts";
import { Coverage, groupSize } from "./coverage.ts";
import { zipName } from "./names.ts";
import type { Renewable } from "./readback.ts";
import { Reader, type Readable } from "./reader.ts";
import { type Entry, FileFailed, Gone, type Open, type Say, type Sink, troubleOf } from "./sink.ts";
import { Space } from "./space.ts";
import { probe, type Store, type StoredFile } from "./store.ts";
import { type Place, Volumes } from "./volumes.ts";
import { localHeader, localHeaderSize, type ZipEntry } from "./zip64.ts";

/** Between a write and the flush that makes it safe, in ms; sooner when a file is to be finished. DESIGN 5. */
const flushEvery = 250;
const flushSoon = 20;

/** How often a write may fail for no known reason. */
const triesMax = 3;

interface Item extends Readable {
  file: number;
  version: number;
  modified: number;
  name: Uint8Array<ArrayBuffer>; // in the archive
  top: string;
  place: Place | null;
  covered: Coverage;
  /** The CRC in the header on disk, where one stands there already. */
  stamped: number | null;
  asked: boolean;
}

/** Hands a download to the person. */
export type Deliver = (name: string, blob: Blob) => void;

export class KeepSink implements Sink {
  readonly #say: Say;
  readonly #deliver: Deliver;
  readonly #renewable: Renewable;
  readonly #store: Store;
  readonly #volumes: Volumes;
  readonly #archive: Archive;
  readonly #space: Space;
  readonly #reader: Reader;
  readonly #title: string;
  readonly #bytes: number;
  readonly #onlyFile: boolean;

  #items = new Map<number, Item>();
  #dirty = new Set<Item>();
  #tasks: Promise<void> = Promise.resolve();
  #flushAt = 0;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #kept = 0;
  #single: { item: Item; place: Place; name: string } | null = null; // the only file, as long as it is not in a folder
  #over = false;

  constructor(open: Open, store: Store, say: Say, deliver: Deliver, renewable: Renewable, limits: DiskLimits) {
    this.#say = say;
    this.#deliver = deliver;
    this.#renewable = renewable;
    this.#store = store;
    this.#title = open.title;
    this.#bytes = open.bytes;
    this.#onlyFile = open.files === 1;
    this.#volumes = new Volumes(store);
    const put = (file: StoredFile, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> => this.#put(file, bytes, at);
    this.#archive = new Archive(store, put);
    this.#space = new Space({ say, needed: () => this.#needed(), probe: (bytes) => probe(store, bytes) }, limits.pollEvery);
    this.#reader = new Reader(renewable, {
      file: (place) => this.#volumes.file(place.volume),
      read: (readable) => this.#digested(readable.id),
      failed: (readable) => this.#fail(readable.id, "E_WRITE"),
    });
  }

  entry(entry: Entry): void {
    const dir = entry.kind === "dir";
    const name = new TextEncoder().encode(entry.path.join("/") + (dir ? "/" : ""));
    const top = entry.path[0] ?? "";
    if (dir) {
      this.#task(entry.file, async () => {
        const e: ZipEntry = { name, dir, size: 0, crc: 0, modified: entry.modified };
        const place = this.#volumes.place(localHeaderSize(name.byteLength, 0), 0);
        await this.#stamp(e, place);
        await this.#archive.add(e, place, top);
        this.#volumes.settle(place);
      });
      return;
    }
    if (this.#items.has(entry.file)) return;
    const alone = this.#onlyFile && entry.path.length === 1;
    this.#items.set(entry.file, {
      id: entry.file,
      file: entry.file,
      version: 0,
      size: entry.size,
      modified: entry.modified,
      name,
      top,
      place: null,
      covered: new Coverage(entry.size),
      stamped: null,
      asked: false,
      ready: 0,
      checked: 0,
      crc: alone ? null : 0, // a single file needs none
      cvs: null,
      digest: null,
    });
  }

  write(pieces: Piece[], data: ArrayBuffer): void {
    this.#task(null, async () => {
      const written: Piece[] = [];
      const batch = new Batch<{ item: Item; piece: Piece }>();
      let at = 0;
      for (const piece of pieces) {
        const bytes = new Uint8Array(data, at, piece.length);
        at += piece.length;
        const item = this.#items.get(piece.file);
        if (item === undefined || item.version !== piece.version) continue;
        try {
          await this.#take(item, piece.offset, bytes, batch);
          batch.items.push({ item, piece });
        } catch (error) {
          this.#troubled(piece.file, error);
        }
        if (batch.full) await this.#flushBatch(batch, written);
      }
      await this.#flushBatch(batch, written);
      if (!this.#over) this.#say({ type: "written", pieces: written });
      if (written.length > 0) this.#flushWithin(flushEvery);
    });
  }

  reset(file: number, version: number, size: number): void {
    this.#task(file, async () => {
      const item = this.#items.get(file);
      if (item === undefined) return;
      this.#kept -= item.covered.bytes;
      if (item.place !== null) await this.#volumes.release(item.place);
      this.#reader.forget(item);
      this.#dirty.delete(item);
      const crc = item.crc === null ? null : 0;
      this.#items.set(file, {
        ...item, version, size, place: null, covered: new Coverage(size), stamped: null, asked: false,
        ready: 0, checked: 0, crc, cvs: null, digest: null,
      });
    });
  }

  finish(file: number): void {
    this.#task(file, () => {
      const item = this.#items.get(file);
      if (item === undefined) return Promise.resolve();
      item.asked = true;
      if (item.digest !== null || item.size === 0) this.#digested(file);
      else if (this.#dirty.has(item)) this.#flushWithin(flushSoon);
      return Promise.resolve();
    });
  }

  land(file: number): void {
    this.#task(file, async () => {
      const item = this.#items.get(file);
      if (item === undefined || item.digest === null) return;
      item.place ??= this.#placed(item);
      const { place } = item;
      const name = new TextDecoder().decode(item.name).split("/").at(-1) ?? "";
      if (item.crc === null) this.#single = { item, place, name };
      else await this.#list(item, place, item.crc);
      this.#items.delete(file);
      if (!this.#over) this.#say({ type: "landed", file, name, skipped: false });
    });
  }

  drop(file: number): void {
    this.#task(file, () => this.#release(file));
  }

  async close(): Promise<void> {
    await this.#idle();
    clearTimeout(this.#flushTimer);
    for (const file of [...this.#items.keys()]) await this.#release(file);
    const single = this.#single;
    const alone = single !== null && this.#archive.count === 0;
    // A folder came beside the only file: it goes into an archive after all.
    if (single !== null && !alone) await this.#list(single.item, single.place, await this.#crcOf(single.place));
    await this.#volumes.flush();
    await this.#volumes.close();
    if (this.#over) return;
    if (single !== null && alone) {
      const { volume, at, header, size } = single.place;
      const blob = await this.#volumes.blob(volume);
      this.#deliver(single.name, blob.slice(at + header, at + header + size, "application/octet-stream"));
    } else if (this.#archive.count > 0) {
      this.#deliver(zipName(this.#archive.tops, this.#title), await this.#archive.compose(this.#volumes));
      await this.#archive.close();
    }
    await this.#store.delivered();
  }

  async discard(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#flushTimer);
    this.#space.release();
    this.#items.clear();
    await this.#idle();
    await this.#volumes.close();
    this.#archive.drop();
    await this.#store.wipe().catch(() => undefined);
  }

  /** Runs f after everything that was told before. What it throws ends the file, if it is about one. */
  #task(file: number | null, f: () => Promise<void>): void {
    this.#tasks = this.#tasks.then(async () => {
      if (this.#over) return;
      try {
        await f();
      } catch (error) {
        if (file !== null) this.#troubled(file, error);
      }
    });
  }

  async #idle(): Promise<void> {
    for (let before: Promise<void> | null = null; before !== this.#tasks; ) {
      before = this.#tasks;
      await before;
    }
  }

  /** Finds the place of some bytes and puts them in line. A small file gets its header in front at once. */
  async #take(item: Item, offset: number, bytes: Uint8Array<ArrayBuffer>, batch: Batch<unknown>): Promise<void> {
    const fresh = item.place === null;
    item.place ??= this.#placed(item);
    const { place } = item;
    const file = await this.#volumes.file(place.volume);
    const from = place.at + place.header;
    if (fresh && item.crc !== null && bytes.byteLength === item.size && item.size <= groupSize) {
      item.stamped = this.#crc(bytes);
      batch.add(file, place.volume, place.at, localHeader(this.#entry(item, item.stamped)));
    }
    const group = Math.floor(offset / groupSize);
    if (group < item.checked || item.digest !== null) this.#reader.forget(item); // it replaces what was read back
    item.covered.remove(offset, bytes.byteLength);
    batch.add(file, place.volume, from + offset, bytes);
  }

  #placed(item: Item): Place {
    return this.#volumes.place(localHeaderSize(item.name.byteLength, item.size), item.size);
  }

  #crc(bytes: Uint8Array): number {
    const { hasher } = this.#renewable;
    hasher.slot().set(bytes);
    return hasher.crc(0, bytes.byteLength);
  }

  async #flushBatch(batch: Batch<{ item: Item; piece: Piece }>, written: Piece[]): Promise<void> {
    const { runs, items } = batch.take();
    let failure: FailureCode | null = null;
    try {
      for (const run of runs) {
        await this.#put(run.file, run.bytes, run.at);
        this.#volumes.wrote(run.volume);
      }
    } catch (error) {
      if (error instanceof Gone) return;
      failure = error instanceof FileFailed ? error.code : "E_WRITE";
    }
    for (const { item, piece } of items) {
      if (this.#items.get(item.file) !== item) continue;
      if (failure !== null) {
        this.#fail(item.file, failure);
        continue;
      }
      const before = item.covered.bytes;
      item.covered.add(piece.offset, piece.length);
      this.#kept += item.covered.bytes - before;
      this.#dirty.add(item);
      written.push(piece);
    }
  }

  /** Writes all of these bytes, waiting for room where there is none. */
  async #put(file: StoredFile, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    let tries = 0;
    for (let done = 0; done < bytes.byteLength; ) {
      if (this.#over) throw new Gone();
      try {
        const n = file.write(bytes.subarray(done), at + done);
        if (n <= 0) throw new DOMException("nothing was written", "QuotaExceededError");
        done += n;
      } catch (error) {
        if (this.#store.where === "blob") throw new FileFailed("E_SPACE"); // nothing a person can free
        if (troubleOf(error) === "full" || !(await probe(this.#store, groupSize))) await this.#space.close(bytes.byteLength - done);
        else if (++tries > triesMax) throw new FileFailed("E_WRITE");
      }
    }
  }

  #flushWithin(ms: number): void {
    const at = performance.now() + ms;
    if (this.#flushTimer !== undefined && this.#flushAt <= at) return;
    clearTimeout(this.#flushTimer);
    this.#flushAt = at;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      void this.#flush();
    }, ms);
  }

  async #flush(): Promise<void> {
    const items = [...this.#dirty];
    this.#dirty.clear();
    const reached = items.map((item) => ({ item, bytes: item.covered.bytes, prefix: item.covered.prefix }));
    try {
      await this.#volumes.flush();
    } catch {
      for (const item of items) this.#dirty.add(item);
      this.#flushWithin(flushEvery);
      return;
    }
    if (this.#over) return;
    for (const { item, bytes, prefix } of reached) {
      if (this.#items.get(item.file) !== item) continue;
      this.#say({ type: "safe", file: item.file, bytes });
      item.ready = Math.min(prefix, item.covered.prefix);
      this.#reader.read(item);
    }
  }

  /** Says what was read back, once it was asked for and all of it is there. */
  #digested(file: number): void {
    const item = this.#items.get(file);
    if (item === undefined || this.#over) return;
    if (item.size === 0) item.digest ??= this.#renewable.hasher.single(0);
    if (!item.asked || item.digest === null || !item.covered.complete) return;
    item.asked = false;
    const cvs = item.cvs?.slice(0, item.covered.groups * 32) ?? null;
    this.#say({ type: "digest", file, version: item.version, size: item.size, digest: item.digest, cvs });
  }

  /** Adds a file to the archive. */
  async #list(item: Item, place: Place, crc: number): Promise<void> {
    const entry = this.#entry(item, crc);
    if (item.stamped !== crc) await this.#stamp(entry, place);
    await this.#archive.add(entry, place, item.top);
    this.#volumes.settle(place);
  }

  async #stamp(entry: ZipEntry, place: Place): Promise<void> {
    const file = await this.#volumes.file(place.volume);
    await this.#put(file, localHeader(entry), place.at);
    this.#volumes.wrote(place.volume);
    this.#flushWithin(flushEvery);
  }

  #entry(item: Item, crc: number): ZipEntry {
    return { name: item.name, dir: false, size: item.size, crc, modified: item.modified };
  }

  async #crcOf(place: Place): Promise<number> {
    const file = await this.#volumes.file(place.volume);
    let crc = 0;
    for (let at = 0; at < place.size; at += groupSize) {
      const { hasher } = this.#renewable;
      const n = Math.min(groupSize, place.size - at);
      file.read(hasher.slot().subarray(0, n), place.at + place.header + at);
      crc = hasher.crc(crc, n);
    }
    return crc;
  }

  async #release(file: number): Promise<void> {
    const item = this.#items.get(file);
    this.#items.delete(file);
    if (item !== undefined) await this.#giveUp(item);
  }

  async #giveUp(item: Item): Promise<void> {
    this.#dirty.delete(item);
    this.#reader.forget(item);
    this.#kept -= item.covered.bytes;
    if (item.place !== null) await this.#volumes.release(item.place);
  }

  #troubled(file: number, error: unknown): void {
    if (error instanceof Gone) return;
    this.#fail(file, error instanceof FileFailed ? error.code : "E_WRITE");
  }

  #fail(file: number, code: FailureCode): void {
    const item = this.#items.get(file);
    if (item === undefined || this.#over) return;
    this.#items.delete(file);
    this.#task(null, () => this.#giveUp(item));
    this.#say({ type: "failed", file, code });
  }

  async #needed(): Promise<number> {
    return this.#bytes - this.#kept - (await this.#store.free());
  }
}
