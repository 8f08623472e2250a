// Gives a verified file its name. Nothing that is there already is ever lost:
// a move overwrites silently, so it is preceded by a look.

import type { Conflict } from "../shared/views.ts";
import { type Dirs, keyOf } from "./dirs.ts";
import { escaped, isListed, maybeAlias, numbered, splitName } from "./names.ts";
import { type Digest, isStill, sameBytes, type Stamp, type Verified } from "./readback.ts";
import { FileFailed, nameOf, troubleOf } from "./sink.ts";

/** A file that moves. TypeScript's library does not know the method. */
interface Movable extends FileSystemFileHandle {
  move(to: FileSystemDirectoryHandle, name: string): Promise<void>;
}

function canMove(handle: FileSystemFileHandle): handle is Movable {
  return "move" in handle && typeof handle.move === "function";
}

export interface Landed {
  name: string;
  /** The same file was there already. */
  skipped: boolean;
  /** Tells, with its size, that it is still that file. */
  modified: number;
}

export interface LanderOptions {
  dirs: Dirs;
  conflict: Conflict;
  /** Extensions whose files are copied, not moved (asks.ts). */
  copied: Set<string>;
  /** An earlier page began: a crash may have cut it off while it copied. */
  again: boolean;
  /** How long a move may take, in ms. */
  within: number;
  digest(file: File): Promise<Digest>;
}

/** The name is locked for good: a move to it hangs. */
class Stuck extends Error {}

export class Lander {
  readonly #o: LanderOptions;
  #taken = new Set<string>(); // places that a file is being put to

  constructor(options: LanderOptions) {
    this.#o = options;
  }

  /** Puts a file of the part folder to its path below the destination. Throws FileFailed for a name that can't be. */
  async land(handle: FileSystemFileHandle, digest: Verified, path: readonly string[]): Promise<Landed> {
    const above = path.slice(0, -1);
    const name = path.at(-1) ?? "";
    const dir = await this.#o.dirs.get(above);
    try {
      return await this.#under(handle, digest, dir, above, name);
    } catch (error) {
      if (troubleOf(error) !== "name") throw error;
    }
    // The browser refuses the name ("Thumbs.db", "x.lnk"): better an escaped one than none.
    try {
      return await this.#under(handle, digest, dir, above, escaped(name));
    } catch (error) {
      if (troubleOf(error) === "name") throw new FileFailed("E_NAME");
      throw error;
    }
  }

  /**
   * The file that an earlier page may have put there before it went: the last of
   * those that have the name or a number of it, if it has this size. What is in it
   * has to be read before anything is said of it.
   */
  async find(path: readonly string[], size: number): Promise<{ handle: FileSystemFileHandle; name: string } | null> {
    const dir = await this.#o.dirs.get(path.slice(0, -1));
    let last: { handle: FileSystemFileHandle; name: string } | null = null;
    for (let n = 1; ; n++) {
      const name = numbered(path.at(-1) ?? "", n);
      const there = await look(dir, name);
      if (there === "nothing") break;
      if (isFile(there)) last = { handle: there, name };
    }
    return last !== null && (await last.handle.getFile()).size === size ? last : null;
  }

  /** Whether what was put there with this name is still as it was then. */
  async landed(path: readonly string[], name: string, stamp: Stamp): Promise<boolean> {
    const there = await look(await this.#o.dirs.get(path.slice(0, -1)), name);
    return isFile(there) && isStill(await there.getFile(), stamp);
  }

  async #under(handle: FileSystemFileHandle, digest: Verified, dir: FileSystemDirectoryHandle, above: readonly string[], wanted: string): Promise<Landed> {
    for (let n = 1; ; n++) {
      const name = numbered(wanted, n);
      const place = keyOf([...above, name]);
      if (this.#taken.has(place)) continue;
      this.#taken.add(place);
      let stuck = false;
      try {
        const there = await look(dir, name);
        if (this.#o.again && isFile(there) && this.#copies(name)) {
          const landed = await this.#over(there, handle, digest, dir, name);
          if (landed !== null) return landed;
        }
        if (there !== "nothing") {
          const same = this.#o.conflict === "skip" && isFile(there) ? await this.#same(there, digest) : null;
          if (same !== null) {
            await remove(handle);
            return { name, skipped: true, modified: same.lastModified };
          }
          if (this.#o.conflict !== "replace" || !isFile(there)) continue;
        }
        const modified = await this.#put(handle, digest, dir, name, there === "nothing");
        return { name, skipped: false, modified };
      } catch (error) {
        stuck = error instanceof Stuck;
        if (!stuck) throw error;
      } finally {
        if (!stuck) this.#taken.delete(place);
      }
    }
  }

  /** Whether a file is copied to this name: what a type is for which the browser would ask. */
  #copies(name: string): boolean {
    return this.#o.copied.has(splitName(name)[1].slice(1).toLowerCase());
  }

  /**
   * Takes a name that an earlier page may have been copying to: an empty file is written over, which loses nothing, and
   * one that is this file is it. Null where it is neither: then it is somebody else's.
   */
  async #over(there: FileSystemFileHandle, handle: FileSystemFileHandle, digest: Verified, dir: FileSystemDirectoryHandle, name: string): Promise<Landed | null> {
    if ((await there.getFile()).size === 0 && digest.size > 0) {
      await dir.removeEntry(`${name}.crswap`).catch(() => undefined); // what Chromium kept of the copy
      return { name, skipped: false, modified: await this.#put(handle, digest, dir, name, true) };
    }
    const same = await this.#same(there, digest);
    if (same === null) return null;
    await remove(handle);
    return { name, skipped: false, modified: same.lastModified };
  }

  async #same(there: FileSystemFileHandle, digest: Digest): Promise<File | null> {
    const file = await there.getFile();
    return file.size === digest.size && sameBytes((await this.#o.digest(file)).digest, digest.digest) ? file : null;
  }

  /** Returns the date that it has there. */
  async #put(handle: FileSystemFileHandle, digest: Verified, dir: FileSystemDirectoryHandle, name: string, fresh: boolean): Promise<number> {
    if (!canMove(handle) || this.#copies(name)) return this.#copy(handle, digest, dir, name, fresh);
    const move = handle.move(dir, name);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#o.within);
    });
    try {
      if ((await Promise.race([move, late])) !== "late") return digest.stamp.lastModified;
    } catch (error) {
      // Some places can't rename (folders of Android apps).
      if (troubleOf(error) !== "other") throw error;
      return await this.#copy(handle, digest, dir, name, fresh);
    } finally {
      clearTimeout(timer);
    }
    // Both names are locked until somebody answers a question of the browser's.
    move.catch(() => undefined);
    this.#o.copied.add(splitName(name)[1].slice(1).toLowerCase());
    throw new Stuck();
  }

  /** Creates the file under its name. The copy is read back as the original was. */
  async #copy(handle: FileSystemFileHandle, digest: Digest, dir: FileSystemDirectoryHandle, name: string, fresh: boolean): Promise<number> {
    const made = await dir.getFileHandle(name, { create: true });
    let copy: File;
    try {
      const stream = await made.createWritable();
      try {
        await stream.write(await handle.getFile());
        await stream.close();
      } catch (error) {
        await stream.abort().catch(() => undefined);
        throw error;
      }
      copy = await made.getFile();
      if (copy.size !== digest.size || !sameBytes((await this.#o.digest(copy)).digest, digest.digest)) throw new Error("the copy differs");
    } catch (error) {
      if (fresh) await remove(made);
      throw error;
    }
    await remove(handle);
    return copy.lastModified;
  }
}

/** What has this name now. "another": a file that is called otherwise and only answers to it. */
type There = "nothing" | "folder" | "another" | FileSystemFileHandle;

function isFile(there: There): there is FileSystemFileHandle {
  return typeof there !== "string";
}

async function look(dir: FileSystemDirectoryHandle, name: string): Promise<There> {
  try {
    const file = await dir.getFileHandle(name);
    return maybeAlias(name) && !(await isListed(dir, name)) ? "another" : file;
  } catch (error) {
    switch (nameOf(error)) {
      case "NotFoundError":
        return "nothing";
      case "TypeMismatchError":
        return "folder";
      default:
        throw error;
    }
  }
}

/** Removes a file where the browser can; what stays in the part folder goes away with it. */
async function remove(handle: FileSystemFileHandle): Promise<void> {
  if (!("remove" in handle) || typeof handle.remove !== "function") return;
  try {
    await handle.remove();
  } catch {
    // It is locked by a move that never ended, or gone.
  }
}
