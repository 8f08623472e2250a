// A destination that is full: a pause in which nothing is lost. wasm/PROTOCOL.md
// 3, attack 36.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertContent, assertDone, assertTree, downloaded, key, lastKey, MiB } from "./disk/check.ts";
import type { TestFile } from "./disk/page.ts";
import { openRig, type Rig } from "./disk/rig.ts";
import { smallDisk } from "./harness/smalldisk.ts";

describe("Chromium, a full disk", () => {
  let rig: Rig;
  before(async () => {
    rig = await openRig("chromium");
  });
  after(() => rig?.close());

  test("is a pause: nothing is wrong, and it goes on when there is room", async (t) => {
    const disk = smallDisk(28);
    if (disk === null) return t.skip("no right to mount");
    const folder = disk.path;
    try {
      await rig.start({ pollEvery: 200, segment: 32 * MiB, segmentFrom: 64 * MiB });
      await rig.pick(folder);
      const files: TestFile[] = [
        ...Array.from({ length: 20 }, (_, i): TestFile => ({ path: ["s", `${i}.wav`], size: 10_000, seed: i + 50 })),
        { path: ["a.mov"], size: 9 * MiB, seed: 1 },
        { path: ["b.mov"], size: 21 * MiB, seed: 2 },
        ...Array.from({ length: 20 }, (_, i): TestFile => ({ path: ["e", `${i}.wav`], size: 10_000, seed: i + 80 })),
      ];
      const running = rig.run({ key: key(), destination: "folder", files });
      await rig.page.waitForFunction(() => globalThis.rig.fulls > 0, { timeout: 20_000 });
      await new Promise((resolve) => setTimeout(resolve, 600)); // several looks at it
      assert.equal(await rig.page.evaluate(() => globalThis.rig.fulls), 1, "it went on although nothing was freed");
      disk.resize(96);
      const report = await running;
      assert.ok(report.full.length > 0, "it was never full");
      assert.equal(report.rooms, report.full.length);
      assertDone(report, files);
      assertTree(folder, files);
    } finally {
      disk.remove();
    }
  });
});

describe("Firefox, a full quota", () => {
  let rig: Rig;
  before(async () => {
    // KiB for all sites; one site gets a fifth of it, but at least 10 MiB.
    rig = await openRig("firefox", { firefoxPrefs: { "dom.quotaManager.temporaryStorage.fixedLimit": 200 * 1024 } });
  });
  after(() => rig?.close());

  test("is a pause: nothing is lost, and it goes on when there is room", async () => {
    await rig.start({ pollEvery: 200 });
    const quota = await rig.page.evaluate(async () => (await navigator.storage.estimate()).quota ?? 0);
    await rig.page.evaluate((n) => globalThis.rig.ballast(n), Math.floor(quota / 2));
    const size = Math.floor((quota * 0.75) / MiB) * MiB;
    const files: TestFile[] = [{ path: ["a.mov"], size, seed: 1 }];
    // It says less than it sends, or it would have been refused.
    const running = rig.run({ key: key(), destination: "browser", files, bytes: 1000 });
    await rig.page.waitForFunction(() => globalThis.rig.fulls > 0, { timeout: 30_000 });
    await rig.page.evaluate(() => globalThis.rig.ballast(0));
    const report = await running;
    assertDone(report, files);
    assert.equal(report.rooms, report.full.length);
    assert.deepEqual(report.lost, []);
    await rig.page.evaluate(() => globalThis.rig.download("full.mov"));
    assertContent(await downloaded(rig.browser.downloads, "full.mov", size), files[0] as TestFile);
  });

  test("can be given up: the space is free again", async () => {
    await rig.start({ pollEvery: 200 });
    const quota = await rig.page.evaluate(async () => (await navigator.storage.estimate()).quota ?? 0);
    const files: TestFile[] = [{ path: ["b.mov"], size: quota * 2, seed: 1 }];
    const report = await rig.run({ key: key(), destination: "browser", files, bytes: 1000, discardWhenFull: true });
    assert.equal(report.closed, true);
    assert.deepEqual(report.landed, {});
    assert.ok(!(await rig.page.evaluate(() => globalThis.rig.stored())).includes(lastKey()), "its folder is still there");
  });
});
