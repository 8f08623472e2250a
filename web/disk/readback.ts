// Reads a file back from disk and computes its digest: "verified" is said about
// what is there, never about what was meant to be written.

import { BlobReader } from "../shared/blobreader.ts";
import { groupSize } from "./coverage.ts";
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
 * Gives the bytes of a file from a place on. Asked again after an error, it may
 * know another way to them; where it does not, it throws that error.
 */
export type Source = (from: number, error: unknown) => Promise<Blob>;

export function sourceOf(blob: Blob): Source {
  return (from, error) => (error === null ? Promise.resolve(blob.slice(from, blob.size)) : Promise.reject(error));
}

/** A hasher that can be replaced when its instance fails. */
export interface Renewable {
  hasher: Hasher;
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

/** Computes the digest of a file of that size. Holds a group of it at a time. */
export async function digestOf(h: Hasher, size: number, source: Source): Promise<Digest> {
  if (size <= groupSize) {
    const bytes = new Uint8Array(await (await source(0, null)).arrayBuffer());
    if (bytes.byteLength !== size) throw new Error("the file has another size than it should");
    h.slot().set(bytes);
    return { size, digest: h.single(size), cvs: null };
  }
  const cvs = new Uint8Array(Math.ceil(size / groupSize) * 32);
  let at = 0;
  for (let problem: unknown = null; at < size; ) {
    const blob = await source(at, problem);
    try {
      for await (const bytes of groupsOf(blob, size - at)) {
        h.slot().set(bytes);
        cvs.set(h.group(bytes.byteLength, at / groupSize), (at / groupSize) * 32);
        at += bytes.byteLength;
      }
    } catch (error) {
      if (error instanceof HasherDead) throw error;
      problem = error;
    }
  }
  return { size, digest: h.tree(size, cvs), cvs };
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
  const source: Source = async (from, error) => {
    if (error !== null && open === null) throw error;
    if (error !== null) open = null; // it was renamed in between
    const file = open ?? (await closed());
    return file.slice(from, file.size);
  };
  const result = await read(open === null ? (await closed()).size : size, source);
  const { size: bytes, lastModified } = await closed(); // what was read is what was kept
  return { ...result, stamp: { size: bytes, lastModified } };
}

/** The next so many bytes of a blob, in groups. What it gives is void when the next is asked for. */
async function* groupsOf(blob: Blob, size: number): AsyncGenerator<Uint8Array> {
  const reader = new BlobReader(blob);
  const group = new Uint8Array(groupSize);
  try {
    for (let left = size; left > 0; left -= groupSize) {
      const bytes = group.subarray(0, left);
      await reader.fill(bytes);
      yield bytes;
    }
  } finally {
    reader.cancel();
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((x, i) => x === b[i]);
}
