// What a sharer's browser remembers, and by what files are known again.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import type { Source } from "../shared/messages.ts";
import type { ShareView } from "../shared/views.ts";
import { bytesOf } from "./base64.ts";
import { Shares } from "./shares.ts";
import { book } from "./testing/beside.ts";
import { Vault } from "./vault.ts";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory(); // another browser
});

const file = (name: string, content: string, lastModified = 5): File => new File([content], name, { lastModified });
const sources: Source[] = [
  { parent: 0, kind: "dir", name: "A001" },
  { parent: 1, kind: "file", name: "a.mov", file: file("a.mov", "a".repeat(9000)) },
  { parent: 1, kind: "file", name: "b.mov", file: file("b.mov", "b".repeat(90)) },
];
const entries = sources.map(({ parent, name, file: f }) => ({ parent, name, file: f === undefined ? null : { size: f.size, modified: f.lastModified } }));
const kept = new Uint8Array([1, 2, 3, 250]);
const view = { files: 2, bytes: 9090, expires: Date.now() + 1e6, link: "AQB", recipients: [] } as unknown as ShareView;

/** A share of a page that is gone, and its id. */
async function shared(): Promise<string> {
  const shares = new Shares(Vault.open(), () => false, () => undefined);
  shares.begin("Day 3", kept, null);
  shares.add(entries.map((e) => ({ ...e })), sources);
  shares.saw(view, () => kept);
  await new Promise((resolve) => setTimeout(resolve, 1200)); // the samples
  await shares.all(); // in turn: by then it is written
  const [one] = await new Shares(Vault.open(), () => false, () => undefined).all();
  assert.ok(one);
  return one.id;
}

test("the next page finds the share, its list, and what its machine needs", async () => {
  const id = await shared();
  const next = new Shares(Vault.open(), () => false, () => undefined);
  const [one] = await next.all();
  assert.deepEqual([one?.title, one?.files, one?.bytes, one?.expires], ["Day 3", 2, 9090, view.expires]);
  assert.deepEqual((await next.list(id)).map(({ kind, name, size }) => [kind, name, size]), [["dir", "A001", 0], ["file", "a.mov", 9000], ["file", "b.mov", 90]]);
  const again = await next.again(id);
  assert.deepEqual([...bytesOf(again?.share.kept ?? "")], [...kept]);
});

test("a file is known by samples of its bytes, never by its date", async () => {
  const id = await shared();
  const next = new Shares(Vault.open(), () => false, () => undefined);
  const [, a, b] = sources.map((s) => s.file);
  assert.ok(a && b);
  assert.deepEqual(await next.unlike(id, [[2, file("a.mov", "a".repeat(9000), 999)], [3, b]]), []);
  for (const at of [0, 4500, 8999]) {
    const other = `${"a".repeat(at)}x${"a".repeat(8999 - at)}`;
    assert.deepEqual(await next.unlike(id, [[2, file("a.mov", other)], [3, b]]), [2], `byte ${at}`);
  }
});

test("samples wait while bytes move", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  let moving = true;
  const many: Source[] = Array.from({ length: 50 }, (_, n) => ({ parent: 0, kind: "file", name: `${n}`, file: file(`${n}`, `${n}`) }));
  const shares = new Shares(null, () => moving, () => undefined);
  shares.begin("Day 3", kept, null);
  let looked = 0;
  const counted = many.map((s) => ({ ...s, get file() { looked++; return s.file; } })) as Source[];
  shares.add(many.map(({ parent, name, file: f }) => ({ parent, name, file: { size: f?.size ?? 0, modified: 5 } })), counted);
  await pass(1000);
  assert.equal(looked, 0, "bytes move");
  moving = false;
  await pass(1000);
  for (const end = Date.now() + 30_000; looked < 50 && Date.now() < end;) await pass(5); // a digest takes as long as a busy machine lets it
  assert.equal(looked, 50);
});

test("what was taken back stays away, with what is in it", async () => {
  const id = await shared();
  const next = new Shares(Vault.open(), () => false, () => undefined);
  next.begin("Day 3", kept, (await next.again(id))?.share ?? null);
  next.removed([1]);
  assert.deepEqual((await new Shares(Vault.open(), () => false, () => undefined).list(id)).length, 3);
  await next.all();
  assert.deepEqual((await next.list(id)).map(({ kind }) => kind), ["gone", "gone", "gone"]);
});

test("a share that was stopped or has ended is forgotten, its list too", async () => {
  for (const how of ["stopped", "ended"]) {
    const id = await shared();
    const next = new Shares(Vault.open(), () => false, () => undefined);
    next.begin("Day 3", kept, (await next.again(id))?.share ?? null);
    next.saw(how === "stopped" ? { ...view, link: null, taken: false } : { ...view, expires: 1 }, () => new Uint8Array([9]));
    assert.deepEqual(await next.all(), []);
    const db = await openDB("beeline", 3);
    assert.equal(await db.count("lists"), 0, how);
    db.close();
  }
});

test("nothing of the list or the secret is stored open", async () => {
  await shared();
  const db = await openDB("beeline", 3);
  for (const store of ["shares", "lists"]) {
    for (const row of await db.getAll(store)) {
      const box = row.box ?? row;
      const open = `${JSON.stringify(row)} ${Buffer.from(box.sealed).toString("latin1")}`;
      for (const word of ["Day 3", "a.mov", "A001", btoa(String.fromCharCode(...kept))]) assert.ok(!open.includes(word), word);
    }
  }
  db.close();
});

test("a link is closed from another tab too, and only that one", async () => {
  let stopped = 0;
  const here = new Shares(Vault.open(), () => false, () => stopped++);
  here.begin("Day 3", kept, null);
  here.saw(view, () => kept);
  await here.all(); // in turn: by then it is written
  const there = new Shares(Vault.open(), () => false, () => assert.fail("it offers nothing"));
  const [one] = await there.all();
  assert.ok(one);
  there.close("of another share");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(stopped, 0);
  there.close(one.id);
  for (let n = 0; n < 100 && stopped === 0; n++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(stopped, 1);
  assert.deepEqual(await there.all(), []);
});

test("it is noted when a link was used last, and whose share a one-time link is stays", async () => {
  const shares = new Shares(Vault.open(), () => false, () => undefined);
  shares.begin("Day 3", kept, null);
  shares.saw(view, () => kept);
  await shares.all(); // in turn: by then it is written
  const other = new Shares(Vault.open(), () => false, () => undefined);
  assert.equal((await other.all())[0]?.used, null);
  shares.saw({ ...view, recipients: [{ phase: "waiting" }] } as unknown as ShareView, () => kept);
  await shares.all(); // in turn: by then it is written
  assert.equal((await other.all())[0]?.used, null, "who only asks has not used it");
  shares.saw({ ...view, link: null, taken: true, recipients: [{ phase: "transferring" }] } as unknown as ShareView, () => kept);
  assert.deepEqual(await shares.all(), [], "its own is not listed");
  const at = (await other.all())[0]?.used ?? 0;
  assert.ok(Math.abs(Date.now() - at) < 5000, String(at));
});

test("what a machine waits for is stored when it is said to be", async () => {
  const shares = new Shares(Vault.open(), () => false, () => undefined);
  shares.begin("Day 3", kept, null);
  const bound = new Uint8Array([9, 9, 9]);
  await shares.stored(bound);
  const vault = await Vault.open();
  assert.deepEqual([...bytesOf((await vault?.shares(Date.now()))?.[0]?.kept ?? "")], [...bound]);
});

test("to whom it is offered is kept under the book, which the passphrase opens", async () => {
  const anna = `${"A".repeat(43)}=`;
  const own = book();
  const tab = (): Shares => new Shares(Vault.open(), () => false, () => undefined, own);
  const shares = tab();
  shares.begin("Day 3", kept, null);
  assert.deepEqual(shares.members(), []);
  shares.keepMembers([anna]);
  shares.saw(view, () => kept);
  await shares.all();
  const [row] = (await (await Vault.open())?.shares(Date.now())) ?? [];
  assert.ok(row !== undefined && row.members !== undefined);
  assert.ok(!JSON.stringify(row).includes(anna), "the browser's key alone opens it");
  const next = tab();
  const again = await next.again(row.id);
  assert.ok(again);
  own.shut = true;
  next.begin("Day 3", kept, again.share);
  assert.equal(next.members(), null);
  next.keep({ title: "Day 4" }); // what is written meanwhile leaves them as they are
  own.shut = false;
  assert.deepEqual(next.members(), [anna]);
  await next.all();
  const later = tab();
  later.begin("Day 4", kept, (await later.again(row.id))?.share ?? null);
  assert.deepEqual(later.members(), [anna]);
  const other = new Shares(Vault.open(), () => false, () => undefined, book(2));
  other.begin("Day 4", kept, (await other.again(row.id))?.share ?? null);
  assert.equal(other.members(), null);
});
