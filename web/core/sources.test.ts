import assert from "node:assert/strict";
import { test } from "node:test";
import { Sources } from "./sources.ts";

const file = (name: string) => new File(["x"], name);

test("entries count from 1 over all batches, folders too: the share itself is 0", () => {
  const sources = new Sources();
  const [a, b] = [file("a"), file("b")];
  sources.add([{ parent: 0, kind: "dir", name: "d" }, { parent: 1, kind: "file", name: "a", file: a }]);
  sources.add([{ parent: 1, kind: "file", name: "b", file: b }]);
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => sources.get(i)), [undefined, undefined, a, b, undefined]);
});

test("a fresh file takes the place of the one that could not be read", () => {
  const sources = new Sources();
  sources.add([{ parent: 0, kind: "file", name: "a", file: file("a") }]);
  const fresh = file("a");
  sources.replace(1, fresh);
  assert.equal(sources.get(1), fresh);
});
