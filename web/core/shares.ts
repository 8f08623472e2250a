// What the vault is told of the share under way, so that a page after this one can
// offer the same link: the secret, the list, and samples of the bytes, by which
// files that are chosen once more are known again. Dates tell nothing: copying a
// folder changes them.

import type { Source } from "../shared/messages.ts";
import type { Paths, Phase, SharedBefore, SharedEntry, ShareView } from "../shared/views.ts";
import { base64, bytesOf } from "./base64.ts";
import { InTurn } from "./inturn.ts";
import type { Beside } from "./people.ts";
import type { KeptEntry, KeptShare, Vault } from "./vault.ts";

/** A sample is of the first, the middle and the last so many bytes. */
const piece = 1024;

/** How often it is looked whether the samples can go on, ms: they wait while bytes move. */
const lookEvery = 1000;

/** How often it is noted that somebody is connected, ms. */
const noteEvery = 60_000;
const connected: ReadonlySet<Phase> = new Set(["listed", "transferring", "paused", "verifying"]);

/** A share that is offered again, as the shell needs it. */
export interface Again {
  share: KeptShare;
  list: KeptEntry[];
}

export class Shares {
  readonly #vault: InTurn;
  readonly #moving: () => boolean;
  readonly #close: () => void;
  /** Null: there are no contacts here. */
  readonly #beside: Beside | null;
  /** Hears from other tabs which links were closed there. */
  #closed: BroadcastChannel | null = null;
  #share: KeptShare | null = null;
  /** Parts of the list so far, and those of which samples are still to be taken. */
  #parts = 0;
  #unsampled: { n: number; entries: KeptEntry[]; sources: Source[] }[] = [];
  #sampling: ReturnType<typeof setTimeout> | undefined;

  /** `close`: another tab closed the link of this one. */
  constructor(vault: Promise<Vault | null> | null, moving: () => boolean, close: () => void, beside: Beside | null = null) {
    this.#vault = new InTurn(vault);
    this.#beside = beside;
    this.#moving = moving;
    this.#close = close;
  }

  /** Every share of this browser whose link has not ended, but that of this page. */
  async all(): Promise<SharedBefore[]> {
    const shares = (await this.#vault.do((vault) => vault.shares(Date.now()))) ?? [];
    const held = new Set((await globalThis.navigator?.locks?.query())?.held?.map((lock) => lock.name) ?? []);
    return shares
      .filter(({ id }) => id !== this.#share?.id)
      .map(({ id, title, files, bytes, expires, used = null, handles }) => ({ id, title, files, bytes, expires, used, handles, elsewhere: held.has(lockOf(id)) }));
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
    return this.#vault.do(async (vault) => {
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
    this.#parts = 0;
    this.#unsampled = [];
    this.#listen();
    void globalThis.navigator?.locks?.request(lockOf(this.#share.id), () => new Promise(() => undefined));
    this.#put();
  }

  /** `entries` as they are listed. Samples are taken when nothing else is going on. */
  add(entries: KeptEntry[], sources: Source[]): void {
    const { id } = this.#share ?? {};
    if (id === undefined) return;
    const n = this.#parts++;
    this.#unsampled.push({ n, entries, sources });
    void this.#vault.do((vault) => vault.putList(id, n, entries));
    this.#sampling ??= setTimeout(() => void this.#sample(), lookEvery);
  }

  /** To whom it is offered from now on. Without the book nobody could have chosen them. */
  keepMembers(members: string[]): void {
    const box = this.#share === null ? null : (this.#beside?.seal(placeOf(this.#share.id), members) ?? null);
    if (this.#share === null || box === null) return;
    this.#share = { ...this.#share, members: base64(box) };
    this.#put();
  }

  /** To whom it was offered; null: that can't be read while the book is closed, or it is another. */
  members(): string[] | null {
    const box = this.#share?.members;
    if (this.#share === null || typeof box !== "string") return [];
    return (this.#beside?.open(placeOf(this.#share.id), bytesOf(box)) ?? null) as string[] | null; // what opens was written here
  }

  keep(what: Partial<Pick<KeptShare, "title" | "paths" | "handles" | "proves">>): void {
    if (this.#share === null) return;
    this.#share = { ...this.#share, ...what, handles: [...this.#share.handles, ...(what.handles ?? [])] };
    this.#put();
  }

  removed(entries: number[]): void {
    if (this.#share === null) return;
    this.#share = { ...this.#share, removed: [...new Set([...this.#share.removed, ...entries])] };
    this.#put();
  }

  /** Stores this before anything else happens; what can't be written is not left as it was either. */
  async stored(kept: Uint8Array): Promise<void> {
    const share = this.#share;
    if (share === null) return;
    this.#share = { ...share, kept: base64(kept) };
    const now = this.#share;
    await this.#vault.do((vault) => vault.putShare(now, "strict").catch(() => vault.forgetShare(now.id)));
  }

  saw({ files, bytes, expires, link, recipients, taken }: ShareView, kept: () => Uint8Array): void {
    if (this.#share === null) return;
    if (link === null && !taken) return this.forget();
    const now = base64(kept());
    const { kept: before, files: had, used = 0 } = this.#share;
    const at = Date.now();
    const uses = recipients.some((r) => connected.has(r.phase)) && at - used > noteEvery;
    if (now === before && files === had && expires === this.#share.expires && !uses) return;
    this.#share = { ...this.#share, files, bytes, expires, kept: now, ...(uses ? { used: at } : {}) };
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
    void this.#vault.do((vault) => vault.forgetShare(id));
  }

  /** The person closes a link, also one that another tab offers. */
  close(id: string): void {
    this.drop(id);
    const others = channel();
    others?.postMessage(id);
    others?.close();
  }

  #listen(): void {
    if (this.#closed !== null) return;
    this.#closed = channel();
    if (this.#closed !== null) this.#closed.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.#share !== null && data === this.#share.id) this.#close();
    };
  }

  /** Takes the samples of one part of the list, then waits for the next moment. */
  async #sample(): Promise<void> {
    const id = this.#share?.id;
    const part = this.#unsampled[0];
    this.#sampling = undefined;
    if (id === undefined || part === undefined) return;
    for (const [k, entry] of part.entries.entries()) {
      while (this.#moving()) await new Promise((resolve) => setTimeout(resolve, lookEvery));
      const file = part.sources[k]?.file;
      const sample = entry.file === null || file === undefined ? undefined : await sampleOf(file).catch(() => undefined);
      if (this.#share?.id !== id) return; // of another share by now, or of none
      if (entry.file !== null && sample !== undefined) entry.file.sample = sample;
    }
    this.#unsampled.shift();
    void this.#vault.do((vault) => vault.putList(id, part.n, part.entries));
    this.#sampling = setTimeout(() => void this.#sample());
  }

  #put(): void {
    const share = this.#share;
    if (share !== null) void this.#vault.do((vault) => vault.putShare(share));
  }
}

async function sampleOf(file: File): Promise<string> {
  const middle = Math.floor(file.size / 2);
  const parts = file.size <= 3 * piece ? [file] : [file.slice(0, piece), file.slice(middle, middle + piece), file.slice(file.size - piece)];
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return base64(new Uint8Array(hash, 0, 12));
}

/** Between the tabs of this browser; in a test under Node it must not keep the process. */
function channel(): BroadcastChannel | null {
  if (globalThis.BroadcastChannel === undefined) return null;
  const made: BroadcastChannel & { unref?(): void } = new BroadcastChannel("beeline-shares");
  made.unref?.();
  return made;
}

function placeOf(id: string): string {
  return `members ${id}`;
}

function lockOf(id: string): string {
  return `beeline-share-${id}`;
}
