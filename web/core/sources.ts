import type { Source } from "../shared/messages.ts";

/** The files of a share by their index in the list. Only handles: nothing is opened or read here. */
export class Sources {
  readonly #files: (File | undefined)[] = [undefined]; // 0 is the share itself
  readonly #dates = new Map<number, { now: number; listed: number }>();

  /** How many there were, with the share itself. */
  get count(): number {
    return this.#files.length;
  }

  add(sources: Source[]): void {
    for (const s of sources) this.#files.push(s.file);
  }

  /** Forgets them: another share begins. */
  clear(): void {
    this.#files.length = 1;
    this.#dates.clear();
  }

  /** A file of an earlier page has another date by now, which says nothing of its bytes: the machine is told the old one. */
  known(index: number, file: File, listed: number): void {
    if (file.lastModified !== listed) this.#dates.set(index, { now: file.lastModified, listed });
  }

  /** The date of a source as the machine knows it. */
  dateOf(index: number, file: File): number {
    const date = this.#dates.get(index);
    return date?.now === file.lastModified ? date.listed : file.lastModified;
  }

  get(file: number): File | undefined {
    return this.#files[file];
  }

  replace(file: number, source: File): void {
    this.#files[file] = source;
  }
}
