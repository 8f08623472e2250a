// A download that the browser writes while it arrives, where it has no room to
// keep it first: one file as itself, anything else as an archive with nothing
// compressed in it. Groups come in any order within the window and leave in order;
// what waits for its turn is not called written, so the core's window bounds it.
//
//	write ─▶ waits for its turn ─▶ hash ─▶ outlet (written) ─▶ … ─▶ digest
//	close ─▶ list of the archive ─▶ end
//
// Nothing can be read back here. Each byte was authenticated by the lane and is
// hashed as it leaves; and the end of the download (the list of an archive, the last
// group of a single file) leaves only when all digests were right, so that what is
// wrong never becomes a whole file. What left can't be mended: anything that would
// have to be fetched again breaks all of it.

import type { Piece } from "../shared/disk.ts";
import type { FailureCode } from "../wire/wire.ts";
import { groupSize } from "./coverage.ts";
import { nameIn } from "./item.ts";
import { zipName } from "./names.ts";
import { Outlet, type OutletHooks } from "./outlet.ts";
import { crcBehind, Plan } from "./plan.ts";
import { hashing, type Renewable } from "./readback.ts";
import { type Entry, Gone, type Open, Refusal, type Say, type Sink } from "./sink.ts";
import { centralHeader, descriptor, endRecords, localHeader, type ZipEntry } from "./zip64.ts";

/** Has the page begin a download of this name and exact length; null where no service worker can. */
export type Begin = (name: string, bytes: number) => Promise<MessagePort | null>;

/** The list of the archive is left to the browser's blobs in pieces of this size: that of half a million entries takes 60 MB. */
const listPiece = 256 << 10;

interface Item {
  file: number;
  version: number;
  size: number;
  entry: ZipEntry;
  last: string; // of its path
  /** Groups that wait for their turn. */
  held: Map<number, Uint8Array<ArrayBuffer>>;
  /** The group whose turn it is. */
  next: number;
  at: number; // of its header in the archive
  cvs: Uint8Array<ArrayBuffer>;
  digest: Uint8Array | null;
  /** All of it left. */
  done: boolean;
  asked: boolean;
}

export class StreamSink implements Sink {
  readonly #say: Say;
  readonly #renewable: Renewable;
  readonly #outlet: Outlet;
  readonly #plan: Plan;
  readonly #length: number;
  /** Not an archive, but the only file. */
  readonly #single: boolean;
  #entries = 0;
  #items = new Map<number, Item>();
  readonly #line = new Set<Item>();
  #list: Blob[] = [];
  #listed: Uint8Array<ArrayBuffer>[] = []; // and is not in a piece yet
  #listedSize = 0;
  #listSize = 0;
  #end: Uint8Array<ArrayBuffer> | null = null; // of a single file
  #running: Promise<void> | null = null;
  #again = false;
  #over = false;

  private constructor(plan: Plan, length: number, single: boolean, outlet: Outlet, say: Say, renewable: Renewable) {
    this.#say = say;
    this.#renewable = renewable;
    this.#outlet = outlet;
    this.#plan = plan;
    this.#length = length;
    this.#single = single;
  }

  static async open(open: Open, say: Say, renewable: Renewable, begin: Begin, ping: OutletHooks["ping"]): Promise<StreamSink> {
    const plan = new Plan(open.plan ?? new Uint8Array());
    const first = plan.at(0);
    if (first === null) throw new Refusal("E_NO_PLACE", open.bytes);
    const single = plan.length === 1 && !first.dir && first.nameLength === new TextEncoder().encode(open.top).byteLength;
    const length = single ? first.size : plan.archiveLength();
    if (!Number.isSafeInteger(length)) throw new Refusal("E_NO_PLACE", open.bytes);
    const port = await begin(single ? open.top : zipName(new Set(open.top === "" ? [] : [open.top]), open.title), length);
    const hooks = { ping, gone: (): void => undefined };
    const outlet = port === null ? null : await Outlet.open(port, hooks);
    if (outlet === null) throw new Refusal("E_NO_PLACE", open.bytes);
    const sink = new StreamSink(plan, length, single, outlet, say, renewable);
    hooks.gone = () => sink.#break("E_DOWNLOAD");
    return sink;
  }

  /** Bytes that left so far. */
  get handedOver(): number {
    return this.#outlet.sent;
  }

  entry({ file, kind, path, size, modified }: Entry): void {
    if (this.#over || this.#items.has(file)) return;
    const dir = kind === "dir";
    const name = nameIn(path, dir);
    const planned = this.#plan.at(this.#entries++);
    if (planned === null || planned.dir !== dir || planned.nameLength !== name.byteLength || planned.size !== (dir ? 0 : size)) return this.#break("E_CHANGED");
    const item: Item = {
      file, version: 0, size: planned.size, entry: { name, dir, size: planned.size, crc: 0, modified, crcBehind: crcBehind(planned.size) }, last: path.at(-1) ?? "",
      held: new Map(), next: 0, at: 0, cvs: new Uint8Array(), digest: null, done: false, asked: false,
    };
    if (!dir) this.#items.set(file, item);
    this.#line.add(item);
    this.#start();
  }

  write(pieces: Piece[], data: ArrayBuffer): void {
    let at = 0;
    for (const piece of pieces) {
      const from = at;
      at += piece.length;
      const item = this.#items.get(piece.file);
      if (item === undefined || item.version !== piece.version) continue;
      const group = piece.offset / groupSize;
      if (group < item.next) continue; // it left already
      // Its own bytes, where others of the batch may leave long before it.
      item.held.set(group, new Uint8Array(pieces.length === 1 ? data : data.slice(from, at)));
    }
    this.#start();
  }

  reset(file: number, version: number, size: number): void {
    const item = this.#items.get(file);
    if (item === undefined) return;
    if (item.next > 0 || size !== item.size) return this.#break("E_CHANGED");
    item.version = version;
    item.held.clear();
    item.asked = false;
  }

  finish(file: number): void {
    const item = this.#items.get(file);
    if (item === undefined) return;
    item.asked = true;
    this.#digested(item);
  }

  land(file: number): void {
    const item = this.#items.get(file);
    if (item === undefined || !item.done) return;
    this.#items.delete(file);
    this.#say({ type: "landed", file, name: item.last, skipped: false, place: "" });
  }

  drop(): void {
    this.#break("E_INCOMPLETE");
  }

  async close(): Promise<void> {
    try {
      while (this.#running !== null) await this.#running;
      if (this.#over) return;
      if (this.#items.size + this.#line.size > 0 || this.#entries !== this.#plan.length) throw new RangeError("closed before all of it was there");
      if (this.#end !== null) await this.#outlet.put(this.#end);
      if (!this.#single) await this.#putList();
      if (this.#outlet.sent !== this.#length) throw new RangeError(`${this.#outlet.sent} bytes, ${this.#length} were announced`);
      await this.#outlet.end();
      this.#over = true;
    } catch (error) {
      if (error instanceof Gone) return; // the core was told
      this.#break("E_INTERNAL");
    }
  }

  async discard(): Promise<void> {
    this.#over = true;
    this.#outlet.cut();
    this.#items.clear();
    this.#line.clear();
    await this.#running;
  }

  #start(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again && !this.#over) this.#start();
    });
  }

  async #run(): Promise<void> {
    this.#again = false;
    try {
      for (const item of this.#line) {
        if (this.#over || !(await this.#advance(item))) return;
        this.#line.delete(item);
      }
    } catch (error) {
      if (!(error instanceof Gone)) this.#break("E_INTERNAL");
    }
  }

  /** Hands over what is there of an entry whose turn it is. False while more has to come. */
  async #advance(item: Item): Promise<boolean> {
    const { entry, size } = item;
    const groups = Math.ceil(size / groupSize);
    if (groups === 0) await this.#head(item);
    while (item.next < groups) {
      const group = item.next;
      const bytes = item.held.get(group);
      if (bytes === undefined) return false;
      item.held.delete(group);
      item.next++;
      await this.#hash(item, group, bytes);
      if (group === 0) await this.#head(item);
      if (this.#single && item.next === groups) this.#end = bytes;
      else await this.#outlet.put(bytes);
      if (this.#over) throw new Gone();
      this.#say({ type: "written", pieces: [{ file: item.file, version: item.version, offset: group * groupSize, length: bytes.byteLength }] });
    }
    if (!this.#single) {
      if (entry.crcBehind) await this.#outlet.put(descriptor(entry));
      this.#note(centralHeader(entry, item.at));
    }
    item.done = true;
    if (!entry.dir) {
      item.digest ??= await hashing(this.#renewable, async (h) => (size <= groupSize ? h.single(size) : h.tree(size, item.cvs)));
      this.#digested(item);
    }
    return true;
  }

  async #head(item: Item): Promise<void> {
    if (this.#single) return;
    item.at = this.#outlet.sent;
    await this.#outlet.put(localHeader(item.entry));
  }

  async #hash(item: Item, group: number, bytes: Uint8Array): Promise<void> {
    const before = item.entry.crc;
    await hashing(this.#renewable, async (h) => {
      h.slot().set(bytes);
      const value = item.size <= groupSize ? h.single(bytes.byteLength) : h.group(bytes.byteLength, group);
      if (!this.#single) item.entry.crc = h.crc(before, bytes.byteLength);
      if (item.size <= groupSize) item.digest = value;
      else {
        item.cvs = grown(item.cvs, group * 32, Math.ceil(item.size / groupSize) * 32);
        item.cvs.set(value, group * 32);
      }
    });
  }

  #digested(item: Item): void {
    if (!item.asked || !item.done || item.digest === null || this.#over) return;
    item.asked = false;
    this.#say({ type: "digest", file: item.file, version: item.version, size: item.size, digest: item.digest, cvs: null });
  }

  /** Adds a line to the list of the archive. */
  #note(line: Uint8Array<ArrayBuffer>): void {
    this.#listed.push(line);
    this.#listSize += line.byteLength;
    this.#listedSize += line.byteLength;
    if (this.#listedSize < listPiece) return;
    this.#list.push(new Blob(this.#listed));
    this.#listed = [];
    this.#listedSize = 0;
  }

  async #putList(): Promise<void> {
    const at = this.#outlet.sent;
    for (const piece of [...this.#list, new Blob(this.#listed)]) await this.#outlet.put(new Uint8Array(await piece.arrayBuffer()));
    await this.#outlet.put(endRecords(this.#entries, at, this.#listSize));
  }

  #break(code: FailureCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#outlet.cut();
    this.#say({ type: "broken", code });
  }
}

/** Room for the values of n bytes of groups, doubling up to all of them: a size is only what a sender said. */
function grown(cvs: Uint8Array<ArrayBuffer>, filled: number, all: number): Uint8Array<ArrayBuffer> {
  if (cvs.byteLength > filled) return cvs;
  const more = new Uint8Array(Math.min(all, Math.max(1024, 2 * filled)));
  more.set(cvs);
  return more;
}
