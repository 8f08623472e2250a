// What the vault is told of the transfer under way, and when: the link and the key
// at Connect, the rest at Receive, how far it is from time to time, and nothing any
// more once it is over.

import type { FromDisk } from "../shared/disk.ts";
import { offerOf, type ToCore } from "../shared/messages.ts";
import type { ReceiveView, UnfinishedView } from "../shared/views.ts";
import { base64, bytesOf } from "./base64.ts";
import { InTurn } from "./inturn.ts";
import { sweep } from "./orphans.ts";
import type { Beside } from "./people.ts";
import type { Unfinished, Vault } from "./vault.ts";

/** How often it is noted how far a transfer is, in ms. It is for people: the journal knows better. */
const noteEvery = 2000;

/** Begins what stands in the place of a link that names a contact, sealed by the book. No link has it. */
const sealedMark = "#";

type Receive = Extract<ToCore, { type: "receive" }>;

export class Memory {
  readonly #vault: InTurn;
  /** Nothing is ever remembered here. */
  readonly empty: boolean;
  /** Null: there are no contacts here. */
  readonly #beside: Beside | null;
  #it: Unfinished | null = null;
  #noted = 0;
  #notedAt = 0;

  constructor(vault: Promise<Vault | null> | null, beside: Beside | null = null) {
    this.#vault = new InTurn(vault);
    this.#beside = beside;
    this.empty = vault === null;
  }

  /** A contact's share has no link while the book is closed, or once it is another. */
  all(): Promise<Unfinished[]> {
    return this.#vault.do(async (vault) => (await vault.all(Date.now())).filter((it) => it.receive !== null).map((it) => this.#opened(it))).then((all) => all ?? []);
  }

  /** Looks for an earlier page of this link. */
  async recall(link: string): Promise<Unfinished | null> {
    this.#it = await this.#vault.do(async (vault) => (await vault.all(Date.now())).map((it) => this.#opened(it)).find((it) => it.link === link) ?? null);
    return this.#it;
  }

  /** By what a contact's sharer tells this browser from the person's others; null: nothing is kept here. */
  device(): Promise<Uint8Array | null> {
    return this.#vault.do((vault) => vault.device());
  }

  /** Connect was pressed: nothing of a link is written before. */
  connected(link: string, bytes: Uint8Array): void {
    const key = base64(bytes);
    if (this.#it?.key === key) return;
    this.#it = this.#it === null ? { id: crypto.randomUUID(), link, key, receive: null, handle: null, at: Date.now(), safe: 0 } : { ...this.#it, key };
    this.#put();
  }

  /** Stores the key, and the way back, before anything else happens. False: what was there before is there still, and not this. */
  async stored(link: string, bytes: Uint8Array): Promise<boolean> {
    this.#it = { ...(this.#it ?? { id: crypto.randomUUID(), link, receive: null, handle: null, at: Date.now(), safe: 0 }), key: base64(bytes) };
    const now = this.#it;
    return (await this.#vault.do((vault) => this.#write(vault, now, "strict").then(() => true, () => false))) ?? true; // without a vault nothing comes back at all
  }

  /** The destination is ready. What is kept in memory, or streamed, does not outlive the page. */
  opened(where: Extract<FromDisk, { type: "opened" }>["where"], part: string, { destination, conflict, choice }: Receive, view: ReceiveView): void {
    if (this.#it === null || where === "blob" || where === "stream") return;
    const handle = destination.kind === "folder" ? destination.handle : null;
    this.#it = { ...this.#it, handle, at: Date.now(), safe: view.safe, receive: { part, title: view.title, bytes: view.bytes, conflict, choice } };
    this.#put();
  }

  saw({ safe, phase, why }: ReceiveView): void {
    if (phase === "failed" && why === "E_REFUSED") return this.#refused();
    const it = this.#it;
    const now = Date.now();
    if (it === null || it.receive === null || safe <= this.#noted || now - this.#notedAt < noteEvery) return;
    this.#noted = safe;
    this.#notedAt = now;
    void this.#vault.do((vault) => vault.progress(it.id, safe, now));
  }

  /** Who was refused may ask once more, as before there was a memory: as somebody new. */
  #refused(): void {
    if (this.#it === null || this.#it.key === "") return;
    if (this.#it.receive === null) return this.forget();
    this.#it = { ...this.#it, key: "" };
    this.#put();
  }

  /** It is over: nothing is there to come back to. */
  forget(): void {
    const it = this.#it;
    this.#it = null;
    this.#noted = 0;
    if (it !== null) this.drop(it.id);
  }

  /** Frees what the browser keeps of transfers that nothing remembers any more. */
  async sweep(root: () => Promise<FileSystemDirectoryHandle>, now: number): Promise<void> {
    const all = await this.#vault.do((vault) => vault.all(now));
    if (all === null) return; // then nobody knows what is remembered
    const remembered = new Set(all.flatMap(({ receive }) => (receive === null ? [] : [receive.part])));
    await root().then((dir) => sweep(dir, remembered, now)).catch(() => undefined);
  }

  drop(id: string): void {
    void this.#vault.do((vault) => vault.forget(id));
  }

  #put(): void {
    const it = this.#it;
    if (it !== null) void this.#vault.do((vault) => this.#write(vault, it));
  }

  /** What names a contact is written sealed or not at all. */
  async #write(vault: Vault, it: Unfinished, durability?: IDBTransactionDurability): Promise<void> {
    if (offerOf(it.link) === null) return vault.put(it, durability);
    const box = this.#beside?.seal(placeOf(it.id), it.link) ?? null;
    if (box !== null) await vault.put({ ...it, link: sealedMark + base64(box) }, durability);
  }

  #opened(it: Unfinished): Unfinished {
    if (!it.link.startsWith(sealedMark)) return it;
    const link = this.#beside?.open(placeOf(it.id), bytesOf(it.link.slice(sealedMark.length)));
    return { ...it, link: typeof link === "string" ? link : "" };
  }
}

function placeOf(id: string): string {
  return `unfinished ${id}`;
}

/** The session key as the machine takes it; none: it makes a new one. */
export function keyOf({ key }: Unfinished): Uint8Array {
  return bytesOf(key);
}

/** What the page may know of what is unfinished: neither link nor key. */
export function shown({ id, link, receive, handle, safe, at }: Unfinished): UnfinishedView {
  return { id, title: receive?.title ?? "", bytes: receive?.bytes ?? 0, safe, at, handle, part: receive?.part ?? "", conflict: receive?.conflict ?? "keep-both", locked: link === "" };
}
