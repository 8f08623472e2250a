// Reads the groups that one lane sends. Where they follow each other in a file, a
// stream of it is kept open: a slice for each group costs twice the processor time
// in Chromium. Where several lanes share a file, theirs do not, and each is a slice.

import { BlobReader } from "../shared/blobreader.ts";
import type { CoreToLane } from "../shared/ports.ts";
import { GroupSize } from "../wire/wire.ts";

type Send = Extract<CoreToLane, { type: "send" }>;

/** Bytes of a stream. A browser looks at a file's date where one begins, so a file that changed is noticed after as much at the latest. */
const streamBytes = 32 * GroupSize;

/** Buffers kept for the next reads: as many as are read ahead. */
const mostSpare = 2;

interface Stream {
  name: string;
  reader: BlobReader;
  /** The next byte of the file that nobody asked for, and the end of the stream. */
  at: number;
  end: number;
  /** The read before, which the next one waits for. */
  turn: Promise<unknown>;
  /** False once nobody waits for what was asked of it. */
  wanted: boolean;
}

export class Sources {
  #stream: Stream | null = null;
  /** What was asked for last of a file, and where that ended. */
  #last = { name: "", end: 0 };
  readonly #spare: Uint8Array[] = [];

  /** The bytes of a group, to be given back with done; null: the core has to look at the source again. */
  async read(send: Send): Promise<Uint8Array | null> {
    const from = send.group * GroupSize;
    const stream = this.#streamFor(send, from);
    if (stream !== null) {
      try {
        return await this.#next(stream, send.length);
      } catch {
        if (stream === this.#stream) this.#end();
        if (!stream.wanted) return null;
        // A stream is open for long, and a network drive was away meanwhile: only
        // what can't be opened anew either can't be read, since the core gives that up.
      }
    }
    return slice(send.source, from, send.length);
  }

  /** What read gave was used up. */
  done(bytes: Uint8Array): void {
    if (bytes.buffer.byteLength === GroupSize && this.#spare.length < mostSpare) this.#spare.push(new Uint8Array(bytes.buffer));
  }

  /** No more of this file will be asked for. */
  cancel(file: number): void {
    if (this.#stream?.name.startsWith(`${file}/`) === true) this.#drop();
  }

  close(): void {
    this.#drop();
  }

  /** The stream whose next bytes these are, opened if they follow what was asked for last. */
  #streamFor({ file, version, source, length }: Send, from: number): Stream | null {
    const name = `${file}/${version}`;
    const follows = this.#last.name === name && this.#last.end === from;
    this.#last = { name, end: from + length };
    if (this.#stream?.name === name && this.#stream.at === from) return this.#stream;
    return follows ? this.#open(name, source, from) : null;
  }

  #open(name: string, source: Blob, from: number): Stream {
    this.#end();
    const end = Math.min(source.size, from + streamBytes);
    this.#stream = { name, reader: new BlobReader(source.slice(from, end)), at: from, end, turn: Promise.resolve(), wanted: true };
    return this.#stream;
  }

  async #next(stream: Stream, length: number): Promise<Uint8Array> {
    stream.at += length;
    const bytes = (this.#spare.pop() ?? new Uint8Array(GroupSize)).subarray(0, length);
    const turn = stream.turn.then(() => stream.reader.fill(bytes));
    stream.turn = turn;
    if (stream.at >= stream.end && stream === this.#stream) this.#end();
    await turn;
    return bytes;
  }

  /** Nothing more is asked of the stream; what was asked for still comes. */
  #end(): void {
    const stream = this.#stream;
    this.#stream = null;
    const cancel = () => stream?.reader.cancel();
    stream?.turn.then(cancel, cancel);
  }

  /** Ends the stream, and what waits for it. */
  #drop(): void {
    if (this.#stream === null) return;
    this.#stream.wanted = false;
    this.#stream.reader.cancel();
    this.#stream = null;
  }
}

async function slice(source: Blob, from: number, length: number): Promise<Uint8Array | null> {
  try {
    const bytes = new Uint8Array(await source.slice(from, from + length).arrayBuffer());
    return bytes.byteLength === length ? bytes : null;
  } catch {
    return null; // changed, gone, or no longer allowed
  }
}
