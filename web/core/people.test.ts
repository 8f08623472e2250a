// What is kept of an identity, where, and what becomes of it when the browser keeps
// nothing, loses its key or another tab writes. The book itself is Go's, and tested
// there: here it is a number that grows.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import type { FromPeople, PeopleAnswer, PeopleQuestion, PeopleView } from "../shared/people.ts";
import { type Book, Books, type RawPeople } from "./book.ts";
import { type Around, People } from "./people.ts";
import { Vault } from "./vault.ts";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

/** A container of the fake: asks or not, key, generation, name. */
interface Contents {
  asks: boolean;
  key: string;
  generation: number;
  name: string;
  /** Text of the successor. */
  follows?: string;
}
const encode = (c: Contents): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`BLV1${String.fromCharCode(c.asks ? 1 : 0)}${JSON.stringify(c)}`);
const decode = (b: Uint8Array): Contents => JSON.parse(new TextDecoder().decode(b.subarray(5))) as Contents;
const keyOf = (base: Uint8Array, pepper: Uint8Array): string => `${base.join()}/${pepper.join()}`;

function fakeBook(c: Contents): ReturnType<RawPeople> {
  return (op, ...args) => {
    if (op === "view") {
      const name = new TextEncoder().encode(c.name);
      const head = new Uint8Array(9);
      head[0] = c.asks ? 1 : 0;
      head[8] = c.generation;
      // Without a card, and one contact: 32 bytes of an ID, not verified, without names, of twelve times five zeros.
      const follows = new TextEncoder().encode(c.follows ?? "");
      return new Uint8Array([...head, name.length, ...name, 0, 0, 0, 1, ...new Array<number>(32).fill(7), 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(60).fill(48), 0, 0, follows.length, ...follows]);
    }
    if (op === "name") {
      if (args[0] === "refused") return "E_CARD";
      c.name = String(args[0]);
      return "";
    }
    if (op === "use") return "";
    if (op === "succeed") {
      c.follows = "bl1.next";
      return "";
    }
    if (op === "secure") {
      c.asks = (args[0] as Uint8Array)[4] === 1;
      c.key = keyOf(args[1] as Uint8Array, args[2] as Uint8Array);
      return "";
    }
    if (op === "seal") {
      c.generation = Math.max(c.generation, Number(args[0])) + 1;
      return encode(c);
    }
    if (op === "again") {
      const other = decode(args[0] as Uint8Array);
      return other.key === c.key ? fakeBook(other) : "E_VAULT";
    }
    return "E_INTERNAL";
  };
}

const go: RawPeople = (op, ...args) => {
  if (op === "make") return fakeBook({ asks: false, key: "", generation: 0, name: String(args[0]) });
  if (op === "close") return "";
  if (op === "fresh") return new Uint8Array([66, 76, 86, 49, args[0] === "none" ? 0 : 1]);
  if (op === "header") return (args[0] as Uint8Array).subarray(0, 5) as Uint8Array<ArrayBuffer>;
  if (op === "open") {
    const c = decode(args[0] as Uint8Array);
    return c.key === keyOf(args[1] as Uint8Array, args[2] as Uint8Array) ? fakeBook(c) : "E_VAULT";
  }
  return "E_INTERNAL";
};

/** A tab: its core, and what it showed last. */
async function tab(vault: Vault | null) {
  let view: PeopleView | null = null;
  let answer: PeopleAnswer | null = null;
  const used: number[] = [];
  const stored: boolean[] = [];
  let arrived: Book | null = null;
  const around: Around = {
    vault: Promise.resolve(vault),
    post: (m: FromPeople) => {
      if (m.type === "people.view") view = m.view;
      if (m.type === "people.answer") answer = m.answer;
    },
    base: async (_, passphrase) => (passphrase.length > 100 ? null : passphrase),
    alone: (f) => f(),
    tell: () => undefined,
    used: (contacts) => void used.push(contacts.length),
    arrived: () => arrived,
    stored: (kept) => void stored.push(kept),
    now: () => 1_795_660_800_000,
  };
  const books = new Books(go);
  const people = new People(books, around);
  return {
    people,
    ask: async (question: PeopleQuestion): Promise<PeopleAnswer | null> => {
      await people.ask(1, question);
      return answer;
    },
    view: () => view,
    /** How many contacts might be met, each time that was said. */
    used,
    /** An identity of that name came from another device. */
    comes: (name: string): void => {
      arrived = books.make(name, 0);
    },
    /** What the other device was told. */
    stored,
  };
}

const read = { what: "read", mark: 0 } as const;

test("nobody is made by looking, and who is made is there for the next page", async () => {
  const vault = await Vault.open();
  const one = await tab(vault);
  await one.ask(read);
  assert.deepEqual(one.view(), { at: "none", kept: true });
  assert.equal(await vault?.people(), null);
  await one.ask({ what: "make", name: "Ada" });
  const two = await tab(await Vault.open());
  await two.ask(read);
  const view = two.view();
  assert.ok(view?.at === "open" && view.name === "Ada" && view.kept && !view.old, JSON.stringify(view));
});

test("a new key is written, its card is there for the next page, and what goes on is told of it", async () => {
  const one = await tab(await Vault.open());
  await one.ask(read);
  await one.ask({ what: "make", name: "Ada" });
  const before = one.used.length;
  assert.deepEqual(await one.ask({ what: "succeed" }), { kind: "done" });
  assert.deepEqual(one.used.slice(before), [1], "shares and what is looked at are told");
  const two = await tab(await Vault.open());
  await two.ask(read);
  const view = two.view();
  assert.ok(view?.at === "open" && view.successor === "bl1.next", JSON.stringify(view));
});

test("a browser that keeps nothing says so, and the identity lasts as long as the tab", async () => {
  const it = await tab(null);
  await it.ask(read);
  assert.deepEqual(it.view(), { at: "none", kept: false });
  await it.ask({ what: "make", name: "Ada" });
  await it.ask({ what: "name", name: "Grace" });
  const view = it.view();
  assert.ok(view?.at === "open" && !view.kept && view.name === "Grace", JSON.stringify(view));
});

test("a browser that takes and does not give back is found out at the first write", async () => {
  const vault = await Vault.open();
  assert.ok(vault);
  vault.people = () => Promise.resolve(null);
  const it = await tab(vault);
  await it.ask(read);
  await it.ask({ what: "make", name: "Ada" });
  const view = it.view();
  assert.ok(view?.at === "open" && !view.kept, JSON.stringify(view));
});

test("attack 47: what was copied out of the storage opens nowhere else, and the browser's key gone is said", async () => {
  const vault = await Vault.open();
  const it = await tab(vault);
  await it.ask(read);
  await it.ask({ what: "make", name: "Ada" });
  const db = await openDB("beeline", 3);
  const row = (await db.get("people", "own")) as unknown;
  db.close();
  globalThis.indexedDB = new IDBFactory();
  const elsewhere = await Vault.open();
  const other = await openDB("beeline", 3);
  await other.put("people", row, "own");
  other.close();
  const thief = await tab(elsewhere);
  await thief.ask(read);
  assert.deepEqual(thief.view(), { at: "damaged" });
  assert.deepEqual(await thief.ask({ what: "name", name: "Mallory" }), { kind: "failed", why: "E_VAULT" });
});

test("a passphrase: locked without it, the same answer to every other one", async () => {
  const vault = await Vault.open();
  const one = await tab(vault);
  await one.ask(read);
  await one.ask({ what: "make", name: "Ada" });
  assert.deepEqual(await one.ask({ what: "passphrase", passphrase: "ﬁne words" }), { kind: "done" });
  const two = await tab(vault);
  await two.ask(read);
  assert.deepEqual(two.view(), { at: "locked" });
  assert.deepEqual(await two.ask({ what: "unlock", passphrase: "other" }), { kind: "failed", why: "E_VAULT" });
  assert.deepEqual(two.view(), { at: "locked" });
  await two.ask({ what: "unlock", passphrase: "fine words" }); // as another keyboard types it
  assert.equal(two.view()?.at, "open");
  assert.deepEqual(await two.ask({ what: "passphrase", passphrase: "x".repeat(101) }), { kind: "failed", why: "E_INTERNAL" });
  await two.ask({ what: "passphrase", passphrase: "" });
  const three = await tab(vault);
  await three.ask(read);
  assert.equal(three.view()?.at, "open");
});

test("two tabs: the later write knows the earlier one, and a new passphrase locks the other tab", async () => {
  const vault = await Vault.open();
  const [one, two] = [await tab(vault), await tab(vault)];
  await one.ask(read);
  await one.ask({ what: "make", name: "Ada" });
  await two.ask(read);
  await two.ask({ what: "make", name: "Grace" }); // pressed in both
  const made = two.view();
  assert.ok(made?.at === "open" && made.name === "Ada", JSON.stringify(made));
  await two.ask({ what: "name", name: "Ada L." });
  await one.people.told();
  const told = one.view();
  assert.ok(told?.at === "open" && told.name === "Ada L.", JSON.stringify(told));
  await one.ask({ what: "passphrase", passphrase: "fine words" });
  assert.deepEqual(await two.ask({ what: "name", name: "Lost" }), { kind: "failed", why: "E_VAULT" });
  assert.deepEqual(two.view(), { at: "locked" });
  await one.ask({ what: "erase" });
  await two.people.told();
  assert.deepEqual(two.view(), { at: "none", kept: true });
});

test("attack 56: yesterday's container is opened, said to be old, and settled by the next change", async () => {
  const vault = await Vault.open();
  const one = await tab(vault);
  await one.ask(read);
  await one.ask({ what: "make", name: "Ada" });
  const yesterday = await vault?.people();
  assert.ok(vault && yesterday);
  await one.ask({ what: "name", name: "Grace" });
  await vault.putPeople(yesterday);
  const two = await tab(vault);
  await two.ask({ what: "read", mark: 2 });
  const old = two.view();
  assert.ok(old?.at === "open" && old.old && old.name === "Ada", JSON.stringify(old));
  assert.equal(two.used.at(-1), 0, "nobody of it is met");
  await two.ask({ what: "name", name: "Ada again" });
  const settled = two.view();
  assert.ok(settled?.at === "open" && !settled.old && settled.generation === 3, JSON.stringify(settled));
  assert.equal(two.used.at(-1), 1);
});

test("what is refused changes nothing", async () => {
  const vault = await Vault.open();
  const it = await tab(vault);
  await it.ask(read);
  await it.ask({ what: "make", name: "Ada" });
  const before = await vault?.people();
  assert.deepEqual(await it.ask({ what: "name", name: "refused" }), { kind: "failed", why: "E_CARD" });
  assert.deepEqual(await vault?.people(), before);
});

test("what comes from another device is kept after a yes, whether somebody is here or not", async () => {
  const vault = await Vault.open();
  const it = await tab(vault);
  await it.ask(read);
  it.comes("Ada");
  assert.deepEqual([it.view(), it.stored], [{ at: "none", kept: true }, []], "kept without a question");
  assert.deepEqual(await it.ask({ what: "taken" }), { kind: "done" });
  let view = it.view();
  assert.ok(view?.at === "open" && view.name === "Ada" && view.kept, JSON.stringify(view));
  assert.deepEqual(it.stored, [true]);
  it.comes("Grace");
  view = it.view();
  assert.ok(view?.at === "open" && view.name === "Ada", "what was there was replaced without a question");
  assert.deepEqual(it.stored, [true], "the other device hears that it is stored, and it is not");
  assert.deepEqual(await it.ask({ what: "taken" }), { kind: "done" });
  const next = await tab(await Vault.open());
  await next.ask(read);
  view = next.view();
  assert.ok(view?.at === "open" && view.name === "Grace", JSON.stringify(view));
  assert.deepEqual(it.stored, [true, true]);
});

test("what comes from another device replaces nothing that is locked or damaged without a yes", async () => {
  const vault = await Vault.open();
  const one = await tab(vault);
  await one.ask(read);
  await one.ask({ what: "make", name: "Ada" });
  await one.ask({ what: "passphrase", passphrase: "a long passphrase" });
  const two = await tab(await Vault.open());
  await two.ask(read);
  two.comes("Grace");
  assert.deepEqual([two.view(), two.stored], [{ at: "locked" }, []]);
  const kept = await vault?.people();
  assert.ok(kept !== null && kept !== undefined);
  kept.container[0] = 0;
  await vault?.putPeople({ ...kept, container: new TextEncoder().encode("BLV1\0no") });
  const three = await tab(await Vault.open());
  await three.ask(read);
  three.comes("Grace");
  assert.deepEqual([three.view(), three.stored], [{ at: "damaged" }, []]);
  await three.ask({ what: "taken" });
  assert.ok(three.view()?.at === "open");
});

test("where nothing is kept the other device hears so, and what was there before comes back with the next page", async () => {
  const vault = await Vault.open();
  assert.ok(vault !== null);
  const it = await tab(vault);
  await it.ask(read);
  await it.ask({ what: "make", name: "Ada" });
  vault.putPeople = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  it.comes("Grace");
  assert.deepEqual(await it.ask({ what: "taken" }), { kind: "done" });
  let view = it.view();
  assert.ok(view?.at === "open" && view.name === "Grace" && !view.kept, JSON.stringify(view));
  assert.deepEqual(it.stored, [false]);
  const next = await tab(await Vault.open());
  await next.ask(read);
  view = next.view();
  assert.ok(view?.at === "open" && view.name === "Ada", "half of it is stored");
});
