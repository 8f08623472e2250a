// The folder inside the destination in which a transfer is written until its
// files have their names.

import { troubleOf } from "./sink.ts";

/** What it stands in: visible to the person, and named for what it is. */
const unfinished = "Beeline (unfinished)";

/** Bytes that one write of a look for space takes. */
const step = 4 << 20;

export class PartFolder {
  readonly #root: FileSystemDirectoryHandle;
  readonly #key: string;
  handle: FileSystemDirectoryHandle;
  /** Names of the files that an earlier page left. */
  readonly left = new Set<string>();

  private constructor(root: FileSystemDirectoryHandle, key: string, handle: FileSystemDirectoryHandle) {
    this.#root = root;
    this.#key = key;
    this.handle = handle;
  }

  /**
   * Makes it, empty: an older one of the same transfer is worth nothing without a
   * journal. With one it is taken `again`, without what was never closed in it. One
   * that another tab is writing to is none of ours.
   */
  static async make(root: FileSystemDirectoryHandle, key: string, again = false): Promise<PartFolder> {
    const parent = await root.getDirectoryHandle(unfinished, { create: true });
    const mine = await hold(`beeline-part-${key}`);
    if (mine && again) {
      const folder = new PartFolder(root, key, await parent.getDirectoryHandle(key, { create: true }));
      await folder.#look();
      return folder;
    }
    const own = mine ? key : `${key}-${crypto.randomUUID().slice(0, 8)}`;
    for (let n = 1; ; n++) {
      // One that is locked by a move that never ended stays beside it.
      const name = n === 1 ? own : `${own}-${n}`;
      try {
        await parent.removeEntry(name, { recursive: true });
      } catch (error) {
        if (troubleOf(error) === "locked" && n < 10) continue;
        if (troubleOf(error) !== "missing") throw error;
      }
      return new PartFolder(root, name, await parent.getDirectoryHandle(name, { create: true }));
    }
  }

  async #look(): Promise<void> {
    const names: string[] = [];
    for await (const name of this.handle.keys()) names.push(name);
    for (const name of names) {
      if (name.endsWith(".crswap")) await this.handle.removeEntry(name).catch(() => undefined);
      else this.left.add(name);
    }
  }

  /** A name that no file of an earlier page has. */
  fresh(name: string): string {
    if (!this.left.has(name)) return name;
    const dot = name.indexOf(".");
    const [stem, extension] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
    for (let n = 2; ; n++) if (!this.left.has(`${stem}-${n}${extension}`)) return `${stem}-${n}${extension}`;
  }

  /** A closed file of an earlier page, if it has this size. */
  async find(name: string, size: number): Promise<FileSystemFileHandle | null> {
    if (!this.left.has(name)) return null;
    try {
      const handle = await this.handle.getFileHandle(name);
      return (await handle.getFile()).size === size ? handle : null;
    } catch {
      return null;
    }
  }

  /** The highest number of a segment that an earlier page left. */
  get segments(): number {
    let most = 0;
    for (const name of this.left) most = Math.max(most, Number(/^s(\d+)\.txt$/.exec(name)?.[1] ?? 0));
    return most;
  }

  /** What the browser keeps of an open file, if all of it is there. */
  async swap(name: string, size: number): Promise<File | null> {
    try {
      const file = await (await this.handle.getFileHandle(`${name}.crswap`)).getFile();
      return file.size === size ? file : null;
    } catch {
      return null; // a browser that keeps it elsewhere
    }
  }

  /** Makes it again, if somebody took it away. False where that is not possible. */
  async remake(): Promise<boolean> {
    try {
      const parent = await this.#root.getDirectoryHandle(unfinished, { create: true });
      this.handle = await parent.getDirectoryHandle(this.#key, { create: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Tries whether so many bytes can be written, without keeping them. */
  async fits(bytes: number): Promise<boolean> {
    const name = "space.txt";
    let stream: FileSystemWritableFileStream | null = null;
    try {
      stream = await (await this.handle.getFileHandle(name, { create: true })).createWritable();
      const zeros = new Uint8Array(Math.min(bytes, step));
      for (let at = 0; at < bytes; at += zeros.byteLength) {
        await stream.write({ type: "write", position: at, data: zeros.subarray(0, Math.min(zeros.byteLength, bytes - at)) });
      }
      return true;
    } catch (error) {
      return troubleOf(error) === "missing"; // not a question of space
    } finally {
      await stream?.abort().catch(() => undefined);
      await this.handle.removeEntry(name).catch(() => undefined);
    }
  }

  /** Removes it, and what it stands in if no other transfer is there. */
  async clean(): Promise<void> {
    try {
      const parent = await this.#root.getDirectoryHandle(unfinished);
      await parent.removeEntry(this.#key, { recursive: true });
      await this.#root.removeEntry(unfinished);
    } catch {
      // Not empty, or locked by a move that never ended.
    }
  }
}

/** Takes a lock for as long as this worker lives. False where another has it. */
function hold(name: string): Promise<boolean> {
  if (typeof navigator === "undefined" || navigator.locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    });
  });
}
