// Against the glue of the toolchain itself: _resume is not promised by anybody.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { InstanceEnded, watchResume } from "./resume.ts";

interface Glue {
  _resume(): void;
  _makeFuncWrapper(id: number): () => unknown;
  _inst: { exports: { resume(): void } };
  exited: boolean;
}

let Go: new () => Glue;
before(async () => {
  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  await import(pathToFileURL(path.join(goroot, "lib/wasm/wasm_exec.js")).href);
  Go = (globalThis as unknown as { Go: typeof Go }).Go;
});

test("an instance that traps when Go goes on by itself is reported, and its error is marked", () => {
  const go = new Go();
  let exits = 0;
  watchResume(go, () => exits++);
  go._inst = {
    exports: {
      resume() {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    },
  };
  assert.throws(() => go._makeFuncWrapper(1)(), InstanceEnded); // as every callback and timer does
  assert.equal(exits, 1);
  go.exited = true;
  assert.throws(() => go._resume(), InstanceEnded);
  assert.equal(exits, 2, "an instance that is over");
});

test("one that goes on is left alone", () => {
  const go = new Go();
  let resumed = 0;
  watchResume(go, () => assert.fail("reported"));
  go._inst = { exports: { resume: () => resumed++ } };
  go._resume();
  assert.equal(resumed, 1);
});
