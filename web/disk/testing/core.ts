// A core for unit tests: hands a sink what a test says, and answers as the real
// one does. The browser's counterpart is e2e/disk/page.ts.

import type { DiskLimits, FromDisk, KeptPart, Piece } from "../../shared/disk.ts";
import type { Conflict } from "../../shared/views.ts";
import { groupSize } from "../coverage.ts";
import type { Hasher } from "../hasher.ts";
import type { Renewable } from "../readback.ts";
import type { Open, Sink } from "../sink.ts";

export interface TestFile {
  path: string[];
  size: number;
  seed: number;
}

/** Some of every kind: small, large, empty, in a folder of its own, of whole groups. */
export const several: TestFile[] = [
  { path: ["A", "a.wav"], size: 1000, seed: 1 },
  { path: ["A", "b", "large.mov"], size: 9 * groupSize + 5, seed: 2 },
  { path: ["A", "empty"], size: 0, seed: 3 },
  { path: ["A", "middle.mov"], size: 2 * groupSize + 1, seed: 4 },
  { path: ["A", "c.wav"], size: groupSize, seed: 5 },
];

/** Bytes that differ by file and place. */
export function bytesOf(f: TestFile, from = 0, length: number = f.size): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (f.seed * 31 + (from + i) * 7 + ((from + i) >> 8)) & 0xff;
  return bytes;
}

/** A hash that is quick to compute and enough to tell files apart. */
export function fakeHasher(crc32: (bytes: Uint8Array, before: number) => number): Hasher {
  const slot = new Uint8Array(groupSize);
  const hash = (bytes: Uint8Array, salt: number): Uint8Array => {
    const out = new Uint8Array(32);
    const view = new DataView(out.buffer);
    view.setUint32(0, crc32(bytes, 0));
    view.setUint32(4, crc32(bytes, 12345));
    view.setUint32(8, salt);
    view.setUint32(12, bytes.byteLength);
    return out;
  };
  return {
    slot: () => slot,
    group: (length, index) => hash(slot.subarray(0, length), index + 1),
    single: (length) => hash(slot.subarray(0, length), 0),
    crc: (before, length) => crc32(slot.subarray(0, length), before),
    tree: (size, cvs) => hash(cvs, size),
  };
}

export function renewable(hasher: Hasher): Renewable {
  return { hasher, renew: () => Promise.resolve() };
}

export const limits: DiskLimits = { segmentFrom: 8 * groupSize, segment: 2 * groupSize, blobMax: 64 * groupSize, pollEvery: 20, moveWithin: 50 };

export function opening(files: TestFile[], conflict: Conflict = "keep-both"): Open {
  const bytes = files.reduce((sum, f) => sum + f.size, 0);
  return { type: "open", open: 1, key: "0badcafe", title: "Title", destination: { kind: "browser" }, conflict, files: files.length, bytes, plan: null, top: "" };
}

/** Groups of a file on their way to disk at most. */
const ahead = 1;

interface Going {
  file: TestFile;
  version: number;
  written: Set<number>;
  asked: Set<number>;
  landing: boolean;
}

/** Drives one transfer through a sink. */
export class TestCore {
  readonly said: FromDisk[] = [];
  /** Files as they are now. */
  readonly files: TestFile[] = [];
  /** Messages with bytes so far. */
  writes = 0;
  /** Called with each message before it is answered; true takes it away. */
  watch: (m: FromDisk) => boolean | undefined = () => undefined;
  /** What the journal of an earlier page says, by path. */
  recalled = new Map<string, KeptPart[]>();
  #going = new Map<number, Going>();
  #sink: Sink | null = null;
  #paused = false;
  #done: () => void = () => undefined;

  readonly say = (m: FromDisk): void => {
    this.said.push(m);
    if (this.watch(m) !== true) setTimeout(() => this.#heard(m), 1); // another thread
  };

  /** Resolves when every file has landed or failed. */
  run(sink: Sink, files: TestFile[]): Promise<void> {
    this.#sink = sink;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    files.forEach((file, i) => {
      this.files[i] = file;
      const kept = this.recalled.get(file.path.join("/"));
      sink.entry({ type: "entry", file: i, kind: "file", path: file.path, size: file.size, modified: 1_800_000_000_000, ...(kept ? { kept } : {}) });
      const g: Going = { file, version: 0, written: new Set(), asked: new Set(), landing: false };
      // Until the sink has said what is there nothing of it is asked for.
      if (kept) for (let k = 0; k * groupSize < file.size; k++) g.asked.add(k);
      this.#going.set(i, g);
    });
    this.#pump();
    for (const [i, g] of this.#going) if (g.file.size === 0 && !this.recalled.has(g.file.path.join("/"))) sink.finish(i);
    return done;
  }

  /** Runs until so many words were said, and stops as a crash does: nothing more is answered. */
  async runUntil(words: number, sink: Sink, files: TestFile[]): Promise<void> {
    await new Promise<void>((resolve) => {
      let said = 0;
      this.watch = () => {
        if (++said >= words) resolve();
        return said >= words;
      };
      void this.run(sink, files).then(resolve);
    });
  }

  change(i: number, file: TestFile): void {
    const g = this.#going.get(i);
    if (g === undefined || g.landing) return; // whole already: what lands was one version
    this.files[i] = file;
    this.#going.set(i, { file, version: g.version + 1, written: new Set(), asked: new Set(), landing: false });
    this.#sink?.reset(i, g.version + 1, file.size);
    this.#pump(i);
    if (file.size === 0) this.#sink?.finish(i);
  }

  drop(i: number): void {
    if (this.#going.get(i)?.landing !== false) return;
    this.#sink?.drop(i);
    this.#going.delete(i);
    if (this.#going.size === 0) this.#done();
  }

  /** The journal as a page that goes now leaves it. */
  journal(): Map<string, KeptPart[]> {
    const safe = new Map<string, KeptPart[]>();
    for (const m of this.said) {
      if (m.type !== "safe" && m.type !== "landed") continue;
      const file = this.files[m.file];
      if (file === undefined) continue;
      const path = file.path.join("/");
      const count = Math.ceil(file.size / groupSize);
      const parts = m.type === "safe" ? m.parts : m.place === "" ? [] : [{ first: 0, count, place: m.place }];
      if (parts.length === 0) continue;
      safe.set(path, [...(safe.get(path) ?? []), ...parts]);
    }
    return safe;
  }

  types(): string[] {
    return this.said.map((m) => m.type);
  }

  of<T extends FromDisk["type"]>(type: T): Extract<FromDisk, { type: T }>[] {
    return this.said.filter((m): m is Extract<FromDisk, { type: T }> => m.type === type);
  }

  #pump(only?: number): void {
    if (this.#paused) return;
    for (const i of only === undefined ? this.#going.keys() : [only]) {
      const g = this.#going.get(i);
      if (g === undefined) continue;
      const pieces: Piece[] = [];
      const parts: Uint8Array[] = [];
      for (let k = 0; k * groupSize < g.file.size; k++) {
        if (g.asked.has(k)) continue;
        if (g.asked.size - g.written.size >= ahead) break;
        g.asked.add(k);
        const length = Math.min(groupSize, g.file.size - k * groupSize);
        pieces.push({ file: i, version: g.version, offset: k * groupSize, length });
        parts.push(bytesOf(g.file, k * groupSize, length));
      }
      if (pieces.length === 0) continue;
      const data = new Uint8Array(parts.reduce((sum, p) => sum + p.byteLength, 0));
      let at = 0;
      for (const p of parts) {
        data.set(p, at);
        at += p.byteLength;
      }
      this.writes++;
      this.#sink?.write(pieces, data.buffer);
    }
  }

  #heard(m: FromDisk): void {
    const sink = this.#sink;
    if (sink === null) return;
    switch (m.type) {
      case "written":
        for (const p of m.pieces) {
          const g = this.#going.get(p.file);
          if (g === undefined || g.version !== p.version) continue;
          const before = g.written.size;
          g.written.add(p.offset / groupSize);
          const all = Math.ceil(g.file.size / groupSize);
          if (before < all && g.written.size === all) sink.finish(p.file);
          else this.#pump(p.file);
        }
        return;
      case "kept": {
        const g = this.#going.get(m.file);
        if (g === undefined) return;
        if (m.landed) {
          this.#going.delete(m.file);
          if (this.#going.size === 0) this.#done();
          return;
        }
        g.asked.clear();
        for (const { first, count } of m.parts) {
          for (let k = first; k < first + count; k++) {
            g.asked.add(k);
            g.written.add(k);
          }
        }
        if (g.written.size * groupSize >= g.file.size) sink.finish(m.file);
        else this.#pump(m.file);
        return;
      }
      case "digest": {
        const g = this.#going.get(m.file);
        if (g === undefined || g.version !== m.version) return;
        g.landing = true;
        return sink.land(m.file);
      }
      case "landed":
      case "failed":
        this.#going.delete(m.file);
        if (this.#going.size === 0) this.#done();
        return;
      case "lost": {
        const g = this.#going.get(m.file);
        if (g === undefined) return;
        for (let k = Math.floor(m.offset / groupSize); k * groupSize < m.offset + m.length; k++) {
          g.asked.delete(k);
          g.written.delete(k);
        }
        return this.#pump();
      }
      case "full":
        this.#paused = true;
        return;
      case "room":
        this.#paused = false;
        return this.#pump();
      default:
        return;
    }
  }
}
