import assert from "node:assert/strict";
import { test } from "node:test";
import type { FromDisk } from "../shared/disk.ts";
import { Permits } from "./sink.ts";
import { Space } from "./space.ts";
import { virtually } from "../shared/testing/time.ts";

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets everything that is ready run. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

test("full is said once, looked at again and again, and room once", () => virtually(async () => {
  const said: FromDisk[] = [];
  const probes: number[] = [];
  let room = 5;
  const space = new Space({
    say: (m) => said.push(m),
    needed: () => 77,
    probe: (bytes) => {
      probes.push(bytes);
      return Promise.resolve(bytes <= room);
    },
  }, 1000);
  assert.equal(space.wait(), null);
  let went = false;
  space.close(10).then(() => (went = true), () => undefined);
  void space.close(20);
  await after(60_000);
  assert.deepEqual(said, [{ type: "full", needed: 77 }]);
  assert.ok(probes.length > 5 && probes.length < 60, `${probes.length} looks in a minute`);
  assert.ok(probes.every((bytes) => bytes === 20), "the larger wish counts");
  assert.equal(went, false);
  room = 20;
  await after(25_000);
  assert.equal(went, true);
  assert.equal(space.wait(), null);
  assert.deepEqual(said.map((m) => m.type), ["full", "room"]);
  void space.close(1);
  await settle();
  assert.equal(said.length, 3, "full again is said again");
}));

test("a transfer that is over waits for nothing", async () => {
  const said: string[] = [];
  const space = new Space({ say: (m) => said.push(m.type), needed: () => 1, probe: () => Promise.resolve(false) }, 1e6);
  const waiting = space.close(10);
  await settle();
  space.release();
  await waiting;
  assert.deepEqual(said, ["full"]);
});

test("permits are given in order, and never more than there are", async () => {
  const permits = new Permits(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  await Promise.all([1, 2, 3, 4, 5].map((n) => permits.within(async () => {
    order.push(n);
    most = Math.max(most, ++inside);
    await settle();
    inside--;
  })));
  assert.deepEqual(order, [1, 2, 3, 4, 5]);
  assert.equal(most, 2);
});
