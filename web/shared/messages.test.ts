import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileStates } from "./views.ts";

// They cross as bytes: an order that differs would call a failed file verified.
test("states of files are those of the core, in its order", () => {
  const go = readFileSync(path.join(import.meta.dirname, "../../wasm/session/states.go"), "utf8");
  const block = /FileWaiting\s+FileState = iota[\s\S]*?\n\)/.exec(go)?.[0] ?? "";
  const names = [...block.matchAll(/^\s*File(\w+)/gm)].map(([, name = ""]) => name.toLowerCase());
  assert.deepEqual(names, fileStates);
});
