// Browsers without a folder to pick: what arrives is kept in the browser's own
// storage (or in memory, if it is small), read back there, and handed to the
// person at the end as one download: a single file as itself, anything else as
// an archive with nothing compressed in it.
//
//	write ─▶ volume ─▶ flush (safe) ─▶ read back, group by group ─▶ digest
//	land  ─▶ ZIP header before the bytes, line in the list        ─▶ close: export

import type { DiskLimits, KeptPart, Piece } from "../shared/disk.ts";
import type { FailureCode } from "../wire/wire.ts";
import { Archive } from "./archive.ts";
import { Batch } from "./batch.ts";
import { groupSize } from "./coverage.ts";
import { Flusher } from "./flusher.ts";
import { type Item, itemOf, nameIn, renewed, wrote, zipEntry } from "./item.ts";
import { isThere, placeOf, placeText } from "./keptplace.ts";
import { zipName } from "./names.ts";
import { Patient } from "./patient.ts";
import type { Renewable } from "./readback.ts";
import { Reader } from "./reader.ts";
import { type Entry, FileFailed, Gone, type Open, type Say, type Sink } from "./sink.ts";
import { Space } from "./space.ts";
import { probe, type Store } from "./store.ts";
import { type Place, Volumes } from "./volumes.ts";
import { localHeader, localHeaderSize, type ZipEntry } from "./zip64.ts";

/** Hands a download to the person. */
export type Deliver = (name: string, blob: Blob) => void;

export class KeepSink implements Sink {
  readonly #say: Say;
  readonly #deliver: Deliver;
  readonly #renewable: Renewable;
  readonly #store: Store;
  readonly #volumes: Volumes;
  readonly #archive: Archive;
  readonly #disk: Patient;
  readonly #flusher: Flusher;
  readonly #reader: Reader;
  readonly #title: string;
  readonly #bytes: number;
  readonly #onlyFile: boolean;

  #items = new Map<number, Item>();
  #tasks: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();
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
    const space = new Space({ say, needed: () => this.#needed(), probe: (bytes) => probe(store, bytes) }, limits.pollEvery);
    this.#disk = new Patient(store, space, () => this.#missing());
    this.#archive = new Archive(store, (file, bytes, at) => this.#disk.put(file, bytes, at));
    this.#flusher = new Flusher({
      flush: () => this.#volumes.flush(),
      safe: (item, bytes, prefix, fresh) => this.#safe(item, bytes, prefix, fresh),
    });
    this.#reader = new Reader(renewable, {
      file: (place) => this.#volumes.file(place.volume),
      read: (readable) => this.#digested(readable.id),
      failed: (readable) => this.#fail(readable.id, "E_WRITE"),
    });
  }

  entry(entry: Entry): void {
    if (entry.kind === "dir") {
      this.#task(entry.file, () => this.#listDir(entry));
      return;
    }
    if (this.#items.has(entry.file)) return;
    const item = itemOf(entry, this.#onlyFile && entry.path.length === 1);
    this.#items.set(entry.file, item);
    if (entry.kept !== undefined && entry.kept.length > 0) this.#recall(item, entry.kept);
  }

  /** Takes over what an earlier page kept of a file, as far as it is there, and begins to read it back. */
  #recall(item: Item, kept: KeptPart[]): void {
    this.#task(null, async () => {
      if (this.#items.get(item.file) !== item) return;
      const text = kept.at(-1)?.place ?? ""; // what it had before was given up
      const place = placeOf(text, item);
      const parts: KeptPart[] = [];
      try {
        if (place !== null && this.#volumes.recall(place)) {
          item.place = place;
          const file = await this.#volumes.file(place.volume);
          for (const part of kept) if (part.place === text && isThere(file, place, part)) parts.push(part);
        }
      } catch {
        parts.length = 0; // it can't be opened: all of it comes again
      }
      if (parts.length === 0 && item.place !== null) {
        await this.#volumes.release(item.place);
        item.place = null;
      }
      for (const { first, count } of parts) item.covered.add(first * groupSize, count * groupSize);
      this.#kept += item.covered.bytes;
      this.#say({ type: "kept", file: item.file, parts, landed: false });
      item.ready = item.covered.prefix;
      if (item.ready > 0) this.#reader.read(item);
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
      if (written.length > 0) this.#flusher.later();
    });
  }

  reset(file: number, version: number, size: number): void {
    this.#task(file, async () => {
      const item = this.#items.get(file);
      if (item === undefined) return;
      this.#kept -= item.covered.bytes;
      if (item.place !== null) await this.#volumes.release(item.place);
      this.#reader.forget(item);
      this.#flusher.forget(item);
      this.#items.set(file, renewed(item, version, size));
    });
  }

  finish(file: number): void {
    this.#task(file, () => {
      const item = this.#items.get(file);
      if (item === undefined) return Promise.resolve();
      item.asked = true;
      if (item.digest !== null || item.size === 0) this.#digested(file);
      else if (this.#flusher.has(item)) this.#flusher.soon();
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
      if (!this.#over) this.#say({ type: "landed", file, name, skipped: false, place: "" }); // what was kept of it is
    });
  }

  drop(file: number): void {
    this.#task(file, () => this.#release(file));
  }

  close(): Promise<void> {
    this.#closing = this.#close().catch((error: unknown) => {
      if (!this.#over) throw error; // else it was given up in the middle
    });
    return this.#closing;
  }

  async discard(): Promise<void> {
    this.#over = true;
    this.#flusher.stop();
    for (const item of this.#items.values()) this.#reader.forget(item);
    this.#items.clear();
    await this.#disk.giveUp();
    await this.#idle();
    await this.#closing.catch(() => undefined);
    await this.#reader.idle();
    await this.#volumes.close();
    this.#archive.drop();
    await this.#store.wipe();
  }

  async #close(): Promise<void> {
    await this.#idle();
    this.#flusher.stop();
    for (const file of [...this.#items.keys()]) await this.#release(file);
    const single = this.#single;
    const alone = single !== null && this.#archive.count === 0;
    // A folder came beside the only file: it goes into an archive after all.
    if (single !== null && !alone) await this.#list(single.item, single.place, await this.#crcOf(single.place));
    await this.#reader.idle();
    await this.#volumes.flush();
    await this.#volumes.close();
    if (this.#over) return;
    if (single !== null && alone) {
      const { volume, at, header, size } = single.place;
      const blob = await this.#volumes.blob(volume);
      this.#deliver(single.name, blob.slice(at + header, at + header + size, "application/octet-stream"));
    } else if (this.#archive.count > 0) {
      const blob = await this.#archive.compose(this.#volumes);
      await this.#archive.close();
      if (this.#over) return;
      this.#deliver(zipName(this.#archive.tops, this.#title), blob);
    }
    await this.#store.delivered();
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
      batch.add(file, place.volume, place.at, localHeader(zipEntry(item, item.stamped)));
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
        await this.#disk.put(run.file, run.bytes, run.at);
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
      wrote(item, piece.offset, piece.length);
      this.#kept += item.covered.bytes - before;
      this.#flusher.wrote(item);
      written.push(piece);
    }
  }

  #safe(item: Item, bytes: number, prefix: number, fresh: Item["fresh"]): void {
    if (this.#items.get(item.file) !== item || item.place === null) return;
    const place = placeText(item.place);
    this.#say({ type: "safe", file: item.file, version: item.version, bytes, parts: fresh.map((run) => ({ ...run, place })) });
    item.ready = Math.min(prefix, item.covered.prefix);
    this.#reader.read(item);
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
    const entry = zipEntry(item, crc);
    if (item.stamped !== crc) await this.#stamp(entry, place);
    await this.#archive.add(entry, place, item.top);
    this.#volumes.settle(place);
  }

  async #listDir({ path, modified }: Entry): Promise<void> {
    const e: ZipEntry = { name: nameIn(path, true), dir: true, size: 0, crc: 0, modified };
    const place = this.#volumes.place(localHeaderSize(e.name.byteLength, 0), 0);
    await this.#stamp(e, place);
    await this.#archive.add(e, place, path[0] ?? "");
    this.#volumes.settle(place);
  }

  async #stamp(entry: ZipEntry, place: Place): Promise<void> {
    const file = await this.#volumes.file(place.volume);
    await this.#disk.put(file, localHeader(entry), place.at);
    this.#volumes.wrote(place.volume);
    this.#flusher.later();
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
    this.#flusher.forget(item);
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

  #missing(): number {
    return this.#bytes - this.#kept;
  }

  /** How much more room is needed. Where the browser reckons with all of it the disk is full, and how much of that is free nobody knows. */
  async #needed(): Promise<number> {
    const missing = this.#missing();
    const free = await this.#store.free();
    return free < missing ? missing - free : missing;
  }
}
