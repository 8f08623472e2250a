import type { Source } from "../shared/messages.ts";

/** The files of a share by their index in the list. Only handles: nothing is opened or read here. */
export class Sources {
  readonly #files: (File | undefined)[] = [undefined]; // 0 is the share itself

  add(sources: Source[]): void {
    for (const s of sources) this.#files.push(s.file);
  }

  /** Forgets them: another share begins. */
  clear(): void {
    this.#files.length = 1;
  }

  get(file: number): File | undefined {
    return this.#files[file];
  }

  replace(file: number, source: File): void {
    this.#files[file] = source;
  }
}
