// Files that are kept for a download lie one behind the other in a few large
// ones, each with room for its ZIP header before it: opening a file of its own
// for every small one takes Firefox 26 ms, and the archive is then nothing but
// these volumes with what closes it.
//
//	v0   header a.wav │ header b.wav │ header c.wav …      shared, up to 1 GiB
//	v1   header A001.mov                                   a large file alone

import type { Store, StoredFile } from "./store.ts";

/** Where an entry stands. */
export interface Place {
  volume: number;
  /** Bytes from the start of the volume to the header. */
  at: number;
  header: number;
  size: number;
}

/** A file of at least this size has a volume of its own. */
const aloneFrom = 8 << 20;

/** A shared volume is closed when it holds this much. */
const sharedMax = 1 << 30;

interface Volume {
  name: string;
  end: number;
  /** Entries that are not finished. */
  users: number;
  file: Promise<StoredFile> | null;
  dirty: boolean;
  holes: { from: number; to: number }[];
  /** Of an earlier page: nothing in it counts but what was recalled. */
  recalled: { from: number; to: number }[] | null;
}

function newVolume(number: number, recalled: Volume["recalled"]): Volume {
  return { name: `v${number}`, end: 0, users: 0, file: null, dirty: false, holes: [], recalled };
}

export class Volumes {
  readonly #store: Store;
  #volumes: Volume[] = [];
  #shared: number | null = null;

  constructor(store: Store) {
    this.#store = store;
    for (let n = 0; n < store.volumes; n++) this.#volumes.push(newVolume(n, []));
  }

  /** Takes over a place of an earlier page. It has to be settled or released once. False where it can't be one. */
  recall(place: Place): boolean {
    const v = this.#volumes[place.volume];
    if (v === undefined || v.recalled === null) return false;
    const run = { from: place.at, to: place.at + place.header + place.size };
    if (v.recalled.some((other) => run.from < other.to && other.from < run.to)) return false;
    v.recalled.push(run);
    v.users++;
    return true;
  }

  get count(): number {
    return this.#volumes.length;
  }

  /** Finds a place for an entry. It has to be settled or released once. */
  place(header: number, size: number): Place {
    let volume = this.#shared;
    const alone = size >= aloneFrom;
    if (alone || volume === null || this.#get(volume).end >= sharedMax) {
      volume = this.#volumes.length;
      this.#volumes.push(newVolume(volume, null));
      if (!alone) {
        if (this.#shared !== null) this.#shut(this.#shared);
        this.#shared = volume;
      }
    }
    const v = this.#get(volume);
    const place = { volume, at: v.end, header, size };
    v.end += header + size;
    v.users++;
    return place;
  }

  /** The volume's file, to write to or read from. */
  async file(volume: number): Promise<StoredFile> {
    const v = this.#get(volume);
    v.file ??= this.#store.open(v.name);
    try {
      return await v.file;
    } catch (error) {
      v.file = null;
      throw error;
    }
  }

  wrote(volume: number): void {
    this.#get(volume).dirty = true;
  }

  /** The entry is finished. */
  settle(place: Place): void {
    const v = this.#get(place.volume);
    v.users--;
    this.#shut(place.volume);
  }

  /** The entry is not wanted any more: what it took becomes a hole. */
  async release(place: Place): Promise<void> {
    const v = this.#get(place.volume);
    v.users--;
    if (v.recalled !== null) {
      v.recalled = v.recalled.filter((run) => run.from !== place.at);
      return;
    }
    v.holes.push({ from: place.at, to: place.at + place.header + place.size });
    if (place.at > 0 || v.users > 0 || place.volume === this.#shared) return;
    const file = v.file;
    v.file = null;
    v.dirty = false;
    try {
      (await file)?.close();
      await this.#store.remove(v.name);
    } catch {
      // It was never made.
    }
  }

  /** Makes what was written so far safe. */
  async flush(): Promise<void> {
    for (const v of this.#volumes) {
      if (!v.dirty || v.file === null) continue;
      v.dirty = false;
      try {
        (await v.file).flush();
      } catch (error) {
        v.dirty = true;
        throw error;
      }
    }
  }

  /** Closes every file. They can be opened again. */
  async close(): Promise<void> {
    for (const v of this.#volumes) {
      const file = v.file;
      v.file = null;
      v.dirty = false;
      try {
        (await file)?.close();
      } catch {
        // It never opened.
      }
    }
  }

  /** The pieces of a volume that belong to the archive, in order. */
  runs(volume: number): { from: number; to: number }[] {
    const v = this.#get(volume);
    if (v.recalled !== null) return v.recalled.sort((a, b) => a.from - b.from);
    v.holes.sort((a, b) => a.from - b.from);
    const runs: { from: number; to: number }[] = [];
    let from = 0;
    for (const hole of [...v.holes, { from: v.end, to: v.end }]) {
      if (hole.from > from) runs.push({ from, to: hole.from });
      from = hole.to;
    }
    return runs;
  }

  blob(volume: number): Promise<Blob> {
    return this.#store.blob(this.#get(volume).name);
  }

  /** Closes a volume that nobody writes any more, after its last bytes are safe. */
  #shut(volume: number): void {
    const v = this.#get(volume);
    if (v.users > 0 || v.file === null || volume === this.#shared) return;
    const file = v.file;
    v.file = null;
    const { dirty } = v;
    v.dirty = false;
    void file.then(
      (f) => {
        if (dirty) f.flush();
        f.close();
      },
      () => undefined,
    );
  }

  #get(volume: number): Volume {
    const v = this.#volumes[volume];
    if (v === undefined) throw new RangeError("no such volume");
    return v;
  }
}
