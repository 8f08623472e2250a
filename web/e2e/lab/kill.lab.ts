// A hundred transfers of 0 bytes to 3 GB, each killed at a random moment: a hundred
// identical trees, and what moved in all is at most 1.05 of what there was.
//
//	BEELINE_SEED=7 BEELINE_KILLS=12 npm run lab -- kill    twelve of them, as they were with that seed
//	BEELINE_ONLY=26,54-99 npm run lab -- kill              these of the hundred

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { figure } from "../bench/figure.ts";
import { randomFile } from "../bench/ratio.ts";
import { type Kind, kinds } from "../harness/browser.ts";
import { readTree, tempFolder, writeTree } from "../harness/files.ts";
import { percents, status } from "../harness/actions.ts";
import { Rig, type Victim, victims } from "../harness/kills.ts";
import type { Page } from "puppeteer-core";

const seed = Number(process.env["BEELINE_SEED"] ?? 1);
const kills = Number(process.env["BEELINE_KILLS"] ?? 100);
/** Numbers and ranges of them; empty: all. */
const only = (process.env["BEELINE_ONLY"] ?? "").split(",").filter((range) => range !== "").map((range) => range.split("-").map(Number));
const chosen = (n: number): boolean => only.length === 0 || only.some(([from = 0, to = from]) => n >= from && n <= to);
const largest = 3e9;
/** A page that moves less, in bytes a second, is taken to stand still. */
const slowest = 4e6;

let x = Math.imul(seed, 0x9e3779b1) | 1;
function roll(): number {
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return (x >>> 0) / 2 ** 32;
}

interface Plan {
  to: Kind;
  victim: Victim;
  size: number;
  /** Share of it that is written when the victim dies. */
  at: number;
}

// Sizes from nothing to the largest, as many between 1 and 10 MB as between 100 MB and 1 GB.
const plans: Plan[] = Array.from({ length: kills }, (_, n) => ({
  to: kinds[n % kinds.length] ?? "chromium",
  victim: victims[Math.floor(n / kinds.length) % victims.length] ?? "recipient",
  size: n % 10 === 9 ? 0 : Math.floor(largest ** (0.6 + 0.4 * roll())),
  at: roll(),
}));

/** Waits until that share is written, or the transfer is over. */
async function until(page: Page, at: number): Promise<void> {
  for (;;) {
    const [now = 0] = await percents(page);
    if (now >= at * 100 || (await status(page)).startsWith("Complete")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let survived = 0;
let moved = 0;
let size = 0;

for (const kind of kinds) {
  describe(`to ${kind}, seed ${seed}`, () => {
    let rig: Rig;
    before(async () => {
      rig = await Rig.start(kind === "chromium" ? "firefox" : "chromium", kind);
    });
    after(async () => rig?.stop());
    for (const [n, plan] of plans.entries()) {
      if (plan.to !== kind || !chosen(n)) continue;
      test(`${n}: ${(plan.size / 1e6).toFixed(1)} MB, the ${plan.victim} dies at ${(plan.at * 100).toFixed(0)} %`, { timeout: 1_800_000 }, async (t) => {
        const source = tempFolder();
        try {
          const folder = `${source.path}/card`;
          writeTree(source.path, { "card/a.txt": new Uint8Array(), "card/b/c.wav": new Uint8Array(1000).fill(n) });
          randomFile(`${folder}/film.mov`, plan.size);
          const there = await rig.survive(folder, plan.victim, (page) => until(page, plan.at), (plan.size / slowest) * 1000);
          assert.deepEqual(there.landed, readTree(source.path));
          survived++;
          moved += there.moved;
          size += plan.size + 1000;
          t.diagnostic(`moved ${((there.moved / (plan.size + 1000)) * 100).toFixed(1)} %`);
        } finally {
          source.remove();
        }
      });
    }
  });
}

after(() => {
  const there = plans.filter((_, n) => chosen(n)).length;
  figure("kills_survived", survived, `of ${there}`, there);
  figure("resume_bytes_ratio", size > 0 ? moved / size : 0, "moved in total ÷ size", there);
});
