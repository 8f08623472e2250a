// What this browser has to remember to come back to a transfer: the link, the key
// by which the sharer knows this recipient again, where it lands and what was
// chosen. At rest it is sealed by an AES key that the browser hands to nobody, in
// the default form of wasm/PROTOCOL.md i: whoever copies the storage has nothing,
// whoever runs as this page or copies the whole profile has all of it.
//
//	keys        one CryptoKey, not extractable
//	unfinished  id, box (sealed), how (sealed), handle of the folder, at
//	shares      id, box (sealed), handles of what was dropped
//	lists       share, n, box (sealed): a thousand entries each
//	people      "own": container (sealed by the core, wasm/PROTOCOL.md i), pepper (sealed)
//	            "seen": what of contacts' shares was seen (sealed by the core)
//	            "device": by what contacts tell this browser from the person's others (sealed)

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { offerOf } from "../shared/messages.ts";
import { base64, bytesOf } from "./base64.ts";
import type { Choice, Conflict, Paths } from "../shared/views.ts";

/** What is remembered of a link once Connect was pressed, in one box. */
export interface Remembered {
  /** What opens a contact's share is sealed by the book besides (memory.ts): it names the contact. */
  link: string;
  /** Session key, base64; empty: the sharer refused the one there was. */
  key: string;
  /** From Receive on. */
  receive: { part: string; title: string; bytes: number; conflict: Conflict; choice: Choice[] } | null;
}

export interface Unfinished extends Remembered {
  id: string;
  handle: FileSystemDirectoryHandle | null;
  /** When something of it was written last, unix ms. */
  at: number;
  /** Bytes that are safe. */
  safe: number;
}

/** What a sharer's browser remembers, to offer the same link again. */
export interface KeptShare {
  id: string;
  title: string;
  /** What the machine has to know, base64: the secret of the link, the key, who was let in. */
  kept: string;
  expires: number;
  files: number;
  bytes: number;
  /** When it was made, or offered again, unix ms. */
  at: number;
  /** When somebody was connected last. */
  used?: number;
  /** Entries that were taken back. */
  removed: number[];
  paths: Paths;
  /** IDs of the contacts it is offered to, sealed by the book, base64; missing where it never was. */
  members?: string;
  /** The sharer says who it is; missing where nobody chose. */
  proves?: boolean;
  handles: FileSystemHandle[];
}

/** An entry of its list. `sample` is of some of its bytes, once they were read. */
export interface KeptEntry {
  parent: number;
  name: string;
  file: { size: number; modified: number; sample?: string } | null;
}

interface Box {
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

interface Row {
  id: string;
  box: Box;
  safe: Box;
  handle: FileSystemDirectoryHandle | null;
  at: number;
}

interface ShareRow {
  id: string;
  box: Box;
  handles: FileSystemHandle[];
}

interface PeopleRow {
  container: Uint8Array;
  pepper: Box;
}

interface SeenRow {
  seen: Uint8Array;
}

interface DeviceRow {
  device: Box;
}

/** What is kept of an identity and its contacts, and what opens it together with a passphrase. */
export interface KeptPeople {
  container: Uint8Array;
  pepper: Uint8Array;
}

interface Schema extends DBSchema {
  keys: { key: string; value: CryptoKey };
  unfinished: { key: string; value: Row };
  shares: { key: string; value: ShareRow };
  lists: { key: [string, number]; value: Box };
  people: { key: string; value: PeopleRow | SeenRow | DeviceRow };
}

/** How long the key of a link is kept of which nothing is here: as long as any link lives (wasm/session/policy.go). It may be the only way back. */
const keptFor = 366 * 24 * 3_600_000;

export class Vault {
  readonly #db: IDBPDatabase<Schema>;
  readonly #key: CryptoKey;

  private constructor(db: IDBPDatabase<Schema>, key: CryptoKey) {
    this.#db = db;
    this.#key = key;
  }

  /** Null where the browser keeps nothing (some private windows). */
  static async open(): Promise<Vault | null> {
    try {
      const db = await openDB<Schema>("beeline", 3, {
        upgrade(fresh, before) {
          if (before < 1) {
            fresh.createObjectStore("keys");
            fresh.createObjectStore("unfinished", { keyPath: "id" });
          }
          if (before < 2) {
            fresh.createObjectStore("shares", { keyPath: "id" });
            fresh.createObjectStore("lists");
          }
          fresh.createObjectStore("people");
        },
        // A tab of a later build waits for this one to let go; what is remembered here then ends.
        blocking: (_now, _later, event) => (event.target as IDBDatabase).close(),
      });
      const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      // Of two tabs that come first at once one key stays.
      const tx = db.transaction("keys", "readwrite");
      const key = (await tx.store.get("vault")) ?? made;
      if (key === made) await tx.store.put(made, "vault");
      await tx.done;
      return new Vault(db, key);
    } catch {
      return null;
    }
  }

  /** Everything that is remembered and can be opened; the rest is dropped. What takes space goes only when the person says so. */
  async all(now: number): Promise<Unfinished[]> {
    const found: Unfinished[] = [];
    for (const row of await this.#db.getAll("unfinished")) {
      const it = await this.#open(row).catch(() => null);
      if (it === null || (it.receive === null && now - it.at > keptFor)) await this.#db.delete("unfinished", row.id);
      else found.push(await this.#nameless(it));
    }
    return found.sort((a, b) => b.at - a.at);
  }

  /** For some hours of 2026-11-26 a contact was named under this browser's key alone. Such a transfer can only be deleted. */
  async #nameless(it: Unfinished): Promise<Unfinished> {
    if (offerOf(it.link) === null) return it;
    const now = { ...it, link: "" };
    await this.put(now);
    return now;
  }

  /** `strict`: on the disk, not only handed to the system, once it is done. */
  async put({ id, handle, at, safe, ...what }: Unfinished, durability: IDBTransactionDurability = "default"): Promise<void> {
    const row = { id, handle, at, box: await this.#seal(`${id} what`, what), safe: await this.#seal(`${id} safe`, safe) };
    const tx = this.#db.transaction("unfinished", "readwrite", { durability });
    await Promise.all([tx.store.put(row), tx.done]);
  }

  /** Notes how far it is. */
  async progress(id: string, safe: number, at: number): Promise<void> {
    const box = await this.#seal(`${id} safe`, safe);
    const tx = this.#db.transaction("unfinished", "readwrite");
    const row = await tx.store.get(id);
    if (row !== undefined) await tx.store.put({ ...row, safe: box, at });
    await tx.done;
  }

  async forget(id: string): Promise<void> {
    await this.#db.delete("unfinished", id);
  }

  /** `strict` as in put. */
  async putShare({ id, handles, ...what }: KeptShare, durability: IDBTransactionDurability = "default"): Promise<void> {
    const row = { id, handles, box: await this.#seal(`${id} share`, what) };
    const tx = this.#db.transaction("shares", "readwrite", { durability });
    await Promise.all([tx.store.put(row), tx.done]);
  }

  /** Shares whose link can still be offered, the newest first; what has ended or can't be opened is dropped. */
  async shares(now: number): Promise<KeptShare[]> {
    const found: KeptShare[] = [];
    for (const { id, handles, box } of await this.#db.getAll("shares")) {
      const what = await this.#unseal(`${id} share`, box).catch(() => null) as Omit<KeptShare, "id" | "handles"> | null;
      if (what === null || what.expires <= now) {
        await this.forgetShare(id);
        continue;
      }
      const { members, ...others } = what;
      const named = members !== undefined && typeof members !== "string"; // as in #nameless: it is offered to nobody
      found.push({ ...(named ? others : what), id, handles });
      if (named) await this.putShare({ ...others, id, handles });
    }
    return found.sort((a, b) => b.at - a.at);
  }

  async forgetShare(id: string): Promise<void> {
    await this.#db.delete("shares", id);
    await this.#db.delete("lists", IDBKeyRange.bound([id], [id, []]));
  }

  async putList(id: string, n: number, entries: KeptEntry[]): Promise<void> {
    await this.#db.put("lists", await this.#seal(`${id} list ${n}`, entries), [id, n]);
  }

  /** Every entry of a share, in order. Throws where a part of it can't be opened. */
  async list(id: string): Promise<KeptEntry[]> {
    const boxes = await this.#db.getAll("lists", IDBKeyRange.bound([id], [id, []]));
    const parts = await Promise.all(boxes.map((box, n) => this.#unseal(`${id} list ${n}`, box) as Promise<KeptEntry[]>));
    return parts.flat();
  }

  /** Null where there is nobody. Throws where the key of this browser does not open it any more. */
  async people(): Promise<KeptPeople | null> {
    const row = await this.#db.get("people", "own");
    if (row === undefined || !("pepper" in row)) return null;
    const pepper = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.pepper.iv, additionalData: text("people pepper") }, this.#key, row.pepper.sealed);
    return { container: row.container, pepper: new Uint8Array(pepper) };
  }

  async putPeople({ container, pepper }: KeptPeople): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text("people pepper") }, this.#key, new Uint8Array(pepper));
    await this.#db.put("people", { container, pepper: { iv, sealed } }, "own");
  }

  async erasePeople(): Promise<void> {
    await this.#db.delete("people", IDBKeyRange.lowerBound(""));
  }

  /** What was seen of contacts' shares, as the core sealed it; null: nothing yet. */
  async seen(): Promise<Uint8Array | null> {
    const row = await this.#db.get("people", "seen");
    return row === undefined || !("seen" in row) ? null : row.seen;
  }

  async putSeen(seen: Uint8Array): Promise<void> {
    await this.#db.put("people", { seen }, "seen");
  }

  /** A secret of this browser, which goes with the identity: what can't be opened is made anew. */
  async device(): Promise<Uint8Array> {
    const boxed = async (): Promise<Box | null> => {
      const row = await this.#db.get("people", "device");
      return row !== undefined && "device" in row ? row.device : null;
    };
    const before = await boxed();
    const known = before === null ? null : ((await this.#unseal("people device", before).catch(() => null)) as string | null);
    if (known !== null) return bytesOf(known);
    const device = await this.#seal("people device", base64(crypto.getRandomValues(new Uint8Array(32))));
    // Of two tabs that come first at once one stays.
    const tx = this.#db.transaction("people", "readwrite");
    const row = await tx.store.get("device");
    const mine = row === undefined || !("device" in row) || row.device.iv.join() === before?.iv.join();
    if (mine) await tx.store.put({ device }, "device");
    await tx.done;
    return bytesOf((await this.#unseal("people device", mine ? device : row.device)) as string);
  }

  /** A new nonce each time; what is sealed in one place opens in no other. */
  async #seal(place: string, value: unknown): Promise<Box> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text(place) }, this.#key, text(JSON.stringify(value)));
    return { iv, sealed };
  }

  async #unseal(place: string, { iv, sealed }: Box): Promise<unknown> {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: text(place) }, this.#key, sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  async #open({ id, handle, at, box, safe }: Row): Promise<Unfinished> {
    // The tag says that this code wrote it.
    const what = (await this.#unseal(`${id} what`, box)) as Remembered;
    return { ...what, id, handle, at, safe: (await this.#unseal(`${id} safe`, safe)) as number };
  }
}

function text(s: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(s);
}
