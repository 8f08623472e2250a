// What the vault is told of the share under way, so that a page after this one can
// offer the same link: the secret, the list, and samples of the bytes, by which
// files that are chosen once more are known again. Dates tell nothing: copying a
// folder changes them.

import type { Paths, SharedBefore, SharedEntry, ShareView, Source } from "../shared/messages.ts";
import type { KeptEntry, KeptShare, Vault } from "./vault.ts";

/** A sample is of the first, the middle and the last so many bytes. */
const piece = 1024;

/** How often it is looked whether the samples can go on, ms: they wait while bytes move. */
const lookEvery = 1000;

/** A share that is offered again, as the shell needs it. */
export interface Again {
  share: KeptShare;
  list: KeptEntry[];
}

export class Shares {
  readonly #vault: Promise<Vault | null>;
  readonly #moving: () => boolean;
  #share: KeptShare | null = null;
  #parts: KeptEntry[][] = [];
  #sampled = 0;
  #sampling: ReturnType<typeof setTimeout> | undefined;
  #files: (File | undefined)[] = [undefined]; // by index
  #writes: Promise<unknown> = Promise.resolve();

  /** `moving`: bytes are on their way, and nothing else should read. */
  constructor(vault: Promise<Vault | null> | null, moving: () => boolean) {
    this.#vault = vault ?? Promise.resolve(null);
    this.#moving = moving;
  }

  /** Shares of earlier pages; not those that another tab offers now. */
  async all(): Promise<SharedBefore[]> {
    const shares = (await this.#after((vault) => vault.shares(Date.now()))) ?? [];
    const held = new Set((await globalThis.navigator?.locks?.query())?.held?.map((lock) => lock.name) ?? []);
    return shares.filter(({ id }) => !held.has(lockOf(id))).map(({ id, title, files, bytes, expires, handles }) => ({ id, title, files, bytes, expires, handles }));
  }

  /** What the page may know of its list. */
  async list(id: string): Promise<SharedEntry[]> {
    const found = await this.again(id);
    if (found === null) return [];
    const gone = new Set(found.share.removed);
    return found.list.map(({ parent, name, file }, n) => {
      if (gone.has(parent) || gone.has(n + 1)) gone.add(n + 1);
      return { parent, kind: gone.has(n + 1) ? "gone" : file === null ? "dir" : "file", name, size: file?.size ?? 0 };
    });
  }

  again(id: string): Promise<Again | null> {
    return this.#after(async (vault) => {
      const share = (await vault.shares(Date.now())).find((it) => it.id === id);
      return share === undefined ? null : { share, list: await vault.list(id) };
    });
  }

  /** Which of these files have other bytes than those that were shared, as far as samples were taken. */
  async unlike(id: string, files: [entry: number, file: File][]): Promise<number[]> {
    const list = (await this.again(id))?.list ?? [];
    const unlike: number[] = [];
    for (const [n, file] of files) {
      const sample = list[n - 1]?.file?.sample;
      if (sample !== undefined && sample !== (await sampleOf(file).catch(() => ""))) unlike.push(n);
    }
    return unlike;
  }

  /** A share begins, or begins again. */
  begin(title: string, kept: Uint8Array, again: KeptShare | null): void {
    const fresh = { id: crypto.randomUUID(), expires: Number.MAX_SAFE_INTEGER, files: 0, bytes: 0, removed: [], paths: "any" as Paths, handles: [] };
    this.#share = { ...(again ?? fresh), title, at: Date.now(), kept: base64(kept) };
    this.#parts = [];
    this.#files.length = 1;
    this.#sampled = 0;
    void globalThis.navigator?.locks?.request(lockOf(this.#share.id), () => new Promise(() => undefined));
    this.#put();
  }

  /** `entries` as they are listed. Samples are taken when nothing else is going on. */
  add(entries: KeptEntry[], sources: Source[]): void {
    const { id } = this.#share ?? {};
    if (id === undefined) return;
    const n = this.#parts.push(entries) - 1;
    for (const { file } of sources) this.#files.push(file);
    void this.#after((vault) => vault.putList(id, n, entries));
    this.#sampling ??= setTimeout(() => void this.#sample(), lookEvery);
  }

  keep(what: Partial<Pick<KeptShare, "title" | "paths" | "handles">>): void {
    if (this.#share === null) return;
    this.#share = { ...this.#share, ...what, handles: [...this.#share.handles, ...(what.handles ?? [])] };
    this.#put();
  }

  removed(entries: number[]): void {
    if (this.#share === null) return;
    this.#share = { ...this.#share, removed: [...new Set([...this.#share.removed, ...entries])] };
    this.#put();
  }

  saw({ files, bytes, expires, link }: ShareView, kept: () => Uint8Array): void {
    if (this.#share === null) return;
    if (link === null) return this.forget();
    const now = base64(kept());
    const { kept: before, files: had } = this.#share;
    if (now === before && files === had && expires === this.#share.expires) return;
    this.#share = { ...this.#share, files, bytes, expires, kept: now };
    this.#put();
  }

  /** Sharing was stopped: the link is dead. */
  forget(): void {
    const share = this.#share;
    this.#share = null;
    clearTimeout(this.#sampling);
    if (share !== null) this.drop(share.id);
  }

  drop(id: string): void {
    void this.#after((vault) => vault.forgetShare(id));
  }

  /** Takes the samples of one part of the list, then waits for the next moment. */
  async #sample(): Promise<void> {
    const share = this.#share;
    const n = this.#sampled;
    const part = this.#parts[n];
    this.#sampling = undefined;
    if (share === null || part === undefined) return;
    const first = this.#parts.slice(0, n).reduce((sum, { length }) => sum + length, 1);
    for (const [k, entry] of part.entries()) {
      while (this.#moving()) await new Promise((resolve) => setTimeout(resolve, lookEvery));
      if (this.#share !== share && this.#share?.id !== share.id) return;
      const file = this.#files[first + k];
      if (entry.file === null || file === undefined) continue;
      const sample = await sampleOf(file).catch(() => undefined);
      if (sample !== undefined) entry.file.sample = sample;
    }
    this.#sampled++;
    void this.#after((vault) => vault.putList(share.id, n, part));
    this.#sampling = setTimeout(() => void this.#sample());
  }

  #put(): void {
    const share = this.#share;
    if (share !== null) void this.#after((vault) => vault.putShare(share));
  }

  /** One after the other. What can't be remembered costs a new link, never the transfer. */
  #after<T>(f: (vault: Vault) => Promise<T>): Promise<T | null> {
    const done = this.#writes.then(async () => {
      const vault = await this.#vault;
      return vault === null ? null : await f(vault);
    }).catch(() => null);
    this.#writes = done;
    return done;
  }
}

async function sampleOf(file: File): Promise<string> {
  const middle = Math.floor(file.size / 2);
  const parts = file.size <= 3 * piece ? [file] : [file.slice(0, piece), file.slice(middle, middle + piece), file.slice(file.size - piece)];
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return base64(new Uint8Array(hash, 0, 12));
}

function lockOf(id: string): string {
  return `beeline-share-${id}`;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
