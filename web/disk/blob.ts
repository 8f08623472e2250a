// Memory, for a browser without storage of its own: small transfers only.

import type { Store, StoredFile } from "./store.ts";

const chunkSize = 1 << 20;

export class MemoryStore implements Store {
  readonly where = "blob";
  readonly volumes = 0;
  readonly #max: number;
  #files = new Map<string, MemoryFile>();
  #used = 0;

  /** `max` is how many bytes it takes. */
  constructor(max: number) {
    this.#max = max;
  }

  open(name: string): Promise<StoredFile> {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = new MemoryFile((bytes) => {
        if (this.#used + bytes > this.#max) throw new DOMException("memory is full", "QuotaExceededError");
        this.#used += bytes;
      });
      this.#files.set(name, file);
    }
    return Promise.resolve(file);
  }

  blob(name: string): Promise<Blob> {
    return Promise.resolve(this.#files.get(name)?.release() ?? new Blob([]));
  }

  remove(name: string): Promise<void> {
    this.#used -= this.#files.get(name)?.held ?? 0;
    this.#files.delete(name);
    return Promise.resolve();
  }

  free(): Promise<number> {
    return Promise.resolve(this.#max - this.#used);
  }

  delivered(): Promise<void> {
    return Promise.resolve();
  }

  wipe(): Promise<void> {
    this.#files.clear();
    this.#used = 0;
    return Promise.resolve();
  }
}

class MemoryFile implements StoredFile {
  readonly #take: (bytes: number) => void;
  #chunks = new Map<number, Uint8Array<ArrayBuffer>>();
  #size = 0;

  constructor(take: (bytes: number) => void) {
    this.#take = take;
  }

  /** Bytes of memory. */
  get held(): number {
    return this.#chunks.size * chunkSize;
  }

  read(into: Uint8Array, at: number): number {
    const n = Math.max(0, Math.min(into.byteLength, this.#size - at));
    for (let done = 0; done < n; ) {
      const [chunk, from] = place(at + done);
      const step = Math.min(n - done, chunkSize - from);
      const bytes = this.#chunks.get(chunk);
      if (bytes) into.set(bytes.subarray(from, from + step), done);
      else into.fill(0, done, done + step);
      done += step;
    }
    return n;
  }

  write(bytes: Uint8Array, at: number): number {
    for (let done = 0; done < bytes.byteLength; ) {
      const [number, from] = place(at + done);
      const step = Math.min(bytes.byteLength - done, chunkSize - from);
      let chunk = this.#chunks.get(number);
      if (chunk === undefined) {
        this.#take(chunkSize);
        chunk = new Uint8Array(chunkSize);
        this.#chunks.set(number, chunk);
      }
      chunk.set(bytes.subarray(done, done + step), from);
      done += step;
    }
    this.#size = Math.max(this.#size, at + bytes.byteLength);
    return bytes.byteLength;
  }

  flush(): void {
    // Nothing in memory survives anything.
  }

  close(): void {
    // It stays until it is released.
  }

  /** Hands the bytes over chunk by chunk, so that they are never there twice. */
  release(): Blob {
    const parts: Blob[] = [];
    for (let at = 0; at < this.#size; at += chunkSize) {
      const [number] = place(at);
      const chunk = this.#chunks.get(number) ?? new Uint8Array(chunkSize);
      parts.push(new Blob([chunk.subarray(0, Math.min(chunkSize, this.#size - at))]));
      this.#chunks.delete(number);
    }
    this.#size = 0;
    return new Blob(parts);
  }
}

function place(at: number): [chunk: number, from: number] {
  const chunk = Math.floor(at / chunkSize);
  return [chunk, at - chunk * chunkSize];
}
