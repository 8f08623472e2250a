import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToCore } from "../../shared/messages.ts";
import type { ListEntry } from "../../shared/views.ts";
import { Listing } from "./listing.ts";
import { listed } from "./made.ts";

/** A page whose clock stands still unless it is moved, and a core that answers when told to. */
function page(list: readonly ListEntry[]) {
  const asked: { from: number; count: number }[] = [];
  const waiting: { at: number; go: () => void }[] = [];
  const at = { now: 0, visible: true };
  const listing = new Listing(
    (m: ToCore) => {
      if (m.type === "list.read") asked.push({ from: m.from, count: m.count });
    },
    { later: (go, ms) => waiting.push({ at: at.now + ms, go }), now: () => at.now, visible: () => at.visible },
  );
  const answer = (): boolean => {
    const question = asked.shift();
    if (question === undefined) return false;
    listing.add(list.slice(question.from - 1, question.from - 1 + question.count));
    return true;
  };
  const pass = (ms: number): void => {
    at.now += ms;
    for (let n = 0; n < waiting.length; n++) {
      const due = waiting[n];
      if (due === undefined || due.at > at.now) continue;
      waiting.splice(n, 1);
      due.go();
      n = -1;
    }
  };
  const all = (): void => {
    listing.grow(list.length, true);
    while (answer());
    pass(100_000);
  };
  const shown = (): string[] => Array.from({ length: listing.rows.value.length }, (_, n) => `${"  ".repeat(listing.rows.value.level(n) - 1)}${listing.layouts.nameOf(listing.rows.value.id(n))}`);
  return { asked, waiting, at, listing, answer, pass, all, shown };
}

const flat = (n: number): ListEntry[] => listed(Array.from({ length: n }, (_, i) => `clip ${i} x.mov`));
const index = (list: readonly ListEntry[], name: string): number => list.find((e) => e.name === name)?.index ?? 0;

test("one window is asked for at a time, until all are there", () => {
  const { asked, listing, answer, pass } = page(flat(2500));
  listing.grow(2500, true);
  listing.grow(2500, true);
  assert.deepEqual(asked, [{ from: 1, count: 1000 }]);
  while (answer());
  pass(1000);
  assert.deepEqual([listing.entries.count, listing.rows.value.length], [2500, 2500]);
});

test("nothing is loaded while nobody looks", () => {
  const { asked, at, listing, answer } = page(flat(2500));
  listing.grow(2500, true);
  at.visible = false;
  answer();
  assert.equal(asked.length, 0);
  at.visible = true;
  listing.resume();
  assert.deepEqual(asked, [{ from: 1001, count: 1000 }]);
});

test("the first window is shown at once, the others together and not at every window", () => {
  const { listing, answer, pass } = page(flat(50_000));
  listing.grow(50_000, false);
  answer();
  assert.equal(listing.rows.value.length, 1000);
  let drawn = 0;
  listing.rows.subscribe(() => drawn++);
  for (let n = 0; n < 20; n++) {
    answer();
    pass(10);
  }
  assert.equal(drawn, 1, "20 windows within 200 ms");
  pass(100);
  assert.equal(listing.rows.value.length, 21_000);
});

test("a name that lands differently is kept beside its own", () => {
  const { listing } = page([]);
  listing.add([{ index: 1, parent: 0, kind: "file", name: "con.txt", localName: "%63on.txt", size: 1 }]);
  assert.deepEqual([listing.entries.name(1), listing.entries.localName(1), listing.entries.localName(2)], ["con.txt", "%63on.txt", null]);
});

test("what comes twice is taken once", () => {
  const { listing, answer } = page(flat(3));
  listing.grow(3, true);
  answer();
  listing.add(flat(3));
  assert.equal(listing.entries.count, 3);
});

const card = listed([
  "A001/", "notes.txt",
  "A001/CLIP/", "A001/shot 10.mov", "A001/shot 9.mov",
  "A001/CLIP/f.0001.exr", "A001/CLIP/f.0002.exr", "A001/CLIP/f.0004.exr", "A001/CLIP/Größe.txt", "A001/CLIP/empty/",
]);

test("folders first, in natural order, sequences folded; opening and closing", () => {
  const { listing, all, shown } = page(card);
  all();
  assert.deepEqual(shown(), ["A001", "notes.txt"]);
  listing.toggle(index(card, "A001"));
  assert.deepEqual(shown(), ["A001", "  CLIP", "  shot 9.mov", "  shot 10.mov", "notes.txt"]);
  listing.toggle(index(card, "CLIP"));
  const clip = ["    empty", "    f.[0001-0004].exr", "    Größe.txt"];
  assert.deepEqual(shown(), ["A001", "  CLIP", ...clip, "  shot 9.mov", "  shot 10.mov", "notes.txt"]);
  listing.toggle(-1);
  assert.deepEqual(shown().slice(3, 7), ["    f.[0001-0004].exr", "      f.0001.exr", "      f.0002.exr", "      f.0004.exr"]);
  listing.toggle(index(card, "A001"));
  assert.deepEqual(shown(), ["A001", "notes.txt"]);
  listing.toggle(index(card, "A001"));
  assert.equal(shown().length, 11, "what was open inside is open again");
});

test("a folder that is the whole share is open from the start", () => {
  const { all, shown } = page(listed(["A001/", "A001/b/", "A001/c"]));
  all();
  assert.deepEqual(shown(), ["A001", "  b", "  c"]);
});

test("places among siblings are told of every row", () => {
  const { listing, all } = page(listed(["A001/", "A001/b/", "A001/c"]));
  all();
  const rows = listing.rows.value;
  assert.deepEqual([0, 1, 2].map((n) => [rows.level(n), rows.place(n), rows.siblings(n), rows.above(n)]), [[1, 1, 1, -1], [2, 1, 2, 0], [2, 2, 2, 0]]);
});

test("search shows what it found and where, whatever case and accents", () => {
  const { listing, all, shown } = page(card);
  all();
  listing.find("GROSSE");
  assert.deepEqual([shown(), listing.found.value], [[], { text: "GROSSE", count: 0, done: true }]);
  listing.find("gro\u0308");
  assert.deepEqual([shown(), listing.found.value?.count], [["A001", "  CLIP", "    Größe.txt"], 1]);
  listing.find("f.000");
  assert.deepEqual(shown(), ["A001", "  CLIP", "    f.[0001-0004].exr"]);
  listing.find("0002");
  assert.deepEqual(shown(), ["A001", "  CLIP", "    f.0002.exr"], "a part of a sequence is no sequence with gaps");
  listing.find("clip");
  assert.deepEqual(shown(), ["A001", "  CLIP"]);
  listing.toggle(index(card, "CLIP"));
  assert.equal(shown().length, 5, "a folder that was found has all its contents");
  listing.find("clip");
  assert.equal(shown().length, 2, "a new search opens nothing of the last one");
  listing.find("");
  assert.deepEqual(shown(), ["A001", "notes.txt"], "as it was before");
});

test("a search goes on with what arrives", () => {
  const { listing, answer, pass } = page(flat(1500));
  listing.grow(1500, true);
  answer();
  listing.find("99 x");
  assert.equal(listing.found.value?.count, 10);
  answer();
  pass(10_000);
  assert.equal(listing.found.value?.count, 15);
});

test("what was found is chosen with one press", () => {
  const { listing, all } = page(card);
  all();
  listing.find("shot");
  listing.chooseFound(false);
  assert.deepEqual([listing.chosen.value.files, listing.pairs()], [5, [[4, false], [5, false]]]);
  listing.choose(0, false);
  listing.chooseFound(true);
  assert.equal(listing.chosen.value.files, 2);
  listing.find("clip");
  listing.chooseFound(true);
  assert.deepEqual([listing.chosen.value.files, listing.tick(index(card, "CLIP"))], [6, "yes"]);
  listing.choose(0, true); // all is ticked from the start: "only" has to leave the others out
  listing.find("shot");
  listing.chooseOnlyFound();
  assert.equal(listing.chosen.value.files, 2);
});

test("a sequence is one box", () => {
  const { listing, all } = page(card);
  all();
  listing.toggle(1);
  listing.toggle(3);
  listing.choose(-1, false);
  assert.deepEqual([listing.tick(-1), listing.tick(6), listing.tick(3), listing.chosen.value.files], ["no", "no", "some", 4]);
  listing.choose(7, true);
  assert.equal(listing.tick(-1), "some");
});

test("* opens everything beside a row", () => {
  const { listing, all, shown } = page(listed(["a/", "b/", "c", "a/1", "b/2"]));
  all();
  listing.openSiblings(1);
  assert.deepEqual(shown(), ["a", "  1", "b", "  2", "c"]);
});

test("more frames of a sequence that was opened come into it", () => {
  const list = listed(["x.1.exr", "x.2.exr", "x.3.exr", "x.4.exr"]);
  const { listing, pass, shown } = page(list);
  listing.grow(3, false);
  listing.add(list.slice(0, 3));
  listing.toggle(-1);
  assert.equal(shown().length, 4);
  listing.add(list.slice(3));
  pass(10_000);
  assert.deepEqual(shown(), ["x.[1-4].exr", "  x.1.exr", "  x.2.exr", "  x.3.exr", "  x.4.exr"]);
});

test("long work gives the browser its turn, and what the person does comes first", () => {
  const list = flat(100_000);
  const { at, listing, pass, waiting } = page(list);
  listing.grow(list.length, true);
  let ticks = 0;
  Object.defineProperty(at, "now", { get: () => (ticks += 0.05), set: () => undefined }); // every look at the clock takes time
  listing.add(list);
  assert.ok(listing.rows.value.length < 100_000 && waiting.length > 0, "100,000 rows in one go");
  const before = ticks;
  listing.find("99999");
  assert.ok(ticks - before < 20, `the first slice of a search took ${ticks - before} ms`);
  for (let n = 0; n < 10_000 && listing.found.value?.done !== true; n++) pass(0);
  for (let n = 0; n < 10_000 && waiting.length > 0; n++) pass(0);
  assert.equal(listing.rows.value.length, 1);
});

// Spread as arguments, so many would be a RangeError, and nothing would ever be shown again.
test("a part of a very long sequence is found, and the list goes on after it", () => {
  const total = 200_000;
  const { all, listing, pass } = page(Array.from({ length: total }, (_, i) => ({ index: i + 1, parent: 0, kind: "file", name: `a.${String(i).padStart(6, "0")}.exr`, localName: null, size: 1 })));
  all();
  assert.equal(listing.rows.value.length, 1);
  listing.find("0"); // in all but a few
  pass(100_000);
  assert.equal(listing.rows.value.length, listing.found.value?.count);
  assert.ok(listing.rows.value.length > 130_000);
});

test("what came since all was received is marked, counted above it and chosen alone", () => {
  const list = listed(["day/", "day/a.mov", "day/b.mov", "day/night/", "day/night/c.mov", "late.mov", "late/", "late/d.mov", "late/.DS_Store"]);
  const first = index(list, "b.mov");
  const { listing, all } = page(list);
  listing.receivedTo(first);
  listing.grow(list.length, false);
  assert.equal(listing.whole, false, "more may come");
  all();
  assert.equal(listing.whole, true);
  const news = (name: string): number => listing.news(index(list, name));
  assert.deepEqual(["day", "a.mov", "b.mov", "night", "c.mov", "late.mov", "late"].map(news), [1, 0, 0, 1, 1, 1, 2]);
  assert.equal(listing.news(0), 4);
  listing.choose(index(list, "a.mov"), false);
  listing.chooseNew();
  const { files, of } = listing.chosen.value;
  assert.deepEqual([files, of], [4, 6]);
  assert.deepEqual(["a.mov", "b.mov", "c.mov", "late"].map((name) => listing.tick(index(list, name))), ["no", "no", "yes", "yes"]);
  listing.chooseJunk(false);
  listing.chooseNew();
  assert.equal(listing.chosen.value.files, 3, "junk stays out");
});

test("what was taken back is not new, and nothing is where it was never received", () => {
  const list = listed(["a.mov", "b.mov", "c.mov"]).map((entry): ListEntry => (entry.name === "b.mov" ? { ...entry, kind: "gone", name: "" } : entry));
  const { listing, all } = page(list);
  listing.receivedTo(1);
  all();
  assert.equal(listing.news(0), 1);
  listing.chooseNew();
  assert.deepEqual([listing.chosen.value.files, listing.tick(0)], [1, "some"]);
  const never = page(list);
  never.all();
  assert.deepEqual([never.listing.again, never.listing.news(0), never.listing.news(3)], [false, 0, 0]);
});
