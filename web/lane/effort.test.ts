import assert from "node:assert/strict";
import { test } from "node:test";
import { Effort, together } from "./effort.ts";

test("reads that are waited for and work are counted apart, each once", async () => {
  const effort = new Effort();
  await effort.read(new Promise((resolve) => setTimeout(resolve, 40)));
  const until = performance.now() + 20;
  effort.work(() => {
    while (performance.now() < until);
  });
  const { reading, working } = effort.take();
  assert.ok(reading >= 35 && working >= 15, `read ${reading} ms, worked ${working} ms`);
  assert.deepEqual(effort.take(), { reading: 0, working: 0 });
});

test("lanes of a session read beside each other and work one after the other", () => {
  assert.deepEqual(together([{ reading: 900, working: 300 }, { reading: 700, working: 400 }]), { reading: 800, working: 700 });
});
