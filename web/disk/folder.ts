// Chromium: a folder that the person picked. Files are written in a part folder
// inside it (the right disk, no quota, visible and named for what it is), read
// back, and moved to their names one by one; what landed is whole and verified,
// whatever happens next.
//
//	Destination/
//	  Beeline (unfinished)/8f3a01c2/   t5.mov  t5.mov.crswap  s1.txt …
//	  A001/CLIPS/A001_C001.mov         as it was sent
//
// What the journal (journal.ts) says is closed here outlives the page.

import type { DiskLimits, KeptPart, Piece } from "../shared/disk.ts";
import type { FailureCode } from "../wire/wire.ts";
import { askedTypes, platformOf } from "./asks.ts";
import { groupSize } from "./coverage.ts";
import { Dirs } from "./dirs.ts";
import { type Job, jobOf, nothing } from "./job.ts";
import { Lander } from "./land.ts";
import { partName } from "./names.ts";
import { type Body, codeOf, PartFile, type PartEvents, type PartHost } from "./partfile.ts";
import { PartFolder } from "./partfolder.ts";
import { type Digest, digestOf, hashing, isStill, type Renewable, type Source, sourceOf, type Verified, whileClosing } from "./readback.ts";
import { recalled } from "./recalled.ts";
import { segmentOf, Segments, type SegmentsEvents } from "./segments.ts";
import { type Entry, FileFailed, Gone, type Open, Permits, Refusal, type Say, type Sink, sleep, troubleOf } from "./sink.ts";
import { Space } from "./space.ts";

/** A file of at least this size is read back from its swap file while the stream closes, which takes longer. */
const earlyFrom = 4 * groupSize;

/** How often one file may have trouble that is not a full disk. */
const triesMax = 3;

/** Before the second and each further try, in ms. */
const retryAfter = 250;

export class FolderSink implements Sink {
  readonly #say: Say;
  readonly #renewable: Renewable;
  readonly #limits: DiskLimits;
  readonly #bytes: number;
  readonly #part: PartFolder;
  readonly #dirs: Dirs;
  readonly #lander: Lander;
  readonly #host: PartHost;
  readonly #reading = new Permits(16); // of files up to a group
  readonly #readingLarge = new Permits(1);
  readonly #looking = new Permits(8); // at files of an earlier page: what is new must not wait behind thousands

  #jobs = new Map<number, Job>();
  #pending = new Set<Promise<void>>();
  #kept = 0; // bytes that are on disk
  #freed = 0; // bytes that the browser freed when it last met a full disk
  #segments = 0;
  #over = false;

  private constructor(open: Open, root: FileSystemDirectoryHandle, part: PartFolder, say: Say, renewable: Renewable, limits: DiskLimits, again: boolean) {
    this.#say = say;
    this.#renewable = renewable;
    this.#limits = limits;
    this.#bytes = open.bytes;
    this.#part = part;
    this.#segments = part.segments;
    this.#dirs = new Dirs(root);
    this.#lander = new Lander({
      dirs: this.#dirs,
      conflict: open.conflict,
      copied: askedTypes(platformOf(navigator.userAgent)),
      again,
      within: limits.moveWithin,
      digest: (file) => this.#read(file.size, sourceOf(file)),
    });
    const space = new Space({ say, needed: () => this.#needed(), probe: (bytes) => part.fits(bytes) }, limits.pollEvery);
    this.#host = {
      space,
      opening: new Permits(24),
      closing: new Permits(64),
      folder: () => Promise.resolve(part.handle),
      grown: (bytes) => {
        this.#kept += bytes;
      },
      judge: (error, need, tries, freed) => this.#judge(error, need, tries, freed),
    };
  }

  /** Makes the part folder, or takes that of an earlier page again. Throws Refusal where that is not allowed. */
  static async open(open: Open, root: FileSystemDirectoryHandle, say: Say, renewable: Renewable, limits: DiskLimits, again = false): Promise<FolderSink> {
    if (!("createWritable" in FileSystemFileHandle.prototype)) throw new Refusal("E_NO_PLACE", open.bytes);
    try {
      return new FolderSink(open, root, await PartFolder.make(root, open.key, again), say, renewable, limits, again);
    } catch (error) {
      if (troubleOf(error) === "full") throw new Refusal("E_SPACE", open.bytes);
      throw new Refusal("E_WRITE", 0);
    }
  }

  entry(entry: Entry): void {
    if (entry.kind === "dir") {
      this.#do(this.#makeDir(entry));
      return;
    }
    if (this.#jobs.has(entry.file)) return;
    const job = jobOf(entry, this.#part.fresh(partName(entry.file, entry.path.at(-1) ?? "")));
    this.#jobs.set(entry.file, job);
    if (entry.kept === undefined || entry.kept.length === 0) job.body = this.#bodyOf(job, this.#large(job));
    else this.#do(this.#recall(job, entry.kept));
  }

  #large({ size }: Job): boolean {
    return size > this.#limits.segmentFrom;
  }

  /** Takes over what an earlier page made of a file, as far as it is there. */
  async #recall(job: Job, kept: KeptPart[]): Promise<void> {
    const places = { part: this.#part, lander: this.#lander, segment: segmentOf(job.size, this.#limits.segment) };
    const found = await this.#looking.within(() => recalled(job, kept, places)).catch(() => null);
    if (this.#jobs.get(job.file) !== job || job.body !== nothing || this.#over) return; // it began anew meanwhile
    let parts: KeptPart[] = [];
    if (found?.how === "landed") {
      this.#jobs.delete(job.file);
      this.#kept += job.size;
    } else if (found?.how === "whole") {
      const { handle } = found;
      job.placed = found.placed;
      if (found.placed === null) job.name = handle.name;
      job.body = this.#bodyOf(job, false, (host, events) => PartFile.of(host, events, job.name, job.size, handle));
      this.#kept += job.size;
      parts = kept.slice(0, 1).map((part) => ({ ...part, first: 0, count: Math.ceil(job.size / groupSize) }));
    } else if (found?.how === "segments") {
      const body = this.#bodyOf(job, true);
      if (body instanceof Segments) for (const s of found.segments) body.recall(s.k, s.name, s.handle);
      job.body = body;
      parts = found.segments.map((s) => s.part);
    } else {
      job.body = this.#bodyOf(job, this.#large(job));
    }
    this.#say({ type: "kept", file: job.file, parts, landed: found?.how === "landed" });
  }

  write(pieces: Piece[], data: ArrayBuffer): void {
    let at = 0;
    const writes = pieces.map((piece) => {
      const bytes = new Uint8Array(data, at, piece.length);
      at += piece.length;
      const job = this.#jobs.get(piece.file);
      if (job === undefined || job.version !== piece.version) return null;
      if (job.checked && job.placed !== null) {
        // It is somebody else's file: it stays, and this one comes anew beside it.
        this.#restart(job, this.#large(job));
        this.#say({ type: "lost", file: job.file, version: job.version, offset: 0, length: job.size });
        return null;
      }
      if (job.checked) {
        job.checked = false;
        job.digest = null;
        job.body.repair();
      }
      return job.body.write(piece.offset, bytes).then(
        () => ({ job, piece }),
        () => null,
      );
    });
    this.#do(
      Promise.all(writes).then((done) => {
        if (this.#over) return;
        // What was lost while others of the batch still waited is not written: it
        // was said to be lost, and a word after that would be about its next copy.
        const there = done.flatMap((d) => (d !== null && d.job.version === d.piece.version && d.job.body.holds(d.piece.offset) ? [d.piece] : []));
        this.#say({ type: "written", pieces: there });
      }),
    );
  }

  reset(file: number, version: number, size: number): void {
    const job = this.#jobs.get(file);
    if (job === undefined) return;
    job.version = version;
    job.size = size;
    job.losses = 0;
    this.#restart(job, size > this.#limits.segmentFrom);
  }

  finish(file: number): void {
    const job = this.#jobs.get(file);
    if (job !== undefined) this.#do(this.#finish(job));
  }

  land(file: number): void {
    const job = this.#jobs.get(file);
    if (job !== undefined) this.#do(this.#land(job));
  }

  drop(file: number): void {
    const job = this.#jobs.get(file);
    if (job === undefined) return;
    this.#jobs.delete(file);
    this.#do(job.body.abort());
  }

  async close(): Promise<void> {
    await this.#idle();
    for (const file of [...this.#jobs.keys()]) this.drop(file);
    await this.#idle();
    await this.#part.clean();
  }

  async discard(): Promise<void> {
    this.#over = true;
    this.#host.space.release();
    for (const file of [...this.#jobs.keys()]) this.drop(file);
    await this.#idle();
    await this.#part.clean();
  }

  async #idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Keeps track of work under way, so that closing can wait for it. */
  #do(work: Promise<void>): void {
    const done: Promise<void> = work.catch(() => undefined).finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  /** `made`: makes the body of a file that is there already. */
  #bodyOf(job: Job, segmented: boolean, made: ((host: PartHost, events: PartEvents) => Body) | null = null, after: Promise<void> = Promise.resolve()): Body {
    const current = (): boolean => this.#jobs.get(job.file) === job && job.body === body;
    const closing = (): void => {
      if (current()) this.#readBack(job);
    };
    const failed = (code: FailureCode): void => {
      if (current()) this.#fail(job, code);
    };
    const lost = (offset: number, length: number): void => {
      if (current()) this.#lost(job, segmented, offset, length);
    };
    const { size, version } = job;
    const safe = (bytes: number, from: number, length: number, place: string): void => {
      const parts = [{ first: from / groupSize, count: Math.ceil(length / groupSize), place }];
      if (current() && !this.#over) this.#say({ type: "safe", file: job.file, version, bytes, parts: Number.isInteger(from / groupSize) ? parts : [] });
    };
    const events: PartEvents = { closing, failed, closed: () => safe(size, 0, size, `whole/${job.name}`), lost: () => lost(0, size) };
    const ofSegments: SegmentsEvents = {
      closing,
      failed,
      lost,
      safe: (bytes, from, length, name) => safe(bytes, from, length, name === job.name ? `whole/${name}` : `part/${name}/${job.name}`),
    };
    const body: Body = segmented
      ? new Segments(this.#host, ofSegments, job.name, size, segmentOf(size, this.#limits.segment), () => ++this.#segments, after)
      : (made?.(this.#host, events) ?? new PartFile(this.#host, events, job.name, size, after));
    return body;
  }

  /** Starts a file again from nothing. */
  #restart(job: Job, segmented: boolean): void {
    const gone = job.body.abort();
    this.#do(gone);
    job.digest = null;
    job.checked = false;
    job.placed = null;
    job.body = this.#bodyOf(job, segmented, null, gone);
  }

  #lost(job: Job, segmented: boolean, offset: number, length: number): void {
    job.digest = null;
    job.checked = false;
    if (!this.#host.space.full && ++job.losses >= triesMax) {
      this.#fail(job, "E_WRITE");
      return;
    }
    if (job.size === 0) this.finish(job.file); // there is nothing to ask for
    else if (!this.#over) this.#say({ type: "lost", file: job.file, version: job.version, offset, length });
    // So that a disk that fills up again takes less with it.
    if (!segmented && job.size > this.#limits.segment) this.#restart(job, true);
  }

  /** Begins to read a file back. Its bytes may still be in the swap file, which the browser renames when it closes. */
  #readBack(job: Job): Promise<Verified> {
    if (job.digest !== null) return job.digest;
    const { body, name, size } = job;
    const swap = size >= earlyFrom ? this.#part.swap(name, size) : Promise.resolve(null);
    const digest = swap.then((open) => whileClosing(size, open, async () => (await body.finish()).getFile(), (n, source) => this.#read(n, source)));
    digest.catch(() => {
      if (job.digest === digest) job.digest = null;
    });
    job.digest = digest;
    return digest;
  }

  #read(size: number, source: Source): Promise<Digest> {
    const permits = size > groupSize ? this.#readingLarge : this.#reading;
    return permits.within(() => hashing(this.#renewable, (h) => digestOf(h, size, source, this.#renewable.hands)));
  }

  async #finish(job: Job): Promise<void> {
    const { body, version } = job;
    try {
      await body.finish();
      if (job.body !== body) return; // it began again meanwhile
      const { size, digest, cvs } = await this.#readBack(job);
      if (this.#jobs.get(job.file) !== job || job.body !== body || this.#over) return;
      job.checked = true;
      this.#say({ type: "digest", file: job.file, version, size, digest, cvs });
    } catch (error) {
      if (job.body === body) this.#trouble(job, error);
    }
  }

  async #land(job: Job): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#host.space.wait();
        if (this.#jobs.get(job.file) !== job || job.digest === null) return;
        const handle = await job.body.finish();
        const digest = await job.digest;
        if (!isStill(await handle.getFile(), digest.stamp)) return this.#again(job);
        const { name, skipped, modified } = job.placed === null ? await this.#lander.land(handle, digest, job.path) : { name: job.placed, skipped: false, modified: digest.stamp.lastModified };
        this.#jobs.delete(job.file);
        if (!this.#over) this.#say({ type: "landed", file: job.file, name, skipped, place: `at/${modified}/${name}` });
        return;
      } catch (error) {
        if (error instanceof Gone) return;
        if (troubleOf(error) === "missing") this.#dirs.forget();
        const verdict = error instanceof FileFailed ? error.code : await this.#judge(error, job.size, tries, 0);
        if (verdict !== "again" && verdict !== "full") {
          this.#fail(job, verdict);
          return;
        }
      }
    }
  }

  /** Reads a file back once more that somebody changed before it got its name: the core judges anew. */
  #again(job: Job): Promise<void> {
    job.digest = null;
    if (++job.losses < triesMax) return this.#finish(job);
    this.#fail(job, "E_WRITE"); // somebody keeps writing it
    return Promise.resolve();
  }

  /** Takes a file that could not be read back: once more from the start, or not at all. */
  #trouble(job: Job, error: unknown): void {
    const code = codeOf(error);
    if (code === null || this.#jobs.get(job.file) !== job) return;
    if (error instanceof FileFailed) this.#fail(job, code);
    else {
      this.#restart(job, job.size > this.#limits.segmentFrom);
      this.#lost(job, true, 0, job.size);
    }
  }

  #fail(job: Job, code: FailureCode): void {
    this.drop(job.file);
    if (!this.#over) this.#say({ type: "failed", file: job.file, code });
  }

  async #makeDir(entry: Entry): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#host.space.wait();
        await this.#dirs.get(entry.path);
        return;
      } catch (error) {
        const verdict = troubleOf(error) === "name" ? "E_NAME" : await this.#judge(error, 0, tries, 0);
        if (verdict === "again" || verdict === "full") continue;
        if (!this.#over) this.#say({ type: "failed", file: entry.file, code: verdict });
        return;
      }
    }
  }

  async #judge(error: unknown, need: number, tries: number, freed: number): Promise<"again" | "full" | FailureCode> {
    const trouble = troubleOf(error);
    if (this.#over || trouble === "denied") return "E_WRITE";
    if (trouble === "name") return "E_NAME";
    if (trouble === "missing") return tries < triesMax && (await this.#part.remake()) ? "again" : "E_WRITE";
    // Chromium reports a full disk as a quota or as an aborted write: a try tells,
    // of more than what it freed when it threw the written bytes away; but of no
    // more than a segment, because tries may go on for hours.
    const look = Math.min(need, this.#limits.segment) + groupSize;
    if (trouble === "full" || this.#host.space.full || !(await this.#part.fits(look))) {
      this.#freed = freed;
      void this.#host.space.close(look);
      return "full";
    }
    if (tries >= triesMax) return "E_WRITE";
    await sleep(retryAfter * tries); // a virus scanner may have the file in its hands
    return "again";
  }

  /** Bytes that are missing for the rest of the transfer. */
  #needed(): number {
    let joins = 0; // a file in segments needs its size once more while it lands
    for (const job of this.#jobs.values()) if (job.body instanceof Segments) joins += job.body.unjoined;
    return Math.max(groupSize, this.#bytes + joins - this.#kept - this.#freed);
  }
}
