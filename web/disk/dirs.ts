// The folders of a transfer below the destination, made when first needed.

import { folded, isListed, maybeAlias, numbered } from "./names.ts";
import { nameOf } from "./sink.ts";

/** Handles kept at most; a folder that was let go is simply looked up again. */
const keepMax = 2048;

export class Dirs {
  readonly #root: FileSystemDirectoryHandle;
  #known = new Map<string, Promise<FileSystemDirectoryHandle>>();
  #renamed = new Map<string, string>(); // where a file has the name of a folder

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** The folder at this path, and every folder above it. */
  get(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
    const last = path.at(-1);
    if (last === undefined) return Promise.resolve(this.#root);
    const key = keyOf(path);
    let dir = this.#known.get(key);
    if (dir === undefined) {
      dir = this.#make(path, key, last);
      this.#known.set(key, dir);
      dir.catch(() => this.#known.delete(key));
      for (const old of this.#known.keys()) {
        if (this.#known.size <= keepMax) break;
        this.#known.delete(old);
      }
    }
    return dir;
  }

  /** Forgets the handles: somebody took a folder away. */
  forget(): void {
    this.#known.clear();
  }

  async #make(path: readonly string[], key: string, last: string): Promise<FileSystemDirectoryHandle> {
    const above = await this.get(path.slice(0, -1));
    for (let n = 1; ; n++) {
      const name = this.#renamed.get(key) ?? numbered(last, n);
      try {
        const dir = await above.getDirectoryHandle(name, { create: true });
        if (n <= 999 && maybeAlias(name) && !(await isListed(above, name))) continue; // a folder that is called otherwise
        if (n > 1) this.#renamed.set(key, name);
        return dir;
      } catch (error) {
        // A file is in the way: it stays, the folder gets the next name.
        if (nameOf(error) !== "TypeMismatchError" || n > 999 || this.#renamed.has(key)) throw error;
      }
    }
  }
}

/** One text for one place, whatever the case or form a file system tells apart. */
export function keyOf(path: readonly string[]): string {
  return path.map(folded).join("/");
}
