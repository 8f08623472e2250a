// Every two places with every kind of program at each end: connected directly
// where the theory allows it, by the server's relay otherwise. Prints a table.
//
// BEELINE_PLACES=symmetric,ipv6 and BEELINE_ENDS=chromium,firefox leave out the rest.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noLab } from "../harness/netlab.ts";
import { connectWithin, type End, pairs, type Place, places, startWorld, theory, type World } from "../harness/places.ts";

const chosen = <T extends string>(all: readonly T[], name: string): T[] => all.filter((it) => (process.env[name] ?? it).split(",").includes(it));
const of = chosen(places, "BEELINE_PLACES");
const ends = chosen<End>(["chromium", "firefox", "native"], "BEELINE_ENDS");

const skip = noLab() ?? false;
const rows: string[][] = [];
let world: World;
before(async () => {
  if (skip === false) world = await startWorld(of);
});
after(async () => {
  await world?.close();
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
});

for (const sender of ends) {
  for (const recipient of ends) {
    for (const [from, to] of pairs(of)) connects([from, sender], [to, recipient]);
  }
}

function connects(from: [Place, End], to: [Place, End]): void {
  const want = theory(from[0], to[0]);
  test(`${from.join(" ")} to ${to.join(" ")}: ${want}`, { skip, timeout: 90_000 }, async () => {
    const row = [from.join(" "), to.join(" "), "no way", "-"];
    rows.push(row);
    const { route, seconds } = await world.connect(from, to);
    row.splice(2, 2, route, `${seconds.toFixed(1)} s`);
    assert.equal(route, want);
    assert.ok(seconds * 1000 < connectWithin, `connected after ${seconds.toFixed(1)} s`);
  });
}
