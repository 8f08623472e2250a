import assert from "node:assert/strict";
import { test } from "node:test";
import { dice, finish } from "./made.ts";
import { folded, sequenceName } from "./sequence.ts";

/** Folds names; ids are their places. */
function fold(names: readonly string[]) {
  const { sequences, single } = finish(folded(names.map((_, i) => i), (i) => names[i] ?? ""));
  return { sequences, shown: [...sequences.map(sequenceName), ...single.map((i) => names[i])] };
}

/** Frames from first to last, but those left out. */
function frames(first: number, last: number, name: (n: string) => string, width = 4, without: readonly number[] = []): string[] {
  const out: string[] = [];
  for (let n = first; n <= last; n++) if (!without.includes(n)) out.push(name(String(n).padStart(width, "0")));
  return out;
}

test("frames of a shot are one row", () => {
  const { sequences, shown } = fold(frames(1, 240, (n) => `A001_C003.${n}.exr`));
  assert.deepEqual(shown, ["A001_C003.[0001-0240].exr"]);
  assert.deepEqual([sequences[0]?.members.length, sequences[0]?.gaps, sequences[0]?.frames], [240, [], true]);
});

test("gaps are found, single ones and runs", () => {
  const { sequences } = fold(frames(1, 240, (n) => `s.${n}.dpx`, 4, [17, 101, 102, 103, 104]));
  assert.deepEqual(sequences[0]?.gaps, [[17, 17], [101, 104]]);
  assert.equal(sequences[0]?.missing, 5);
});

const rules: [why: string, names: string[], shown: string[]][] = [
  ["two are not a sequence", ["a.1.exr", "a.2.exr"], ["a.1.exr", "a.2.exr"]],
  ["three are", ["a.1.exr", "a.2.exr", "a.3.exr"], ["a.[1-3].exr"]],
  ["the number is the last one before the extension", frames(1, 3, (n) => `v02_${n}_left.jp2`), ["v02_[0001-0003]_left.jp2"]],
  ["digits of the extension are none", ["a.mp3", "b.mp3", "c.mp3"], ["a.mp3", "b.mp3", "c.mp3"]],
  ["a number in place of the extension is the number", ["f.001", "f.002", "f.003"], ["f.[001-003]"]],
  ["an extension of two parts", frames(1, 3, (n) => `smoke.${n}.bgeo.sc`), ["smoke.[0001-0003].bgeo.sc"]],
  ["padding differs", ["a.001.exr", "a.002.exr", "a.003.exr", "a.0001.exr"], ["a.[001-003].exr", "a.0001.exr"]],
  ["the extension differs", ["a.1.exr", "a.2.exr", "a.3.exr", "a.4.dpx"], ["a.[1-3].exr", "a.4.dpx"]],
  ["without padding, over a power of ten", frames(8, 12, (n) => `a.${n}.tif`, 1), ["a.[8-12].tif"]],
  ["padded, over its width", frames(9998, 10001, (n) => `a.${n}.tif`), ["a.[9998-10001].tif"]],
  ["over a power of ten that is missing", frames(7, 13, (n) => `a.${n}.tif`, 1, [10]), ["a.[7-13].tif"]],
  ["numbers of another thing", [...frames(1, 5, (n) => `a.${n}.tif`, 3), ...frames(5001, 5003, (n) => `a.${n}.tif`)], ["a.[001-005].tif", "a.[5001-5003].tif"]],
  ["from one digit to three", frames(1, 120, (n) => `a.${n}.tif`, 1), ["a.[1-120].tif"]],
  ["clips are looked for by their names", ["A001C001.mov", "A001C002.mov", "A001C003.mov"], ["A001C001.mov", "A001C002.mov", "A001C003.mov"]],
  ["pictures far from each other are no shot", ["IMG_0001.jpg", "IMG_4000.jpg", "IMG_9000.jpg"], ["IMG_0001.jpg", "IMG_4000.jpg", "IMG_9000.jpg"]],
  ["a number too long to count with", frames(1, 3, (n) => `a.${n}.exr`, 20), frames(1, 3, (n) => `a.${n}.exr`, 20)],
  ["only digits", ["0001.dpx", "0002.dpx", "0003.dpx"], ["[0001-0003].dpx"]],
  ["a hidden file", [".1", ".2", ".3"], [".[1-3]"]],
];
for (const [why, names, shown] of rules) {
  test(`folding: ${why}`, () => assert.deepEqual(fold(names).shown, shown));
}

test("folding loses no file and makes up none, and a sequence's members have its name", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const roll = dice(seed);
    const names = Array.from({ length: roll(60) }, () => {
      const number = String(roll(30)).padStart(roll(4), "0");
      return `${["a", "b.", "c_2_"][roll(3)]}${number}${[".exr", ".dpx", "", ".mov", "_l.tif"][roll(5)]}`;
    });
    const all = names.map((_, i) => i);
    const { sequences, single } = finish(folded(all, (i) => names[i] ?? ""));
    const back = [...sequences.flatMap((s) => s.members), ...single].sort((a, b) => a - b);
    assert.deepEqual(back, all, `seed ${seed}: ${names.join(" ")}`);
    for (const s of sequences) {
      const numbers = s.members.map((i) => {
        const name = names[i] ?? "";
        assert.ok(name.startsWith(s.prefix) && name.endsWith(s.suffix), `seed ${seed}: ${name} in ${sequenceName(s)}`);
        return Number(name.slice(s.prefix.length, name.length - s.suffix.length));
      });
      const there = new Set(numbers);
      const missing: number[] = [];
      for (let n = s.first; n <= s.last; n++) if (!there.has(n)) missing.push(n);
      const gaps = s.gaps.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
      assert.deepEqual(gaps, missing, `seed ${seed}: gaps of ${sequenceName(s)}`);
      assert.equal(s.missing, missing.length);
    }
  }
});

// Names come from somebody else, and one with a slash must not stand for another.
test("names with slashes in them are not taken for each other", () => {
  const names = ["a/b1.exr", "a2b/.exr", "a3b/.exr", "a/b4.exr"];
  assert.deepEqual(fold(names).shown, names);
});

test("a folder in which every file is alone gives the browser its turn all the way", () => {
  const names = Array.from({ length: 51_200 }, (_, i) => `${i}_a1.exr`);
  let pieces = 0;
  for (const work = folded(names.map((_, i) => i), (i) => names[i] ?? ""); work.next().done !== true; ) pieces++;
  assert.ok(pieces >= 200, `${pieces} pieces: 512 files, or 512 numbers, at most in one`);
});
