// Reads a file back from disk and computes its digest: "verified" is said about
// what is there, never about what was meant to be written.

import { groupSize } from "./coverage.ts";
import { type Hasher, HasherDead } from "./hasher.ts";

/** What was read back. `cvs` is null for a file of at most one group. */
export interface Digest {
  size: number;
  digest: Uint8Array;
  cvs: Uint8Array | null;
}

/** Reads bytes of a file; answers with fewer only at its end. */
export type Source = (from: number, length: number) => Promise<ArrayBuffer>;

/** Bytes asked for at once. Two such reads are under way, so a file in hand takes 8 MiB. */
const step = 4 * groupSize;

export function sourceOf(blob: Blob): Source {
  return (from, length) => blob.slice(from, from + length).arrayBuffer();
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

/** Computes the digest of a file of that size. */
export async function digestOf(h: Hasher, size: number, read: Source): Promise<Digest> {
  if (size <= groupSize) {
    const bytes = new Uint8Array(await read(0, size));
    h.slot().set(bytes);
    return { size: bytes.byteLength, digest: h.single(bytes.byteLength), cvs: null };
  }
  const cvs = new Uint8Array(Math.ceil(size / groupSize) * 32);
  let next: Promise<ArrayBuffer> | null = read(0, step);
  for (let at = 0; at < size && next !== null; at += step) {
    const buffer: ArrayBuffer = await next;
    const want = Math.min(step, size - at);
    if (buffer.byteLength !== want) throw new Error("the file is shorter than it should be");
    next = at + step < size ? read(at + step, Math.min(step, size - at - step)) : null;
    next?.catch(() => undefined); // awaited in the next turn, if there is one
    for (let o = 0; o < want; o += groupSize) {
      const bytes = new Uint8Array(buffer, o, Math.min(groupSize, want - o));
      h.slot().set(bytes);
      const index = (at + o) / groupSize;
      cvs.set(h.group(bytes.byteLength, index), index * 32);
    }
  }
  return { size, digest: h.tree(size, cvs), cvs };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((x, i) => x === b[i]);
}
