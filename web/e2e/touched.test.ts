// What gets its name is what was read back: a file in the part folder that somebody
// writes in between is read again. In Chromium, where the disk is a real one and
// dates are the file system's.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { content } from "./disk/content.ts";
import type { TestFile } from "./disk/page.ts";
import { openRig, type Rig } from "./disk/rig.ts";

const MiB = 1 << 20;

describe("Chromium, between the read back and the name", () => {
  let rig: Rig;
  let folder: string;
  before(async () => {
    rig = await openRig("chromium");
  });
  after(() => rig?.close());

  for (const [what, size] of [["a small file", 5000], ["one read from its swap file", 9 * MiB + 7], ["one in segments", 21 * MiB + 7]] as const) {
    test(`${what}: untouched it is read once, touched once more`, async () => {
      for (const [touch, looks] of [[false, 1], [true, 2]] as const) {
        folder = mkdtempSync(path.join(tmpdir(), "beeline-touched-"));
        try {
          await rig.start({ segmentFrom: 16 * MiB, segment: 8 * MiB });
          await rig.pick(folder);
          const files: TestFile[] = [{ path: ["a.mov"], size, seed: 1 }];
          const running = rig.run({ key: "0badcafe", destination: "folder", files, hold: true });
          await rig.page.waitForFunction(() => globalThis.rig.release !== null, { timeout: 30_000, polling: 50 });
          const other = Buffer.from(content(2, 0, size));
          if (touch) writeFileSync(path.join(folder, "Beeline (unfinished)/0badcafe/t0.mov"), other);
          await rig.page.evaluate(() => {
            globalThis.rig.release?.();
            globalThis.rig.release = null;
          });
          const report = await running;
          assert.equal(report.looks, looks, touch ? "it was not read again" : "it was read again for nothing");
          assert.deepEqual(report.failed, {});
          // This core lets any digest through; the real one compares.
          assert.ok(readFileSync(path.join(folder, "a.mov")).equals(touch ? other : Buffer.from(content(1, 0, size))));
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }
    });
  }
});
