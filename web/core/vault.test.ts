// What is remembered at rest: sealed, bound to its place, and worth nothing
// without the key. wasm/PROTOCOL.md i, default form. Attack 47.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import { offerLink } from "../shared/messages.ts";
import type { ReceiveView } from "../shared/views.ts";
import { keyOf, Memory } from "./memory.ts";
import { book } from "./testing/beside.ts";
import { type Unfinished, Vault } from "./vault.ts";

const day = 24 * 3_600_000;
const now = Date.UTC(2026, 10, 25);

const secret = "AQAAkN5KvXGZ1HkJwq0";
const it: Unfinished = {
  id: "one",
  link: secret,
  key: "c2Vzc2lvbiBrZXk=",
  receive: { part: "0badcafe", title: "Day 12", bytes: 5000, conflict: "keep-both", choice: [[3, false]] },
  handle: null,
  at: now,
  safe: 1000,
};
const bare: Unfinished = { ...it, id: "two", link: "AQAAother", receive: null };

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory(); // another browser
});

async function find(vault: Vault, link: string, at: number): Promise<Unfinished | null> {
  return (await vault.all(at)).find((it) => it.link === link) ?? null;
}

async function open(): Promise<Vault> {
  const vault = await Vault.open();
  assert.ok(vault);
  return vault;
}

/** Changes what is stored, behind the vault's back. */
async function tamper(change: (row: Record<string, unknown>, key: CryptoKey) => void | Promise<void>, id = "one"): Promise<void> {
  const db = await openDB("beeline", 3);
  const row = (await db.get("unfinished", id)) as Record<string, unknown>;
  await change(row, (await db.get("keys", "vault")) as CryptoKey);
  await db.put("unfinished", row);
  db.close();
}

const boxOf = (row: Record<string, unknown>, name: string): { iv: Uint8Array; sealed: ArrayBuffer } => row[name] as { iv: Uint8Array; sealed: ArrayBuffer };

test("the next page finds what the last one remembered, the newest first", async () => {
  const vault = await open();
  await vault.put({ ...it, at: now - 5 });
  await vault.put({ ...it, id: "new", link: "another", at: now });
  const next = await open();
  assert.deepEqual((await next.all(now)).map(({ id }) => id), ["new", "one"]);
  assert.deepEqual(await find(next, secret, now), { ...it, at: now - 5 });
  assert.equal(await find(next, "no such link", now), null);
  await next.progress("one", 4000, now + 1);
  await next.progress("gone", 1, now);
  const found = await find(next, secret, now);
  assert.deepEqual([found?.safe, found?.at], [4000, now + 1]);
  await next.forget("one");
  assert.equal(await find(next, secret, now), null);
});

test("nothing that tells of a link is stored open, and the key leaves to nobody", async () => {
  const vault = await open();
  await vault.put(it);
  await tamper(async (row, key) => {
    for (const value of Object.values(row)) {
      const bytes = value !== null && typeof value === "object" ? [...boxOf(row, "box").iv, ...new Uint8Array(boxOf(row, "box").sealed)] : [];
      const open = `${JSON.stringify(value)} ${Buffer.from(bytes).toString("latin1")}`;
      for (const word of [secret, it.key, "Day 12", "0badcafe"]) assert.ok(!open.includes(word), word);
    }
    assert.equal(key.extractable, false);
    await assert.rejects(crypto.subtle.exportKey("raw", key));
  });
});

for (const [what, change] of Object.entries({
  "a bit of the box": (row) => new Uint8Array(boxOf(row, "box").sealed).set([1 ^ (new Uint8Array(boxOf(row, "box").sealed)[7] ?? 0)], 7),
  "a bit of how far it is": (row) => new Uint8Array(boxOf(row, "safe").sealed).set([1 ^ (new Uint8Array(boxOf(row, "safe").sealed)[0] ?? 0)], 0),
  "the nonce": (row) => boxOf(row, "box").iv.set([1 ^ (boxOf(row, "box").iv[0] ?? 0)]),
  "a box that is cut": (row) => (row["box"] = { ...boxOf(row, "box"), sealed: boxOf(row, "box").sealed.slice(0, -1) }),
  "no box": (row) => delete row["box"],
  "a box of something else": (row) => (row["box"] = 5),
  "the two boxes in each other's place": (row) => ([row["box"], row["safe"]] = [row["safe"], row["box"]]),
} satisfies Record<string, (row: Record<string, unknown>) => unknown>)) {
  test(`a record that is damaged is dropped, and the others stay: ${what}`, async () => {
    const vault = await open();
    await vault.put(it);
    await vault.put({ ...it, id: "whole", link: "whole" });
    await tamper((row) => void change(row));
    assert.deepEqual((await vault.all(now)).map(({ id }) => id), ["whole"]);
    assert.deepEqual((await (await open()).all(now)).map(({ id }) => id), ["whole"]);
  });
}

test("a box that was copied to another record opens nowhere", async () => {
  const vault = await open();
  await vault.put(it);
  await vault.put({ ...it, id: "two", link: "two" });
  let stolen: unknown;
  await tamper((row) => {
    stolen = row["box"];
  }, "two");
  await tamper((row) => {
    row["box"] = stolen;
  });
  assert.deepEqual((await vault.all(now)).map(({ id }) => id), ["two"]);
});

test("a browser is the same device until its identity is erased, and what can't be opened is made anew", async () => {
  const vault = await open();
  const [first, beside] = await Promise.all([vault.device(), (await open()).device()]);
  assert.equal(first.length, 32);
  assert.deepEqual(beside, first, "two tabs that come first at once");
  assert.deepEqual(await (await open()).device(), first);
  const db = await openDB("beeline", 3);
  await db.put("people", { device: { iv: new Uint8Array(12), sealed: new ArrayBuffer(40) } }, "device");
  const again = await (await open()).device();
  assert.notDeepEqual(again, first);
  assert.deepEqual(await vault.device(), again);
  assert.ok(!JSON.stringify(await db.get("people", "device")).includes(btoa(String.fromCharCode(...again))), "nothing of it stands there open");
  db.close();
  await vault.erasePeople();
  assert.notDeepEqual(await vault.device(), again);
});

test("with another key nothing opens: what was copied without it is worth nothing", async () => {
  const vault = await open();
  await vault.put(it);
  const db = await openDB("beeline", 3);
  await db.put("keys", await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]), "vault");
  db.close();
  const next = await open();
  assert.deepEqual(await next.all(now), []);
  await next.put(it);
  assert.equal((await find(next, secret, now))?.key, it.key);
});

test("the key was lost: what it sealed is dropped, and a new one is made", async () => {
  await (await open()).put(it);
  const db = await openDB("beeline", 3);
  await db.delete("keys", "vault");
  db.close();
  const next = await open();
  assert.deepEqual(await next.all(now), []);
  await next.put(bare);
  assert.equal((await (await open()).all(now)).length, 1);
});

test("of two pages that come first at once one key stays", async () => {
  const [a, b] = await Promise.all([open(), open()]);
  await a.put(it);
  assert.equal((await find(b, secret, now))?.safe, 1000);
});

test("no two boxes have the same nonce", async () => {
  const vault = await open();
  const nonces = new Set<string>();
  for (let i = 0; i < 50; i++) {
    await vault.put({ ...it, safe: i });
    await tamper((row) => {
      for (const name of ["box", "safe"]) nonces.add(Buffer.from(boxOf(row, name).iv).toString("hex"));
    });
  }
  assert.equal(nonces.size, 100);
});

test("a link of which nothing is here is forgotten when it has ended; what takes space never is", async () => {
  const vault = await open();
  await vault.put(it);
  await vault.put(bare);
  assert.equal((await vault.all(now + 366 * day)).length, 2);
  assert.deepEqual((await vault.all(now + 366 * day + 1)).map(({ id }) => id), ["one"]);
  assert.deepEqual((await vault.all(now + 700 * day)).map(({ id }) => id), ["one"]);
});

test("a browser that keeps nothing costs nothing but the memory", async () => {
  globalThis.indexedDB = { open: () => { throw new DOMException("private", "SecurityError"); } } as unknown as IDBFactory;
  assert.equal(await Vault.open(), null);
  const memory = new Memory(Vault.open());
  assert.equal(await memory.recall(secret), null);
  memory.connected(secret, new Uint8Array(32));
  memory.forget();
  assert.deepEqual(await memory.all(), []);
});

test("who was refused asks as somebody new the next time, with what is there", async () => {
  const view = { safe: 5, title: "T", bytes: 9, phase: "failed", why: "E_REFUSED" } as ReceiveView;
  const memory = new Memory(Vault.open());
  memory.connected(secret, new Uint8Array(32).fill(1));
  memory.saw(view);
  assert.equal(await memory.recall(secret), null, "nothing is here: nothing is remembered");
  memory.connected(secret, new Uint8Array(32).fill(2));
  memory.opened("opfs", "0badcafe", { type: "receive", destination: { kind: "browser" }, conflict: "skip", choice: [] }, view);
  memory.saw(view);
  await memory.all(); // what is under way is written
  const next = new Memory(Vault.open());
  const left = await next.recall(secret);
  assert.ok(left);
  assert.deepEqual([left.receive?.part, keyOf(left).length], ["0badcafe", 0]);
  next.connected(secret, new Uint8Array(32).fill(3));
  await next.all();
  const last = await new Memory(Vault.open()).recall(secret);
  assert.ok(last);
  assert.deepEqual([keyOf(last)[0], last.id], [3, left.id]);
});

test("a write that fails costs nothing but the memory, and the next one goes on", async () => {
  const vault = await open();
  let failing = true;
  const put = vault.put.bind(vault);
  vault.put = (what) => (failing ? Promise.reject(new DOMException("full", "QuotaExceededError")) : put(what));
  const memory = new Memory(Promise.resolve(vault));
  memory.connected(secret, new Uint8Array(32));
  assert.deepEqual(await memory.all(), []);
  failing = false;
  memory.opened("opfs", "0badcafe", { type: "receive", destination: { kind: "browser" }, conflict: "skip", choice: [] }, { safe: 5, title: "T", bytes: 9 } as ReceiveView);
  assert.equal((await memory.all())[0]?.receive?.title, "T");
});

test("attack 47: whose share is unfinished is said with the book only, which the passphrase opens", async () => {
  const anna = `${"an".repeat(21)}a=`;
  const link = offerLink(anna, `${"S".repeat(22)}==`);
  const own = book();
  const receive = { type: "receive", destination: { kind: "browser" }, conflict: "skip", choice: [] } as Parameters<Memory["opened"]>[2];
  const memory = new Memory(Vault.open(), own);
  memory.connected(link, new Uint8Array());
  memory.opened("opfs", "0badcafe", receive, { safe: 5, title: "T", bytes: 9 } as ReceiveView);
  assert.equal((await memory.all())[0]?.link, link);
  const vault = await open();
  const rows = await vault.all(now);
  assert.equal(rows.length, 1);
  assert.ok(!JSON.stringify(rows).includes(anna), "the browser's key alone opens it");
  const next = new Memory(Vault.open(), own);
  assert.equal((await next.recall(link))?.receive?.part, "0badcafe");
  own.shut = true;
  assert.deepEqual((await next.all()).map((it) => [it.link, it.receive?.title]), [["", "T"]]);
  assert.equal(await new Memory(Vault.open(), own).recall(link), null);
  assert.deepEqual((await new Memory(Vault.open(), book(2)).all()).map((it) => it.link), [""]);
  // Nothing is written of a contact's share while the book is closed, and a link needs none.
  const shut = new Memory(Vault.open(), own);
  shut.connected(offerLink(anna, `${"T".repeat(22)}==`), new Uint8Array());
  const linked = new Memory(Vault.open(), own);
  linked.connected(secret, new Uint8Array(32));
  await Promise.all([shut.all(), linked.all()]);
  const stored = JSON.stringify(await vault.all(now));
  assert.ok(!stored.includes(anna));
  assert.equal((await new Memory(Vault.open()).recall(secret))?.link, secret);
});

test("attack 47: what was written before contacts were sealed by the book names nobody any more", async () => {
  const anna = `${"A".repeat(43)}=`;
  const vault = await open();
  await vault.put({ ...it, link: offerLink(anna, `${"B".repeat(22)}==`) });
  const share = { id: "s", title: "Day 3", kept: "AAAA", expires: now + day, files: 1, bytes: 1, at: now, removed: [], paths: "any" as const, handles: [] };
  await vault.putShare({ ...share, members: [anna] as unknown as string });
  for (const again of [false, true]) {
    const next = await open();
    assert.deepEqual(await next.all(now), [{ ...it, link: "" }], String(again)); // it is there, and can be deleted
    assert.deepEqual(await next.shares(now), [share]);
    const written = await Promise.all(["unfinished", "shares"].map(plain));
    assert.ok(written.every((text) => text.includes("Day") && !text.includes(anna)), String(again));
  }
});

/** What the browser's key alone opens of the only row of a store. */
async function plain(store: string): Promise<string> {
  const db = await openDB("beeline", 3);
  const [row] = (await db.getAll(store)) as Record<string, unknown>[];
  const key = (await db.get("keys", "vault")) as CryptoKey;
  db.close();
  assert.ok(row !== undefined);
  const { iv, sealed } = boxOf(row, "box");
  const place = `${String(row["id"])} ${store === "shares" ? "share" : "what"}`;
  const additionalData = new TextEncoder().encode(place);
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(iv), additionalData }, key, sealed));
}
