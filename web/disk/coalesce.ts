// Bytes that wait for one file are written in runs: each write costs a round
// trip to the browser, and 4 MiB at once take two thirds of the time that four
// times 1 MiB take.

/** The most bytes that go into one write. DESIGN 5. */
export const runMax = 4 << 20;

/** Bytes and where they belong. */
export interface Chunk {
  /** Bytes from the start of the file. */
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Takes the chunk with the lowest place out of the queue, and those that follow
 * it without a gap, as long as they are `max` bytes together. Order in the queue
 * means nothing: lanes deliver groups in any order.
 */
export function takeRun<C extends Chunk>(queue: C[], max: number = runMax): C[] {
  queue.sort((a, b) => a.at - b.at);
  let length = 0;
  let n = 0;
  for (const chunk of queue) {
    const first = queue[0];
    if (first === undefined || chunk.at !== first.at + length) break;
    if (n > 0 && length + chunk.bytes.byteLength > max) break;
    length += chunk.bytes.byteLength;
    n++;
  }
  return queue.splice(0, n);
}

/** Joins the bytes of a run. A run of one chunk is not copied. */
export function joinRun(run: readonly Chunk[]): Uint8Array<ArrayBuffer> {
  const [only] = run;
  return run.length === 1 && only !== undefined ? only.bytes : fill(new Uint8Array(lengthOf(run)), run);
}

/** Buffers of runMax bytes that nobody uses. A new one for each run would be so many pages that the browser has to ask for, fill with zeros and give back. */
const spare: ArrayBuffer[] = [];
const mostSpare = 2;

/** Joins the bytes of a run, at most runMax of several chunks, for as long as `use` needs them. */
export async function withJoined<T>(run: readonly Chunk[], use: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
  if (run.length === 1) return use(joinRun(run));
  const buffer = spare.pop() ?? new ArrayBuffer(runMax);
  const result = await use(fill(new Uint8Array(buffer, 0, lengthOf(run)), run));
  if (spare.length < mostSpare) spare.push(buffer); // where use failed, somebody may read it still
  return result;
}

function lengthOf(run: readonly Chunk[]): number {
  return run.reduce((sum, c) => sum + c.bytes.byteLength, 0);
}

function fill(joined: Uint8Array<ArrayBuffer>, run: readonly Chunk[]): Uint8Array<ArrayBuffer> {
  let at = 0;
  for (const chunk of run) {
    joined.set(chunk.bytes, at);
    at += chunk.bytes.byteLength;
  }
  return joined;
}
