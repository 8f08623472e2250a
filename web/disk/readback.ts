// Reads a file back from disk and computes its digest: "verified" is said about
// what is there, never about what was meant to be written.

import { groupsOf } from "../shared/blobreader.ts";
import { groupSize } from "./coverage.ts";
import { type Hand, HandGone } from "./hands.ts";
import { type Hasher, HasherDead } from "./hasher.ts";

/** What was read back. `cvs` is null for a file of at most one group. */
export interface Digest {
  size: number;
  digest: Uint8Array;
  cvs: Uint8Array | null;
}

/** What tells, as far as a browser shows it, that a file is still the one that was read back. */
export interface Stamp {
  size: number;
  lastModified: number;
}

/** What was read back, and of what. */
export interface Verified extends Digest {
  stamp: Stamp;
}

export function isStill(file: File, { size, lastModified }: Stamp): boolean {
  return file.size === size && file.lastModified === lastModified;
}

/**
 * Gives a file. Asked again after an error, it may know another way to its bytes;
 * where it does not, it throws that error.
 */
export type Source = (error: unknown) => Promise<Blob>;

export function sourceOf(blob: Blob): Source {
  return (error) => (error === null ? Promise.resolve(blob) : Promise.reject(error));
}

/** A hasher that can be replaced when its instance fails. */
export interface Renewable {
  hasher: Hasher;
  /** Who helps with large files. */
  hands?: readonly Hand[];
  renew(): Promise<void>;
}

/** Runs f; where the hasher fails, once more with a new one. */
export async function hashing<T>(r: Renewable, f: (h: Hasher) => Promise<T>): Promise<T> {
  try {
    return await f(r.hasher);
  } catch (error) {
    if (!(error instanceof HasherDead)) throw error;
    await r.renew();
    return await f(r.hasher);
  }
}

/** Groups that one hand reads at a time: a stream of its own for each run costs little then, and none is waited for long. */
const runGroups = 16;

/** How often a hand may fail to read before it is asked no more. */
const handTries = 4;

/** Computes the digest of a file of that size. Holds a group of it at a time, and so does each hand that helps. */
export async function digestOf(h: Hasher, size: number, source: Source, hands: readonly Hand[] = []): Promise<Digest> {
  if (size <= groupSize) {
    const bytes = new Uint8Array(await (await source(null)).arrayBuffer());
    if (bytes.byteLength !== size) throw new Error("the file has another size than it should");
    h.slot().set(bytes);
    return { size, digest: h.single(size), cvs: null };
  }
  const work = new Work(size, source, hands.length === 0);
  const helped = Promise.all(hands.map((hand) => work.by(hand)));
  try {
    await work.here(h);
    await helped;
    await work.here(h); // what a hand gave back
  } finally {
    work.end();
  }
  return { size, digest: h.tree(size, work.cvs), cvs: work.cvs };
}

/** The runs of groups of one file that are still to be read, for all who read them. */
class Work {
  readonly cvs: Uint8Array<ArrayBuffer>;
  readonly #size: number;
  readonly #source: Source;
  readonly #groups: number;
  readonly #run: number;
  #next = 0;
  #over = false;
  /** First groups of runs that a hand gave back. */
  #back: number[] = [];
  /** The file, or the next way to it. */
  #file: Promise<Blob>;
  /** Hands that wait for what is done here; null while nothing is. */
  #waiting: (() => void)[] | null = null;

  constructor(size: number, source: Source, alone: boolean) {
    this.#size = size;
    this.#source = source;
    this.#groups = Math.ceil(size / groupSize);
    this.#run = alone ? this.#groups : runGroups;
    this.cvs = new Uint8Array(this.#groups * 32);
    this.#file = source(null);
  }

  /** Nobody begins another run. */
  end(): void {
    this.#over = true;
    this.#turn();
  }

  /** Reads runs until none is left. */
  async here(h: Hasher): Promise<void> {
    for (let first = this.#take(); first !== undefined; first = this.#take()) {
      this.#turn([]);
      for (let at = first; at < this.#endOf(first); ) {
        try {
          for await (const bytes of groupsOf(await this.#part(at, first))) {
            h.slot().set(bytes);
            this.cvs.set(h.group(bytes.byteLength, at), at * 32);
            at++;
          }
        } catch (error) {
          if (error instanceof HasherDead) throw error;
          // Whether there is another way is asked here alone: what a hand can't read may be read here.
          this.#file = this.#source(error);
          await this.#file;
        }
      }
    }
    this.#turn();
  }

  /** Has a hand read runs until none is left, or it can't. It never fails. */
  async by(hand: Hand): Promise<void> {
    let failed = 0;
    for (let first = this.#take(); first !== undefined; first = this.#take()) {
      try {
        const cvs = await hand.hash(await this.#part(first, first), first);
        if (cvs.byteLength !== (this.#endOf(first) - first) * 32) throw new Error("a hand answered something else");
        this.cvs.set(cvs, first * 32);
      } catch (error) {
        this.#back.push(first);
        if (error instanceof HandGone || ++failed === handTries) return;
        // It may have been renamed in between: then that is found out here, and soon.
        if (this.#waiting !== null) await new Promise<void>((resolve) => this.#waiting?.push(resolve));
      }
    }
  }

  /** Something happened here: hands that waited for it go on. */
  #turn(next: (() => void)[] | null = null): void {
    const waited = this.#waiting ?? [];
    this.#waiting = next;
    for (const resolve of waited) resolve();
  }

  #take(): number | undefined {
    if (this.#over) return undefined; // also what a hand gives back after that
    const back = this.#back.pop();
    if (back !== undefined || this.#next >= this.#groups) return back;
    const first = this.#next;
    this.#next += this.#run;
    return first;
  }

  #endOf(first: number): number {
    return Math.min(first + this.#run, this.#groups);
  }

  /** From a group to the end of the run that began with `first`. */
  async #part(at: number, first: number): Promise<Blob> {
    const end = Math.min(this.#endOf(first) * groupSize, this.#size);
    const part = (await this.#file).slice(at * groupSize, end);
    if (part.size !== end - at * groupSize) throw new Error("the file is shorter than it should be");
    return part;
  }
}

/**
 * Reads a file back while its stream still closes: from its swap file, if there is
 * one, until the browser renames that.
 */
export async function whileClosing(
  size: number,
  swap: File | null,
  finish: () => Promise<File>,
  read: (size: number, source: Source) => Promise<Digest>,
): Promise<Verified> {
  let open = swap;
  let kept: File | null = null;
  const closed = async (): Promise<File> => (kept ??= await finish());
  const source: Source = async (error) => {
    if (error !== null && open === null) throw error;
    if (error !== null) open = null; // it was renamed in between
    return open ?? (await closed());
  };
  const result = await read(open === null ? (await closed()).size : size, source);
  const { size: bytes, lastModified } = await closed(); // what was read is what was kept
  if (bytes !== result.size) throw new Error("the file has another size than it should"); // somebody wrote it
  return { ...result, stamp: { size: bytes, lastModified } };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((x, i) => x === b[i]);
}
