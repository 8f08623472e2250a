// Files that are chosen for a share of an earlier page: which are found, which are not.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToCore } from "../shared/messages.ts";
import type { SharedBefore, SharedEntry } from "../shared/views.ts";
import { type Found, OfferedAgain, refill } from "./again.ts";
import { Sources } from "./sources.ts";

const share: SharedBefore = { id: "one", title: "T", files: 3, bytes: 9, expires: 1, elsewhere: false, used: null, handles: [] };
const entries: SharedEntry[] = [
  { parent: 0, kind: "dir", name: "A", size: 0 },
  { parent: 1, kind: "file", name: "a.mov", size: 3 },
  { parent: 1, kind: "gone", name: "old.mov", size: 3 },
  { parent: 1, kind: "file", name: "b.mov", size: 4 },
  { parent: 0, kind: "file", name: "c.wav", size: 2 },
];

function page(): { again: OfferedAgain; said: ToCore[]; started: Found[] } {
  const said: ToCore[] = [];
  const started: Found[] = [];
  const again = new OfferedAgain((m) => said.push(m), (found) => started.push(found));
  return { again, said, started };
}

/** A walk that finds these files, in another order than they were shared in. */
function finds(files: Record<string, string>) {
  return (sources: Sources): Promise<void> => {
    const dirs = new Map<string, number>([["", 0]]);
    for (const [path, content] of Object.entries(files)) {
      const [dir = "", name = ""] = path.includes("/") ? path.split("/") : ["", path];
      if (!dirs.has(dir)) dirs.set(dir, sources.addDir(0, dir));
      sources.addFile(dirs.get(dir) ?? 0, new File([content], name));
    }
    sources.flush();
    return Promise.resolve();
  };
}

async function choosing(files: Record<string, string>): Promise<ReturnType<typeof page>> {
  const p = page();
  await p.again.offer(share);
  p.again.listed("one", entries);
  assert.ok(p.again.takes);
  await p.again.take(finds(files));
  return p;
}

test("the same files start at once, in the order of the list", async () => {
  const { again, said, started } = await choosing({ "c.wav": "12", "A/b.mov": "1234", "A/new.mov": "1", "A/a.mov": "123" });
  const check = said.at(-1);
  assert.ok(check?.type === "shares.check");
  assert.deepEqual(check.files.map(([n, f]) => [n, f.name]), [[2, "a.mov"], [4, "b.mov"], [5, "c.wav"]]);
  again.checked("one", []);
  assert.equal(again.now.value, null);
  const [found] = started;
  assert.ok(found);
  const added: string[] = [];
  const sources = new Sources({ add: (batch) => added.push(...batch.map((s) => s.name)), found: () => undefined });
  assert.deepEqual(refill(sources, found), [3]);
  assert.deepEqual(added, ["A", "a.mov", "old.mov", "b.mov", "c.wav"]);
});

test("what is missing, of another size or of other bytes is said, and stays out", async () => {
  const { again, started } = await choosing({ "A/a.mov": "123", "A/b.mov": "12345" });
  again.checked("one", [2]);
  assert.deepEqual(again.now.value?.stage, { at: "differs", names: ["a.mov", "b.mov", "c.wav"], count: 3 });
  assert.ok(again.takes, "another choice is taken");
  again.rest();
  assert.deepEqual(started[0]?.missing, [2, 4, 5]);
});

test("another folder starts nothing", async () => {
  const { again, said, started } = await choosing({ "B/a.mov": "123" });
  assert.deepEqual(again.now.value?.stage, { at: "choose", nothing: true });
  assert.ok(!said.some((m) => m.type === "shares.check"));
  assert.deepEqual(started, []);
});
