// Where files land on Chromium: a real folder on disk. The disk worker is the
// product's; what feeds it stands in for the core (disk/page.ts).

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertContent, assertDone, assertTree, assertVectors, key, lastKey, MiB, mixed } from "./disk/check.ts";
import { content } from "./disk/content.ts";
import type { TestFile } from "./disk/page.ts";
import { openRig, type Rig } from "./disk/rig.ts";

for (const safeBrowsing of [false, true]) {
  describe(`Chromium, a real folder, Safe Browsing ${safeBrowsing ? "on" : "off"}`, () => {
    let rig: Rig;
    let folder: string;
    before(async () => {
      rig = await openRig("chromium", { safeBrowsing });
    });
    after(() => rig?.close());

    /** A new worker and an empty folder. */
    async function fresh(limits = {}): Promise<void> {
      folder = mkdtempSync(path.join(tmpdir(), "beeline-disk-"));
      await rig.start(limits);
      await rig.pick(folder);
    }

    async function within(limits: object, f: () => Promise<void>): Promise<void> {
      await fresh(limits);
      try {
        await f();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }

    test("a tree lands as it was, verified, and nothing is left beside it", () => within({}, async () => {
      const files = mixed("A001");
      const report = await rig.run({ key: key(), destination: "folder", files, shuffle: true });
      assertDone(report, files);
      assertTree(folder, files);
      assertVectors(report, files);
    }));

    test("a file in segments is joined, and the segments go away", () => within({ segmentFrom: 4 * MiB, segment: 2 * MiB }, async () => {
      const files: TestFile[] = [{ path: ["big.mov"], size: 11 * MiB + 5, seed: 3 }, { path: ["small.mov"], size: 4 * MiB, seed: 4 }];
      const report = await rig.run({ key: key(), destination: "folder", files, shuffle: true });
      assertDone(report, files);
      assertTree(folder, files);
    }));

    test("files for which the browser would ask before a move are copied", () => within({}, async () => {
      const files: TestFile[] = ["a.sh", "b.py", "c.jar", "d.desktop"].map((name, i) => ({ path: ["scripts", name], size: 1000 + i, seed: i + 1 }));
      const report = await rig.run({ key: key(), destination: "folder", files });
      assertDone(report, files);
      assertTree(folder, files);
      assert.ok(report.ms < 4000 || safeBrowsing, `took ${report.ms} ms: a move hung`);
    }));

    if (safeBrowsing) return;

    test("what is there already stays: keep both", () => within({}, async () => {
      mkdirSync(path.join(folder, "A/taken.mov"), { recursive: true });
      writeFileSync(path.join(folder, "A/clip.mov"), "mine");
      writeFileSync(path.join(folder, "A/clip (2).mov"), "mine, too");
      writeFileSync(path.join(folder, "A/Sound"), "a file where a folder comes");
      const files: TestFile[] = [
        { path: ["A", "clip.mov"], size: 5000, seed: 1 },
        { path: ["A", "taken.mov"], size: 5000, seed: 2 },
        { path: ["A", "Sound", "one.wav"], size: 10, seed: 3 },
        { path: ["A", "Sound", "two.wav"], size: 11, seed: 4 },
      ];
      const report = await rig.run({ key: key(), destination: "folder", files });
      assertDone(report, files);
      assert.deepEqual(report.landed[0], { name: "clip (3).mov", skipped: false });
      const paths = [["A", "clip (3).mov"], ["A", "taken (2).mov"], ["A", "Sound (2)", "one.wav"], ["A", "Sound (2)", "two.wav"]];
      assertTree(folder, files.map((f, i) => ({ ...f, path: paths[i] ?? [] })), ["A/clip.mov", "A/clip (2).mov", "A/Sound", "A/taken.mov"]);
      assert.equal(readFileSync(path.join(folder, "A/clip.mov"), "utf8"), "mine");
      assert.equal(readFileSync(path.join(folder, "A/clip (2).mov"), "utf8"), "mine, too");
      assert.equal(readFileSync(path.join(folder, "A/Sound"), "utf8"), "a file where a folder comes");
    }));

    test("what is the same is skipped, what differs is kept beside it", () => within({}, async () => {
      writeFileSync(path.join(folder, "same.wav"), content(1, 0, 3 * MiB));
      writeFileSync(path.join(folder, "other.wav"), content(9, 0, 4000)); // same size, other bytes
      writeFileSync(path.join(folder, "other (2).wav"), content(2, 0, 4000)); // came before, under this name
      const files: TestFile[] = [{ path: ["same.wav"], size: 3 * MiB, seed: 1 }, { path: ["other.wav"], size: 4000, seed: 2 }];
      const report = await rig.run({ key: key(), destination: "folder", conflict: "skip", files });
      assertDone(report, files);
      assert.deepEqual(report.landed, { 0: { name: "same.wav", skipped: true }, 1: { name: "other (2).wav", skipped: true } });
      assert.deepEqual(readdirSync(folder).sort(), ["other (2).wav", "other.wav", "same.wav"]);
      assert.ok(readFileSync(path.join(folder, "other.wav")).equals(Buffer.from(content(9, 0, 4000))));
    }));

    test("replace replaces files, never folders", () => within({}, async () => {
      mkdirSync(path.join(folder, "dir.wav"));
      writeFileSync(path.join(folder, "old.wav"), "old");
      writeFileSync(path.join(folder, "old.sh"), "old");
      const files: TestFile[] = [{ path: ["old.wav"], size: 4000, seed: 1 }, { path: ["dir.wav"], size: 10, seed: 2 }, { path: ["old.sh"], size: 30, seed: 3 }];
      const report = await rig.run({ key: key(), destination: "folder", conflict: "replace", files });
      assertDone(report, files);
      assertTree(folder, [files[0], { ...files[1], path: ["dir (2).wav"] }, files[2]] as TestFile[], ["dir.wav"]);
    }));

    test("a name that the browser refuses is escaped", () => within({}, async () => {
      const files: TestFile[] = [{ path: ["Thumbs.db"], size: 100, seed: 1 }, { path: ["a.lnk"], size: 100, seed: 2 }, { path: ["aux.mov"], size: 100, seed: 3 }];
      const report = await rig.run({ key: key(), destination: "folder", files });
      assertDone(report, files);
      assertTree(folder, files.map((f, i) => ({ ...f, path: [["Thumbs%2Edb"], ["a%2Elnk"], ["aux%2Emov"]][i] ?? [] })));
    }));

    test("a source that changes half way is there in its last version", () => within({ segmentFrom: 8 * MiB, segment: 4 * MiB }, async () => {
      for (const size of [6 * MiB, 20 * MiB]) {
        const files: TestFile[] = [{ path: [`${size}.mov`], size, seed: 1 }];
        const report = await rig.run({ key: key(), destination: "folder", files, change: { file: 0, size: 12 * MiB + 1, seed: 2 } });
        assertDone(report, files);
        assertContent(path.join(folder, `${size}.mov`), { path: [], size: 12 * MiB + 1, seed: 2 });
      }
      assert.equal(existsSync(path.join(folder, "Beeline (unfinished)")), false);
    }));

    test("a group whose bytes were wrong is written again in place", () => within({ segmentFrom: 8 * MiB, segment: 4 * MiB }, async () => {
      const sizes = [1000, 5 * MiB, 13 * MiB];
      for (const size of sizes) {
        const files: TestFile[] = [{ path: [`${size}.mov`], size, seed: 1 }];
        const report = await rig.run({ key: key(), destination: "folder", files, spoil: { file: 0, group: size > 5000 ? 3 : 0 } });
        assertDone(report, files);
        assertContent(path.join(folder, `${size}.mov`), { path: [], size, seed: 1 });
      }
    }));

    test("a file that is given up leaves nothing", () => within({}, async () => {
      const files: TestFile[] = [{ path: ["a.mov"], size: 3 * MiB, seed: 1 }, { path: ["b.mov"], size: 3 * MiB, seed: 2 }];
      const report = await rig.run({ key: key(), destination: "folder", files, drop: [0] });
      assert.deepEqual(Object.keys(report.landed), ["1"]);
      assertTree(folder, files.slice(1));
    }));

    test("discard frees the space, and touches no other transfer", () => within({}, async () => {
      mkdirSync(path.join(folder, "Beeline (unfinished)/deadbeef"), { recursive: true });
      writeFileSync(path.join(folder, "Beeline (unfinished)/deadbeef/t1.mov"), "another transfer");
      const files: TestFile[] = [{ path: ["a.mov"], size: 3 * MiB, seed: 1 }];
      const report = await rig.run({ key: key(), destination: "folder", files, end: "discard" });
      assert.equal(report.closed, true);
      assertTree(folder, files, ["Beeline (unfinished)", "Beeline (unfinished)/deadbeef", "Beeline (unfinished)/deadbeef/t1.mov"]);
    }));

    test("when somebody removes the part folder, what was lost comes again", () => within({}, async () => {
      const files: TestFile[] = Array.from({ length: 6 }, (_, i) => ({ path: [`${i}.mov`], size: 20 * MiB, seed: i + 1 }));
      let removed = false;
      const timer = setInterval(() => {
        const parts = path.join(folder, "Beeline (unfinished)");
        // While the third one is written, and nothing is being moved.
        if (removed || !existsSync(path.join(parts, lastKey(), "t2.mov.crswap"))) return;
        removed = true;
        rmSync(parts, { recursive: true, force: true });
      }, 5);
      const report = await rig.run({ key: key(), destination: "folder", files, open: 1 });
      clearInterval(timer);
      assert.ok(removed, "the folder was never there");
      assertDone(report, files);
      assertTree(folder, files);
    }));

    test("a folder that can't be written is refused before the first byte", () => within({}, async () => {
      if (process.getuid?.() === 0) return; // root writes anywhere
      chmodSync(folder, 0o500);
      const report = await rig.run({ key: key(), destination: "folder", files: [{ path: ["a.mov"], size: 10, seed: 1 }] });
      chmodSync(folder, 0o700);
      assert.deepEqual(report.refused, { code: "E_WRITE", needed: 0 });
    }));
  });
}
