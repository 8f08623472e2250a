import assert from "node:assert/strict";
import { test } from "node:test";
import type { Choice as Said, ListEntry } from "../../shared/views.ts";
import { Choice, type Tick } from "./choice.ts";
import { Entries } from "./entries.ts";
import { dice, listed, rolled } from "./made.ts";

function take(list: readonly ListEntry[]) {
  const entries = new Entries();
  const choice = new Choice(entries);
  const add = (some: readonly ListEntry[]): void => {
    for (const entry of some) entries.add(entry);
    choice.grow();
  };
  add(list);
  return { entries, choice, add };
}

/** What the core makes of the choice (wasm/session, choose): the nearest entry that is named decides. */
function wanted(list: readonly ListEntry[], said: readonly Said[]): boolean[] {
  const named = new Map(said);
  const out = [named.get(0) ?? true];
  for (const { index, parent } of list) out[index] = named.get(index) ?? out[parent] ?? true;
  return out;
}

/** The model to compare with: a set of what is off, and a walk for every question. */
class Naive {
  readonly off = new Set<number>();
  readonly list: ListEntry[];
  constructor(list: readonly ListEntry[]) {
    this.list = [...list];
  }
  below(i: number): number[] {
    return this.list.filter((e) => e.parent === i).flatMap((e) => [e.index, ...this.below(e.index)]);
  }
  leaves(i: number): number[] {
    const below = this.below(i);
    return below.length === 0 && i !== 0 ? [i] : below.filter((b) => !this.list.some((e) => e.parent === b));
  }
  set(i: number, on: boolean): void {
    for (const leaf of this.leaves(i)) if (on) this.off.delete(leaf); else this.off.add(leaf);
  }
  tick(i: number): Tick {
    const leaves = this.leaves(i);
    const off = leaves.filter((l) => this.off.has(l)).length;
    return off === 0 ? "yes" : off === leaves.length ? "no" : "some";
  }
}

test("boxes and totals are those of the naive model, and the pairs say the same", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const roll = dice(seed);
    const list = rolled(seed, 2 + roll(40));
    const { choice } = take(list);
    const naive = new Naive(list);
    for (let n = 0; n < 12; n++) {
      const [i, on] = [roll(list.length + 1), roll(2) === 0];
      choice.set(i, on);
      naive.set(i, on);
    }
    const on = list.filter((e) => e.kind === "file" && !naive.off.has(e.index));
    assert.equal(choice.files, on.length, `seed ${seed}: files`);
    assert.equal(choice.bytes, on.reduce((sum, e) => sum + e.size, 0), `seed ${seed}: bytes`);
    for (const complete of [true, false]) {
      const said = wanted(list, choice.pairs(complete));
      for (const { index } of list) {
        const tick = naive.tick(index);
        assert.equal(choice.tick(index), tick, `seed ${seed}: box of ${index}`);
        if (naive.leaves(index)[0] === index) assert.equal(said[index], tick === "yes", `seed ${seed}, complete ${complete}: entry ${index}`);
        // A folder of which nothing is wanted must not be made.
        else if (complete && tick === "no") assert.equal(said[index], false, `seed ${seed}: folder ${index}`);
      }
    }
  }
});

test("few pairs say much", () => {
  const paths = ["a/", "b/", ...Array.from({ length: 1000 }, (_, n) => `a/${n}`), ...Array.from({ length: 1000 }, (_, n) => `b/${n}`)];
  const { choice } = take(listed(paths));
  assert.deepEqual(choice.pairs(true), []);
  choice.set(1, false);
  assert.deepEqual(choice.pairs(true), [[1, false]]);
  // One by one all but one: the folder is off and the one is on.
  for (let i = 1003; i <= 2001; i++) choice.set(i, false);
  assert.deepEqual(choice.pairs(true), [[1, false], [2, false], [2002, true]]);
});

test("what comes later is as its folder was set, whatever was picked in it since", () => {
  const first = listed(["a/", "a/1", "a/2", "b/"]);
  const { choice, add } = take(first);
  choice.set(0, false);
  choice.set(2, true); // a/1
  add([{ index: 5, parent: 1, kind: "file", name: "3", localName: null, size: 7 }, { index: 6, parent: 0, kind: "file", name: "c", localName: null, size: 9 }]);
  assert.deepEqual([choice.tick(1), choice.tick(5), choice.tick(6), choice.files], ["some", "no", "no", 1]);
  // So far nobody knows what else comes: the pairs hold for it too.
  const said = choice.pairs(false);
  const later: ListEntry[] = [...first, { index: 5, parent: 1, kind: "file", name: "3", localName: null, size: 7 }, { index: 6, parent: 0, kind: "file", name: "c", localName: null, size: 9 }, { index: 7, parent: 0, kind: "file", name: "d", localName: null, size: 1 }];
  assert.deepEqual(wanted(later, said).map(Number), [0, 0, 1, 0, 0, 0, 0, 0]);
});

test("while more may come a folder is not named for what most of it is", () => {
  const list = listed(["a/", "a/1", "a/2", "a/3", "a/4"]);
  const { choice } = take(list);
  for (const i of [2, 3, 4]) choice.set(i, false);
  assert.deepEqual(choice.pairs(true), [[1, false], [5, true]]);
  const later: ListEntry[] = [...list, { index: 6, parent: 1, kind: "file", name: "5", localName: null, size: 1 }];
  assert.deepEqual(wanted(later, choice.pairs(false)).map(Number), [1, 1, 0, 0, 0, 1, 1]);
});

test("a folder stops being a thing of its own when something comes into it", () => {
  const { choice, add } = take(listed(["a/", "b/"]));
  choice.set(1, false);
  assert.equal(choice.tick(0), "some");
  add([{ index: 3, parent: 2, kind: "file", name: "x", localName: null, size: 1 }]);
  choice.set(3, false);
  assert.deepEqual([choice.tick(2), choice.tick(0), choice.nothing], ["no", "no", true]);
});

test("junk is left out with one choice, also what is listed later", () => {
  const { entries, choice, add } = take(listed(["a/", "a/.DS_Store", "a/._x.mov", "a/x.mov", "Thumbs.db"]));
  assert.deepEqual(entries.junk, { files: 3, bytes: 2 + 3 + 5 });
  choice.setJunk(false);
  add([{ index: 6, parent: 1, kind: "file", name: "desktop.ini", localName: null, size: 9 }]);
  assert.deepEqual([choice.files, choice.bytes], [1, 4]);
  assert.deepEqual(wanted(listed(["a/", "a/.DS_Store", "a/._x.mov", "a/x.mov", "Thumbs.db"]), choice.pairs(true)).slice(2), [false, false, true, false]);
  choice.set(0, true);
  assert.deepEqual([choice.withJunk, choice.files], [true, 5]);
});

test("what the sender took out counts for nothing", () => {
  const { entries, choice } = take([
    { index: 1, parent: 0, kind: "file", name: "a", localName: null, size: 5 },
    { index: 2, parent: 0, kind: "gone", name: "b", localName: null, size: 7 },
  ]);
  assert.deepEqual([entries.files(0), entries.bytes(0), choice.files, choice.tick(0)], [1, 5, 1, "yes"]);
  choice.set(0, false);
  assert.deepEqual(choice.pairs(true), [[1, false]]);
});
