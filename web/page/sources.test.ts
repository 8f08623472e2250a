import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source } from "../shared/messages.ts";
import { Sources } from "./sources.ts";
import { nothingWalked, type Walked } from "./state.ts";
import { titleOf, walkEntries, walkFiles, walkHandles } from "./walk.ts";

function collect() {
  const got = { sources: [] as Source[], sizes: [] as number[], walked: nothingWalked as Walked };
  const sources = new Sources({
    add: (batch) => {
      got.sizes.push(batch.length);
      got.sources.push(...batch);
    },
    found: (walked) => {
      got.walked = walked;
    },
  });
  return { got, sources };
}

/** A File as an <input> gives it; the path is that of a chosen folder. Node's File has none. */
function file(name: string, bytes = 1, path = ""): File {
  return Object.defineProperty(new File([new Uint8Array(bytes)], name), "webkitRelativePath", { value: path });
}

const fileAt = (path: string, bytes: number): File => file(path.split("/").at(-1) ?? "", bytes, path);

const list = (...files: File[]) => files;

test("entries go in running order, at most a thousand a message", () => {
  const { got, sources } = collect();
  const dir = sources.addDir(0, "card");
  assert.equal(dir, 1);
  for (let i = 0; i < 2500; i++) sources.addFile(dir, file(`clip${i}.mov`));
  sources.flush();
  assert.deepEqual(got.sizes, [1000, 1000, 501]);
  assert.equal(got.sources[2500]?.name, "clip2499.mov");
  assert.deepEqual({ files: got.walked.files, bytes: got.walked.bytes }, { files: 2500, bytes: 2500 });
  assert.deepEqual(got.walked.roots, [{ index: 1, name: "card", kind: "dir", files: 2500, bytes: 2500 }]);
});

test("a chosen folder becomes directories before what is in them", async () => {
  const { got, sources } = collect();
  await walkFiles(list(fileAt("card/A/B/x.mov", 3), fileAt("card/y.mov", 4), fileAt("card/A/z.mov", 5)), sources, new AbortController().signal);
  assert.deepEqual(
    got.sources.map((s) => [s.parent, s.kind, s.name]),
    [[0, "dir", "card"], [1, "dir", "A"], [2, "dir", "B"], [3, "file", "x.mov"], [1, "file", "y.mov"], [2, "file", "z.mov"]],
  );
  assert.equal(got.walked.bytes, 12);
});

test("chosen files lie directly in the share", async () => {
  const { got, sources } = collect();
  await walkFiles(list(file("a.mov"), file("b.mov")), sources, new AbortController().signal);
  assert.deepEqual(got.sources.map((s) => s.parent), [0, 0]);
  assert.equal(await sources.refresh(1), null, "a chosen file has no place to look again");
});

/** Folders and files as Chromium hands them to a page that comes again. */
class FakeDir {
  readonly kind = "directory";
  constructor(readonly name: string, readonly children: (FakeDir | FakeFile)[]) {}
  async *values() {
    yield* this.children;
  }
  getDirectoryHandle = async (name: string) => this.#child(name);
  getFileHandle = async (name: string) => this.#child(name);
  #child(name: string): FakeDir | FakeFile {
    const found = this.children.find((c) => c.name === name);
    if (found === undefined) throw new DOMException(name, "NotFoundError");
    return found;
  }
}
class FakeFile {
  readonly kind = "file";
  constructor(readonly name: string, public bytes: number) {}
  getFile = async () => file(this.name, this.bytes);
}

test("what was walked by handles can be looked at again", async () => {
  Object.assign(globalThis, { FileSystemDirectoryHandle: FakeDir, FileSystemFileHandle: FakeFile });
  const { got, sources } = collect();
  const [deep, alone] = [new FakeFile("deep.mov", 3), new FakeFile("alone.mov", 4)];
  const card = new FakeDir("card", [new FakeDir("A", [deep])]);
  await walkHandles([card, alone] as unknown as FileSystemHandle[], sources, new AbortController().signal);
  const at = (name: string): number => got.sources.findIndex((s) => s.name === name) + 1;
  deep.bytes = 30;
  alone.bytes = 40;
  assert.equal((await sources.refresh(at("deep.mov")))?.size, 30);
  assert.equal((await sources.refresh(at("alone.mov")))?.size, 40);
  card.children.length = 0;
  assert.equal(await sources.refresh(at("deep.mov")), null, "it is gone");
});

/** The same as entries of a drop. */
function entryOf(of: FakeDir | FakeFile): FileSystemEntry {
  const isDirectory = of instanceof FakeDir;
  const left = isDirectory ? of.children.map(entryOf) : [];
  return {
    name: of.name, isDirectory, isFile: !isDirectory,
    createReader: () => ({ readEntries: (done: (some: FileSystemEntry[]) => void) => done(left.splice(0)) }),
    file: (done: (f: File) => void) => done(file(of.name, isDirectory ? 0 : of.bytes)),
  } as unknown as FileSystemEntry;
}

test("what has not arrived completely, or is in quarantine, is in no share, however it is given", async () => {
  Object.assign(globalThis, { FileSystemDirectoryHandle: FakeDir, FileSystemFileHandle: FakeFile });
  const own = (name: string) => new FakeDir(name, [new FakeDir("8f3a01c2", [new FakeFile("t5.mov", 3)])]);
  const card = new FakeDir("card", [own("Beeline (unfinished)"), own("beeline (Quarantine) (2)"), new FakeFile("Beeline (unfinished)", 1), own("Beeline (unfinished) too")]);
  const signal = new AbortController().signal;
  const ways = {
    "a drop": (s: Sources) => walkEntries([entryOf(card)], s, signal),
    "a choice": (s: Sources) => walkFiles(list(
      fileAt("card/Beeline (unfinished)/8f3a01c2/t5.mov", 3), fileAt("card/Beeline (unfinished)/8f3a01c2/t6.mov", 3),
      fileAt("card/beeline (Quarantine) (2)/8f3a01c2/t5.mov", 3), fileAt("card/Beeline (unfinished)", 1), fileAt("card/Beeline (unfinished) too/8f3a01c2/t5.mov", 3),
    ), s, signal),
    "coming back": (s: Sources) => walkHandles([card] as unknown as FileSystemHandle[], s, signal),
  };
  for (const [way, walk] of Object.entries(ways)) {
    const { got, sources } = collect();
    await walk(sources);
    assert.deepEqual(got.sources.map((s) => s.name).sort(), ["8f3a01c2", "Beeline (unfinished)", "Beeline (unfinished) too", "card", "t5.mov"], way);
    assert.equal(got.walked.leftOut, 2, way);
  }
});

test("only so many top-level things are shown, the rest is counted", () => {
  const { got, sources } = collect();
  for (let i = 0; i < 250; i++) sources.addFile(0, file(`${i}`));
  sources.flush();
  assert.equal(got.walked.roots.length, 200);
  assert.equal(got.walked.more, 50);
});

test("what was taken out is not counted, and a walk that still finds things in it adds nothing", () => {
  const { got, sources } = collect();
  const card = sources.addDir(0, "card");
  const clips = sources.addDir(card, "clips");
  sources.addFile(clips, file("a.mov", 7));
  sources.addFile(0, file("notes.txt", 2));
  sources.remove(card);
  sources.addFile(clips, file("b.mov", 9));
  sources.addFile(sources.addDir(clips, "more"), file("c.mov", 9));
  sources.addFile(0, file("last.txt", 1));
  sources.flush();
  assert.deepEqual(got.walked.roots.map((r) => [r.index, r.name]), [[4, "notes.txt"], [5, "last.txt"]]);
  assert.deepEqual([got.walked.files, got.walked.bytes], [2, 3]);
  assert.deepEqual(got.sources.map((s) => s.name), ["card", "clips", "a.mov", "notes.txt", "last.txt"], "the core counts by order");
});

test("something added later gets a name of its own", () => {
  const { got, sources } = collect();
  for (const name of ["a.mov", "a.mov", "a.mov", ".rc", ".rc"]) sources.addFile(0, file(name));
  sources.flush();
  assert.deepEqual(got.walked.roots.map((r) => r.name), ["a.mov", "a (2).mov", "a (3).mov", ".rc", ".rc (2)"]);
});

test("the title is the one thing, or how many there are", () => {
  assert.equal(titleOf(["Day 3"], String), "Day 3");
  assert.equal(titleOf(["a", "b"], (n) => `${n} Dinge`), "2 Dinge");
});
