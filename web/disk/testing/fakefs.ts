// A file system in memory that fails when a test says so, with the habits of
// Chromium's: bytes are in `name.crswap` until the stream closes, a failed write
// throws them away, a move overwrites silently, and some moves never end.

export interface Faults {
  /** Bytes that fit in all. */
  room: number;
  /** Called before each write and close; what it returns is thrown. */
  write?: (name: string, at: number) => unknown;
  close?: (name: string) => unknown;
  /** What a write waits for. */
  waits?: (name: string) => Promise<void> | undefined;
  /** Names to which a move hangs. */
  hangs?: (name: string) => boolean;
  /** Files whose first byte is wrong once they are closed. */
  bends?: (name: string) => boolean;
  /** What a move to this name throws. */
  move?: (name: string) => unknown;
  /** What a name stands for besides, as Windows's short names do. */
  alias?: (name: string) => string | undefined;
  /** Names that are refused. */
  refuses?: (name: string) => boolean;
}

const error = (name: string): DOMException => new DOMException(name, name);

export class FakeFs {
  readonly faults: Faults;
  readonly root: FakeDir;
  /** What was called, for tests of how often the browser is asked. */
  readonly calls: string[] = [];
  /** Streams that are open. */
  open = 0;
  mostOpen = 0;
  /** Of the last change to a file. */
  clock = 0;
  #page = 0; // the present one; what an earlier one asked is never answered
  #dies: { calls: number; dead: () => void } | null = null;

  constructor(faults: Partial<Faults> = {}) {
    this.faults = { room: Number.POSITIVE_INFINITY, ...faults };
    this.root = new FakeDir(this, "");
  }

  /** Lets so many calls of the page through: then it is gone, as by a crash, and another may come. */
  diesAfter(calls: number): Promise<void> {
    return new Promise((dead) => {
      this.#dies = { calls, dead };
    });
  }

  /** Lets other work run, as a call into the browser does. */
  async turn(): Promise<void> {
    const page = this.#page;
    await new Promise((resolve) => setTimeout(resolve));
    if (page === this.#page && this.#dies !== null && this.#dies.calls-- === 0) {
      this.#page++;
      this.open = 0; // what was not closed stays as a swap file
      this.#dies.dead();
      this.#dies = null;
    }
    if (page !== this.#page) await new Promise(() => undefined);
  }

  used(): number {
    return this.root.used();
  }

  /** Paths of all files with their bytes. */
  files(): Record<string, Uint8Array> {
    const found: Record<string, Uint8Array> = {};
    this.root.collect("", found);
    return found;
  }

  paths(): string[] {
    return this.root.paths("").sort();
  }
}

export class FakeDir {
  readonly kind = "directory";
  readonly name: string;
  readonly fs: FakeFs;
  entries = new Map<string, FakeDir | FakeFile>();
  removed = false;

  constructor(fs: FakeFs, name: string) {
    this.fs = fs;
    this.name = name;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeDir> {
    await this.#enter("dir", name);
    const there = this.#named(name);
    if (there instanceof FakeFile) throw error("TypeMismatchError");
    if (there !== undefined) return there;
    if (!create) throw error("NotFoundError");
    const made = new FakeDir(this.fs, name);
    this.entries.set(name, made);
    return made;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FakeFile> {
    await this.#enter(create ? "create" : "look", name);
    const there = this.#named(name);
    if (there instanceof FakeDir) throw error("TypeMismatchError");
    if (there !== undefined) return there;
    if (!create) throw error("NotFoundError");
    const made = new FakeFile(this, name);
    this.entries.set(name, made);
    return made;
  }

  async *keys(): AsyncGenerator<string> {
    await this.fs.turn();
    yield* [...this.entries.keys()];
  }

  #named(name: string): FakeDir | FakeFile | undefined {
    return this.entries.get(name) ?? this.entries.get(this.fs.faults.alias?.(name) ?? name);
  }

  async removeEntry(name: string, { recursive = false } = {}): Promise<void> {
    await this.#enter("remove", name);
    const there = this.entries.get(name);
    if (there === undefined) throw error("NotFoundError");
    if (there instanceof FakeDir) {
      if (!recursive && there.entries.size > 0) throw error("InvalidModificationError");
      if (there.locked()) throw error("NoModificationAllowedError");
      there.remove();
    } else if (there.locked) throw error("NoModificationAllowedError");
    this.entries.delete(name);
  }

  remove(): void {
    this.removed = true;
    for (const e of this.entries.values()) if (e instanceof FakeDir) e.remove();
    this.entries.clear();
  }

  locked(): boolean {
    return [...this.entries.values()].some((e) => (e instanceof FakeDir ? e.locked() : e.locked));
  }

  used(): number {
    let sum = 0;
    for (const e of this.entries.values()) sum += e instanceof FakeDir ? e.used() : e.bytes.byteLength;
    return sum;
  }

  collect(prefix: string, found: Record<string, Uint8Array>): void {
    for (const [name, e] of this.entries) {
      if (e instanceof FakeDir) e.collect(`${prefix}${name}/`, found);
      else found[prefix + name] = e.bytes;
    }
  }

  paths(prefix: string): string[] {
    return [...this.entries].flatMap(([name, e]) => [prefix + name, ...(e instanceof FakeDir ? e.paths(`${prefix}${name}/`) : [])]);
  }

  async #enter(call: string, name: string): Promise<void> {
    this.fs.calls.push(`${call} ${name}`);
    await this.fs.turn();
    if (this.fs.faults.refuses?.(name)) throw new TypeError("Name is not allowed.");
    if (this.removed) throw error("NotFoundError");
  }
}

export class FakeFile {
  readonly kind = "file";
  name: string;
  dir: FakeDir;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  modified = 0;
  locked = false;

  constructor(dir: FakeDir, name: string) {
    this.dir = dir;
    this.name = name;
  }

  async getFile(): Promise<FakeBlob> {
    await this.dir.fs.turn();
    if (this.dir.entries.get(this.name) !== this) throw error("NotFoundError");
    return new FakeBlob(this, this.bytes);
  }

  /** Writes as another program does. */
  touch(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.modified = ++this.dir.fs.clock;
  }

  async createWritable({ keepExistingData = false } = {}): Promise<FakeStream> {
    await this.dir.fs.turn();
    if (this.dir.removed) throw error("NotFoundError");
    if (this.locked) throw error("NoModificationAllowedError");
    return new FakeStream(this, keepExistingData ? this.bytes : new Uint8Array());
  }

  async move(dir: FakeDir, name: string): Promise<void> {
    await this.dir.fs.turn();
    this.dir.fs.calls.push(`move ${name}`);
    if (this.locked || this.dir.entries.get(this.name) !== this) throw error("NotFoundError");
    if (this.dir.fs.faults.refuses?.(name)) throw new TypeError("Name is not allowed.");
    const fault = this.dir.fs.faults.move?.(name);
    if (fault !== undefined) throw fault;
    if (this.dir.fs.faults.hangs?.(name)) {
      this.locked = true;
      return new Promise(() => undefined);
    }
    if (dir.entries.get(name) instanceof FakeDir) throw error("InvalidModificationError");
    this.dir.entries.delete(this.name);
    this.dir = dir;
    this.name = name;
    dir.entries.set(name, this);
  }

  async remove(): Promise<void> {
    await this.dir.fs.turn();
    if (this.locked) throw error("NoModificationAllowedError");
    this.dir.entries.delete(this.name);
  }
}

/** A file as it was when it was asked for; it can't be read once it was renamed or removed. */
class FakeBlob {
  readonly size: number;
  readonly lastModified: number;
  readonly #file: FakeFile;
  readonly #name: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(file: FakeFile, bytes: Uint8Array<ArrayBuffer>, name: string = file.name) {
    this.#file = file;
    this.#name = name;
    this.#bytes = bytes;
    this.size = bytes.byteLength;
    this.lastModified = file.modified;
  }

  slice(from: number, to: number): FakeBlob {
    return new FakeBlob(this.#file, this.#bytes.subarray(from, to), this.#name);
  }

  /** In chunks of an odd size. */
  stream(): ReadableStream<Uint8Array> {
    let at = 0;
    return new ReadableStream({
      pull: async (controller) => {
        const end = Math.min(at + 700_001, this.size);
        controller.enqueue(new Uint8Array(await this.slice(at, end).arrayBuffer()));
        at = end;
        if (at === this.size) controller.close();
      },
    });
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#file.dir.fs.turn();
    if (this.#file.dir.entries.get(this.#name) !== this.#file) throw error("NotFoundError");
    return this.#bytes.slice().buffer;
  }
}

class FakeStream {
  readonly #file: FakeFile;
  readonly #swap: FakeFile;
  #state: "open" | "failed" | "closed" = "open";

  constructor(file: FakeFile, bytes: Uint8Array<ArrayBuffer>) {
    this.#file = file;
    this.#swap = new FakeFile(file.dir, `${file.name}.crswap`);
    this.#swap.bytes = bytes.slice();
    file.dir.entries.set(this.#swap.name, this.#swap);
    const { fs } = file.dir;
    fs.mostOpen = Math.max(fs.mostOpen, ++fs.open);
  }

  async write(what: FakeBlob | Uint8Array | { position: number; data: FakeBlob | Uint8Array }): Promise<void> {
    const { position, data } = "position" in what ? what : { position: 0, data: what };
    const bytes = data instanceof FakeBlob ? new Uint8Array(await data.arrayBuffer()) : data;
    await this.#file.dir.fs.turn();
    if (this.#state !== "open") throw new TypeError("the stream is over");
    const { fs } = this.#file.dir;
    fs.calls.push(`write ${this.#file.name}`);
    await fs.faults.waits?.(this.#file.name);
    const grows = Math.max(0, position + bytes.byteLength - this.#swap.bytes.byteLength);
    const full = fs.used() + grows > fs.faults.room;
    const fault = fs.faults.write?.(this.#file.name, position) ?? (full ? error("QuotaExceededError") : undefined);
    if (fault !== undefined) return this.#fail(fault);
    if (this.#file.dir.removed) return this.#fail(error("NotFoundError"));
    const all = new Uint8Array(this.#swap.bytes.byteLength + grows);
    all.set(this.#swap.bytes);
    all.set(bytes, position);
    this.#swap.bytes = all;
  }

  async close(): Promise<void> {
    await this.#file.dir.fs.turn();
    if (this.#state !== "open") throw new TypeError("the stream is over");
    const { fs } = this.#file.dir;
    fs.calls.push(`close ${this.#file.name}`);
    const fault = fs.faults.close?.(this.#file.name);
    if (fault !== undefined) return this.#fail(fault);
    if (this.#file.dir.removed) return this.#fail(error("NotFoundError"));
    this.#file.touch(this.#swap.bytes);
    if (fs.faults.bends?.(this.#file.name)) this.#file.bytes[0] = (this.#file.bytes[0] ?? 0) ^ 1;
    this.#end("closed");
  }

  async abort(): Promise<void> {
    await this.#file.dir.fs.turn();
    if (this.#state === "open") this.#end("failed");
  }

  #fail(fault: unknown): never {
    this.#end("failed");
    throw fault;
  }

  #end(state: "failed" | "closed"): void {
    this.#state = state;
    this.#file.dir.entries.delete(this.#swap.name);
    this.#file.dir.fs.open--;
  }
}
