// Two browsers behind NATs: connected directly where the theory allows it, by the
// server's relay otherwise. All pairs are in `make lab`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noLab } from "./harness/netlab.ts";
import { connectWithin, type End, type Place, startWorld, theory, type World } from "./harness/places.ts";

const skip = noLab() ?? false;
let world: World;
before(async () => {
  if (skip === false) world = await startWorld();
});
after(() => world?.close());

const cases: [[Place, End], [Place, End]][] = [
  [["symmetric", "chromium"], ["address-restricted", "firefox"]],
  [["port-restricted", "chromium"], ["port-restricted", "firefox"]],
  [["port-restricted", "chromium"], ["symmetric", "native"]],
  [["only-443", "native"], ["ipv6", "native"]],
  [["ipv6", "chromium"], ["port-restricted", "firefox"]],
];
for (const [from, to] of cases) {
  const want = theory(from[0], to[0]);
  test(`${from.join(" ")} to ${to.join(" ")}: ${want}`, { skip }, async () => {
    const { route, seconds } = await world.connect(from, to);
    assert.equal(route, want);
    assert.ok(seconds * 1000 < connectWithin, `connected after ${seconds.toFixed(1)} s`);
  });
}
