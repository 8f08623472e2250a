import assert from "node:assert/strict";
import { test } from "node:test";
import { moveFor, TypeAhead } from "./keys.ts";
import { split } from "./name.ts";
import { sorted } from "./order.ts";
import { Rows } from "./rows.ts";
import { comparable } from "./search.ts";
import { finish } from "./made.ts";
import { Slices } from "./slices.ts";
import { ranges, States } from "./states.ts";

// a/ (open)   1        b/ (closed)   c
const rows = new Rows();
rows.push(1, 1, 1, 3);
rows.push(2, 2, 1, 1);
rows.push(3, 1, 2, 3);
rows.push(4, 1, 3, 3);
const at = (n: number, opens = false, open = false) => ({ rows, at: n, page: 2, opens, open });

const keys: [key: string, from: ReturnType<typeof at>, move: unknown][] = [
  ["ArrowDown", at(0, true, true), { do: "go", to: 1 }],
  ["ArrowDown", at(3), { do: "go", to: 3 }],
  ["ArrowUp", at(0, true, true), { do: "go", to: 0 }],
  ["ArrowUp", at(2, true), { do: "go", to: 1 }],
  ["Home", at(3), { do: "go", to: 0 }],
  ["End", at(0), { do: "go", to: 3 }],
  ["PageDown", at(0), { do: "go", to: 2 }],
  ["PageDown", at(2), { do: "go", to: 3 }],
  ["PageUp", at(3), { do: "go", to: 1 }],
  ["ArrowRight", at(0, true, true), { do: "go", to: 1 }],
  ["ArrowRight", at(2, true, false), { do: "toggle" }],
  ["ArrowRight", at(3), { do: "go", to: 3 }],
  ["ArrowLeft", at(0, true, true), { do: "toggle" }],
  ["ArrowLeft", at(1), { do: "go", to: 0 }],
  ["ArrowLeft", at(3), { do: "go", to: 3 }],
  ["Enter", at(2, true, false), { do: "toggle" }],
  ["Enter", at(3), { do: "go", to: 3 }],
  [" ", at(3), { do: "tick" }],
  ["*", at(2, true), { do: "siblings" }],
  ["Tab", at(0), null],
  ["x", at(0), null],
];
for (const [key, from, move] of keys) {
  test(`key ${JSON.stringify(key)} at row ${from.at}`, () => assert.deepEqual(moveFor(key, from), move));
}

test("letters lead to names, the same letter to the next one, a pause begins anew", () => {
  const name = (id: number): string => ["", "Alpha", "Ärger", "beta", "Album"][id] ?? "";
  const ahead = new TypeAhead();
  assert.equal(ahead.type("a", 0, rows, 0, name), 1, "Ärger: accents don't count");
  assert.equal(ahead.type("a", 100, rows, 1, name), 3);
  assert.equal(ahead.type("l", 2000, rows, 3, name), -1);
  assert.equal(ahead.type("a", 4000, rows, 3, name), 0);
  assert.equal(ahead.type("l", 4100, rows, 0, name), 0);
  assert.equal(ahead.type("b", 4200, rows, 0, name), 3, "alb");
});

test("names in natural order, however many, equal ones as they came", () => {
  const names = Array.from({ length: 3000 }, (_, n) => `clip ${(n * 7919) % 1500}`);
  const ids = finish(sorted(names.map((_, i) => i), (i) => names[i] ?? ""));
  assert.deepEqual(ids.map((i) => names[i]), Array.from({ length: 3000 }, (_, n) => `clip ${n >> 1}`));
  for (let n = 1; n < ids.length; n += 2) assert.ok((ids[n - 1] ?? 0) < (ids[n] ?? 0));
});

test("a long name is cut before what names differ in", () => {
  assert.deepEqual(split("short.mov"), ["short.mov", ""]);
  assert.deepEqual(split("ATBP_0A1_010_FG01_v001.[01000-01045].exr"), ["ATBP_0A1_010_FG01_v001", ".[01000-01045].exr"]);
  for (const name of ["ein sehr langer Name ohne Ende und mit Punkt.mov", "日本語の名前がとても長いのでここで切れる.mov", "x".repeat(255), "اسم طويل جدا لا ينتهي أبدا في سطر.mov"]) assert.equal(split(name).join(""), name);
  assert.equal(split("日本語の名前がとても長いのでここで切れるかもしれない")[1], "", "not within a word of a script that is not ours");
});

test("names are compared without case and accents", () => {
  assert.equal(comparable("GRO\u0308ßE"), comparable("größe"));
  assert.equal(comparable("ﬁle ÄÉ"), "file ae");
});

test("new work puts an end to what was under way, and until then there is some", () => {
  const later: (() => void)[] = [];
  let now = 0;
  const slices = new Slices((go) => later.push(go), () => (now += 5));
  const done: string[] = [];
  function* work(steps: number): Generator<void, string> {
    for (let n = 0; n < steps; n++) yield;
    return `${steps} steps`;
  }
  slices.run(work(10), (result) => done.push(result));
  assert.deepEqual([slices.busy, later.length], [true, 1]);
  slices.run(work(3), (result) => done.push(result));
  for (let go = later.shift(); go !== undefined; go = later.shift()) go();
  assert.deepEqual([slices.busy, done], [false, ["3 steps"]]);
});

test("states are asked for in few ranges", () => {
  assert.deepEqual(ranges([500, 1, 2, 40, 501]), [[1, 40], [500, 501]]);
  const asked: number[][] = [];
  const states = new States((from, count) => asked.push([from, count]));
  states.want([7, 5]);
  assert.deepEqual(asked, [[5, 3]]);
  states.add(5, Uint8Array.of(0, 3, 4));
  assert.deepEqual([4, 5, 6, 7, 8].map((i) => states.of(i)), [null, "waiting", "verified", "failed", null]);
  const told = states.told.value;
  states.add(5, Uint8Array.of(0, 3, 4));
  assert.equal(states.told.value, told, "the same again is no news");
});
