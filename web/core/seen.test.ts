// What is remembered of contacts' shares: it grows, is bounded, goes with the contact,
// and opens with the book only.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { offerLink } from "../shared/messages.ts";
import type { Beside } from "./people.ts";
import { Seen, seenMost } from "./seen.ts";
import { book } from "./testing/beside.ts";
import { Vault } from "./vault.ts";

const anna = `${"A".repeat(43)}=`;
const bela = `${"B".repeat(43)}=`;
const share = `${"S".repeat(22)}==`;
const link = offerLink(anna, share);

let changes = 0;
let told = 0;
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  [changes, told] = [0, 0];
});

function tab(vault: Promise<Vault | null> = Vault.open(), beside: Beside = book()): Seen {
  return new Seen({ vault, beside, alone: (f) => f(), tell: () => told++, changed: () => changes++ });
}

/** Everything that was begun is through. */
const settled = (seen: Seen): Promise<number> => seen.taken(link);

test("the next page knows what was seen and what was taken", async () => {
  const one = tab();
  one.known([anna, bela]);
  assert.equal(one.of(anna, share), null, "never looked at");
  one.saw(link, 10, false);
  assert.deepEqual([one.of(anna, share), await one.taken(link)], [10, 0]);
  one.saw(link, 12, true);
  one.saw(link, 12, true); // a view that says the same writes nothing
  one.saw(link, 11, false); // nor one that knows less
  await settled(one);
  assert.equal(told, 2);
  const two = tab();
  two.known([anna, bela]);
  assert.equal(await two.taken(link), 12);
  assert.equal(two.of(anna, share), 12);
  assert.ok(changes > 0, "what is shown follows");
});

test("what another tab wrote meanwhile stays", async () => {
  const [one, two] = [tab(), tab()];
  one.known([anna, bela]);
  two.known([anna, bela]);
  await settled(two);
  one.saw(link, 5, false);
  await settled(one);
  two.saw(offerLink(bela, share), 7, true);
  await settled(two);
  const three = tab();
  three.known([anna, bela]);
  await settled(three);
  assert.deepEqual([three.of(anna, share), three.of(bela, share)], [5, 7]);
});

test("it goes with the contact, here and on disk", async () => {
  const one = tab();
  one.known([anna, bela]);
  one.saw(link, 5, true);
  one.saw(offerLink(bela, share), 7, false);
  await settled(one);
  one.known([bela]); // Anna was removed
  assert.deepEqual([one.of(anna, share), one.of(bela, share)], [null, 7]);
  await settled(one);
  const two = tab();
  two.known([anna, bela]); // and added again
  assert.equal(await two.taken(link), 0);
  assert.deepEqual([two.of(anna, share), two.of(bela, share)], [null, 7]);
});

test("without the book nothing is read and nothing written; another book reads nothing", async () => {
  const vault = Vault.open();
  const own = book();
  const one = tab(vault, own);
  one.known([anna]);
  one.saw(link, 5, true);
  await settled(one);
  const stored = await (await vault)?.seen();
  assert.ok(stored);
  assert.ok(!new TextDecoder().decode(stored).includes(anna), "an ID at rest");
  own.shut = true;
  one.saw(link, 9, true);
  await settled(one);
  assert.deepEqual(await (await vault)?.seen(), stored);
  const other = tab(vault, book(2));
  other.known([anna]);
  assert.equal(await other.taken(link), 0);
});

test("so many are remembered, those that were looked at last", async () => {
  const one = tab(Promise.resolve(null));
  one.known([anna]);
  const of = (n: number): string => `${String(n).padStart(22, "0")}==`;
  for (let n = 0; n <= seenMost; n++) one.saw(offerLink(anna, of(n)), 1, false);
  one.known([anna]);
  assert.deepEqual([one.of(anna, of(0)), one.of(anna, of(1)), one.of(anna, of(seenMost))], [null, 1, 1]);
});

test("erased, nothing of it stays", async () => {
  const vault = Vault.open();
  const one = tab(vault);
  one.known([anna]);
  one.saw(link, 5, true);
  await settled(one);
  await (await vault)?.erasePeople();
  assert.equal(await (await vault)?.seen(), null);
});
