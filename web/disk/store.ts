// Where bytes are kept that no folder takes: the browser's own storage (opfs.ts)
// or, where there is none, memory (blob.ts).

/** A file that can be read and written at any place, at once. */
export interface StoredFile {
  /** Returns how many bytes there were. */
  read(into: Uint8Array, at: number): number;
  /** Returns how many bytes were taken. Throws QuotaExceededError when full. */
  write(bytes: Uint8Array, at: number): number;
  /** Returns when a crash can't lose what was written. */
  flush(): void;
  close(): void;
}

export interface Store {
  readonly where: "opfs" | "blob";
  /** How many volumes an earlier page left: their numbers are taken. */
  readonly volumes: number;
  /** Opens a file, made when it is missing. One handle a file. */
  open(name: string): Promise<StoredFile>;
  /** A closed file's bytes, as they are then. In memory they are handed over: the file is empty afterwards. */
  blob(name: string): Promise<Blob>;
  remove(name: string): Promise<void>;
  /** How many bytes more it will take, as far as is known. */
  free(): Promise<number>;
  /** Says that the person has got everything: the space may be freed by a later page. */
  delivered(): Promise<void>;
  /** Frees everything. No file may be open. */
  wipe(): Promise<void>;
}

/** Tries whether so many bytes can be written, without keeping them. */
export async function probe(store: Store, bytes: number): Promise<boolean> {
  const name = "space";
  try {
    const file = await store.open(name);
    try {
      const zeros = new Uint8Array(Math.min(bytes, 1 << 20));
      for (let at = 0; at < bytes; ) {
        const n = file.write(zeros.subarray(0, Math.min(zeros.byteLength, bytes - at)), at);
        if (n <= 0) return false;
        at += n;
      }
    } finally {
      file.close();
      await store.remove(name);
    }
    return true;
  } catch {
    return false;
  }
}
