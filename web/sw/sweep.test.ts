// Which old shells go.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Asked } from "../shared/shell.ts";
import { sweep } from "./sweep.ts";
import { FakeCaches } from "./testing/fakecaches.ts";

const page = (build: unknown): Asked => ({
  postMessage: (message, [port]) => {
    assert.deepEqual(message, { type: "build" });
    if (port instanceof MessagePort) port.postMessage(build);
  },
});

async function after(pages: Asked[]): Promise<string[]> {
  const caches = new FakeCaches();
  for (const name of ["beeline-shell-one", "beeline-shell-two", "beeline-shell-three", "something-else"]) await caches.open(name);
  await sweep(caches.asStorage(), "beeline-shell-three", pages);
  return caches.keys();
}

test("a shell that no page uses goes, one that is used stays", async () => {
  assert.deepEqual(await after([page("two"), page("three")]), ["beeline-shell-two", "beeline-shell-three", "something-else"]);
  assert.deepEqual(await after([]), ["beeline-shell-three", "something-else"]);
});

test("nothing goes while a page does not say what it needs", { timeout: 10_000 }, async () => {
  const all = ["beeline-shell-one", "beeline-shell-two", "beeline-shell-three", "something-else"];
  assert.deepEqual(await after([page("two"), { postMessage: () => undefined }]), all, "frozen");
  assert.deepEqual(await after([page(7)]), all, "of another kind");
});
