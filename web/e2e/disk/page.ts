// Runs in the page: a core without a network. It hands the disk worker the files
// of a test as the real core would, in groups that come in any order, and keeps
// what the worker says.

import type { DiskLimits, DiskToCore, DiskToPage, FromDisk, PageToDisk, Piece, ToDisk } from "../../shared/disk.ts";
import type { Conflict, Destination } from "../../shared/views.ts";
import { content } from "./content.ts";

export interface TestFile {
  path: string[];
  kind?: "dir";
  size: number;
  seed: number;
  modified?: number;
}

export interface Job {
  key: string;
  title?: string;
  destination: "folder" | "browser";
  conflict?: Conflict;
  files: TestFile[];
  /** Bytes said at open, where they differ from the files'. */
  bytes?: number;
  /** Bytes on their way to disk at most. */
  window?: number;
  /** Files under way at most. */
  open?: number;
  end?: "close" | "discard" | "none";
  /** Groups come out of order within the window. */
  shuffle?: boolean;
  /** Changes this file to another size and seed once half of it was written. */
  change?: { file: number; size: number; seed: number };
  /** Writes wrong bytes into a group of this file first; the digest tells, and the group comes again. */
  spoil?: { file: number; group: number };
  /** Files given up after their first group. */
  drop?: number[];
  /** Waits for `rig.release` before the first file gets its name. */
  hold?: boolean;
  /** Says discard once the disk said full. */
  discardWhenFull?: boolean;
}

export interface Report {
  where: string | null;
  refused: { code: string; needed: number } | null;
  digests: Record<number, string>;
  /** Times that files were read back. */
  looks: number;
  landed: Record<number, { name: string; skipped: boolean }>;
  failed: Record<number, string>;
  safe: Record<number, number>;
  lost: { file: number; offset: number; length: number }[];
  full: number[];
  rooms: number;
  exported: { name: string; size: number } | null;
  closed: boolean;
  ms: number;
  /** From open to the last `landed`. */
  landedMs: number;
  /** Sent to disk and not answered, at most. */
  peak: number;
  dead: string | null;
}

const group = 1 << 20;

interface State {
  file: TestFile;
  version: number;
  groups: number;
  sent: Set<number>;
  written: Set<number>;
  finishing: boolean;
  spoiled: boolean;
}

class Rig {
  worker: Worker | null = null;
  /** Lets the first file go that was held. */
  release: (() => void) | null = null;
  port: MessagePort | null = null;
  handle: FileSystemDirectoryHandle | null = null;
  blob: Blob | null = null;
  /** How often the worker said full. */
  fulls = 0;
  /** How often a destination was opened. */
  opens = 0;
  /** What the worker said, by type, with the number of the open it spoke of. */
  heard: { open: number; type: string }[] = [];
  onDisk: (m: FromDisk) => void = () => undefined;
  onPage: (m: DiskToPage) => void = () => undefined;

  async start(limits: Partial<DiskLimits> = {}): Promise<void> {
    this.worker?.terminate();
    const module = await WebAssembly.compileStreaming(fetch("/beeline.wasm"));
    const worker = new Worker("/disk.js");
    const { port1, port2 } = new MessageChannel();
    this.opens = 0;
    this.heard = [];
    port1.onmessage = (e: MessageEvent<DiskToCore>) => {
      const { open, said } = e.data;
      this.heard.push({ open, type: said.type });
      if (open === this.opens) this.onDisk(said);
    };
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = (e: MessageEvent<DiskToPage>) => {
        if (e.data.type === "ready") resolve();
        else if (e.data.type === "dead") reject(new Error(e.data.message));
        this.onPage(e.data);
      };
      worker.onerror = (e) => reject(new Error(e.message));
      worker.postMessage({ type: "init", module, core: port2, hands: [], limits } satisfies PageToDisk, [port2]);
    });
    this.worker = worker;
    this.port = port1;
  }

  send(message: ToDisk, transfer: Transferable[] = []): void {
    this.port?.postMessage(message, transfer);
  }

  destination(kind: "folder" | "browser"): Destination {
    if (kind === "browser") return { kind };
    if (this.handle === null) throw new Error("no folder was dropped");
    return { kind: "folder", handle: this.handle };
  }

  /** Frees what was kept for a download. */
  async discard(): Promise<boolean> {
    const closed = new Promise<boolean>((resolve) => {
      this.onDisk = (m) => resolve(m.type === "closed");
    });
    this.send({ type: "discard" });
    return closed;
  }

  /** What the browser's own storage holds of transfers. */
  async stored(): Promise<string[]> {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("beeline", { create: true });
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    return names;
  }

  /** Fills the browser's storage with so many bytes, in place of those before. */
  async ballast(bytes: number): Promise<void> {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry("ballast").catch(() => undefined);
    if (bytes === 0) return;
    const stream = await (await root.getFileHandle("ballast", { create: true })).createWritable();
    for (let at = 0; at < bytes; at += group) await stream.write(new Uint8Array(Math.min(group, bytes - at)));
    await stream.close();
  }

  /** Offers what was exported as a download. */
  download(name: string): void {
    if (this.blob === null) throw new Error("nothing was exported");
    const a = document.createElement("a");
    a.href = URL.createObjectURL(this.blob);
    a.download = name;
    document.body.append(a);
    a.click();
  }

  run(job: Job): Promise<Report> {
    const report: Report = {
      where: null, refused: null, digests: {}, looks: 0, landed: {}, failed: {}, safe: {}, lost: [], full: [], rooms: 0,
      exported: null, closed: false, ms: 0, landedMs: 0, peak: 0, dead: null,
    };
    const start = performance.now();
    const window = job.window ?? 16 << 20;
    const files = job.files;
    const active = new Map<number, State>();
    const bytes = job.bytes ?? files.reduce((sum, f) => sum + f.size, 0);
    let next = 0;
    let flying = 0;
    let paused = false;
    let changed = false;
    let over = false;

    return new Promise((resolve) => {
      const done = (): void => {
        over = true;
        report.ms = performance.now() - start;
        resolve(report);
      };
      const entry = (i: number, f: TestFile): void => {
        this.send({ type: "entry", file: i, kind: f.kind ?? "file", path: f.path, size: f.size, modified: f.modified ?? Date.UTC(2026, 10, 24, 12, 30, 58) });
      };
      const settle = (i: number): void => {
        active.delete(i);
        if (active.size === 0 && next >= files.length) {
          report.landedMs = performance.now() - start;
          if (job.end === "none") done();
          else this.send({ type: job.end ?? "close" });
        } else pump();
      };
      const pump = (): void => {
        const pieces: Piece[] = [];
        const parts: Uint8Array[] = [];
        let size = 0;
        const flush = (): void => {
          if (pieces.length === 0) return;
          const data = new Uint8Array(size);
          let at = 0;
          for (const p of parts) {
            data.set(p, at);
            at += p.byteLength;
          }
          flying += size;
          report.peak = Math.max(report.peak, flying);
          this.send({ type: "write", pieces: [...pieces], data: data.buffer }, [data.buffer]);
          pieces.length = parts.length = 0;
          size = 0;
        };
        while (!paused && !over && flying + size < window) {
          const found = pick();
          if (found === null) break;
          const [i, s, g] = found;
          s.sent.add(g);
          const length = Math.min(group, s.file.size - g * group);
          const b = content(s.file.seed, g * group, length);
          if (job.spoil?.file === i && job.spoil.group === g && !s.spoiled) {
            s.spoiled = true;
            b[0] = (b[0] ?? 0) ^ 1;
          }
          pieces.push({ file: i, version: s.version, offset: g * group, length });
          parts.push(b);
          size += length;
          if (size >= group) flush();
        }
        flush();
      };
      const pick = (): [number, State, number] | null => {
        for (const [i, s] of active) {
          if (s.sent.size === s.groups) continue;
          const open: number[] = [];
          for (let g = 0; g < s.groups && open.length < (job.shuffle ? 8 : 1); g++) if (!s.sent.has(g)) open.push(g);
          const g = open[Math.floor(Math.random() * open.length)];
          if (g !== undefined) return [i, s, g];
        }
        while (next < files.length && active.size < (job.open ?? 512)) {
          const i = next++;
          const f = files[i];
          if (f === undefined) continue;
          entry(i, f);
          if (f.kind === "dir") continue;
          const s: State = { file: f, version: 0, groups: Math.ceil(f.size / group), sent: new Set(), written: new Set(), finishing: false, spoiled: false };
          active.set(i, s);
          if (s.groups === 0) {
            s.finishing = true;
            this.send({ type: "finish", file: i });
            continue;
          }
          return pick();
        }
        return null;
      };
      const again = (i: number, s: State, groups: number[]): void => {
        for (const g of groups) {
          s.sent.delete(g);
          s.written.delete(g);
        }
        s.finishing = false;
        delete report.digests[i];
      };

      this.onPage = (m) => {
        if (m.type === "export") {
          this.blob = m.blob;
          report.exported = { name: m.name, size: m.blob.size };
        } else if (m.type === "dead") {
          report.dead = m.message;
          done();
        }
      };
      this.onDisk = (m) => {
        if (over) return;
        switch (m.type) {
          case "opened":
            report.where = m.where;
            pump();
            if (active.size === 0 && next >= files.length) settle(-1);
            return;
          case "refused":
            report.refused = { code: m.code, needed: m.needed };
            return done();
          case "written":
            for (const p of m.pieces) {
              flying -= p.length;
              const s = active.get(p.file);
              if (s === undefined || s.version !== p.version || !s.sent.has(p.offset / group)) continue;
              s.written.add(p.offset / group);
              if (job.drop?.includes(p.file)) {
                this.send({ type: "drop", file: p.file });
                settle(p.file);
              } else if (job.change?.file === p.file && !changed && s.written.size * 2 >= s.groups) {
                changed = true;
                const { size, seed } = job.change;
                this.send({ type: "reset", file: p.file, version: 1, size });
                const file = { ...s.file, size, seed };
                active.set(p.file, { file, version: 1, groups: Math.ceil(size / group), sent: new Set(), written: new Set(), finishing: false, spoiled: false });
              } else if (s.written.size === s.groups && !s.finishing) {
                s.finishing = true;
                this.send({ type: "finish", file: p.file });
              }
            }
            if (m.pieces.length === 0) flying = Math.max(0, flying - group);
            return pump();
          case "flushed":
            return this.send({ type: "journal", at: 0, data: new Uint8Array(0), file: m.file, bytes: m.bytes });
          case "safe":
            report.safe[m.file] = m.bytes;
            return;
          case "digest": {
            const s = active.get(m.file);
            if (s === undefined || m.version !== s.version) return;
            report.digests[m.file] = [...m.digest].map((b) => b.toString(16).padStart(2, "0")).join("");
            if (job.spoil?.file === m.file && s.spoiled && !job.drop?.includes(-1)) {
              job = { ...job, drop: [...(job.drop ?? []), -1] }; // once
              again(m.file, s, [job.spoil?.group ?? 0]);
              return pump();
            }
            if (report.looks++ === 0 && job.hold) this.release = () => this.send({ type: "land", file: m.file });
            else this.send({ type: "land", file: m.file });
            return;
          }
          case "landed":
            report.landed[m.file] = { name: m.name, skipped: m.skipped };
            return settle(m.file);
          case "failed":
            report.failed[m.file] = m.code;
            return settle(m.file);
          case "lost": {
            report.lost.push({ file: m.file, offset: m.offset, length: m.length });
            const s = active.get(m.file);
            if (s === undefined) return;
            const groups: number[] = [];
            for (let g = Math.floor(m.offset / group); g * group < m.offset + m.length; g++) groups.push(g);
            again(m.file, s, groups);
            flying = 0; // what was on its way is not answered any more
            return pump();
          }
          case "full":
            report.full.push(m.needed);
            this.fulls++;
            paused = true;
            if (job.discardWhenFull) this.send({ type: "discard" });
            return;
          case "room":
            report.rooms++;
            paused = false;
            return pump();
          case "closed":
            report.closed = true;
            return done();
        }
      };
      this.send({
        type: "open", open: ++this.opens, key: job.key, title: job.title ?? "A test", destination: this.destination(job.destination),
        conflict: job.conflict ?? "keep-both", files: files.filter((f) => f.kind === undefined).length, bytes, plan: null, top: "",
      });
    });
  }
}

declare global {
  var rig: Rig;
}

globalThis.rig = new Rig();
const target = globalThis as unknown as EventTarget;
target.addEventListener("dragover", (e) => e.preventDefault());
target.addEventListener("drop", (e) => {
  e.preventDefault();
  const item = (e as DragEvent).dataTransfer?.items[0] as { getAsFileSystemHandle?(): Promise<FileSystemDirectoryHandle> } | undefined;
  void item?.getAsFileSystemHandle?.().then(async (handle) => {
    await (handle as unknown as { requestPermission(o: { mode: string }): Promise<string> }).requestPermission({ mode: "readwrite" });
    globalThis.rig.handle = handle;
  });
});
