// Where files land without a folder: the browser's own storage or memory, then a
// download. The disk worker is the product's; what feeds it stands in for the
// core (disk/page.ts).

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertContent, assertDone, assertTree, assertVectors, downloaded, key, MiB, mixed, unpack } from "./disk/check.ts";
import type { TestFile } from "./disk/page.ts";
import { openRig, type Rig } from "./disk/rig.ts";

for (const kind of ["firefox", "chromium"] as const) {
  describe(`${kind}, the browser's own storage`, () => {
    let rig: Rig;
    before(async () => {
      rig = await openRig(kind);
    });
    after(() => rig?.close());

    test("one file is a download of its own, and discard frees its space", async () => {
      await rig.start();
      const files: TestFile[] = [{ path: ["A001_C001 Übersicht.mov"], size: 17 * MiB + 3, seed: 1 }];
      const report = await rig.run({ key: key(), destination: "browser", files, shuffle: true });
      assert.equal(report.where, "opfs");
      assertDone(report, files);
      assert.deepEqual(report.exported, { name: "A001_C001 Übersicht.mov", size: 17 * MiB + 3 });
      assert.equal(report.safe[0], 17 * MiB + 3);
      await rig.page.evaluate(() => globalThis.rig.download("one.mov"));
      assertContent(await downloaded(rig.browser.downloads, "one.mov", 17 * MiB + 3), files[0] as TestFile);
      assert.equal(await rig.page.evaluate(() => globalThis.rig.discard()), true);
      assert.deepEqual(await rig.page.evaluate(() => globalThis.rig.stored()), []);
    });

    test("what is said of a destination has its number, also when the next one is open", async () => {
      await rig.start();
      const heard = await rig.page.evaluate(async (keys) => {
        const { rig } = globalThis;
        for (const key of keys) {
          rig.send({ type: "open", open: ++rig.opens, key, title: "A test", destination: { kind: "browser" }, conflict: "keep-both", files: 1, bytes: 1, plan: null, top: "" });
          rig.send({ type: "discard" });
        }
        while (rig.heard.length < 2 * keys.length) await new Promise((resolve) => setTimeout(resolve, 10));
        return rig.heard;
      }, [key(), key(), key()]);
      const said = (open: number) => heard.filter((m) => m.open === open).map((m) => m.type);
      assert.deepEqual([said(1), said(2), said(3)], [["opened", "closed"], ["opened", "closed"], ["opened", "closed"]]);
    });

    test("a tree is an archive that unpacks to what was sent", async () => {
      await rig.start();
      const files = [...mixed("A001"), ...Array.from({ length: 300 }, (_, i): TestFile => ({ path: ["A001", "many", `${i}.wav`], size: 100 * i, seed: i + 1 }))];
      const report = await rig.run({ key: key(), destination: "browser", title: "Two: things?", files, shuffle: true });
      assertDone(report, files);
      assertVectors(report, files);
      assert.equal(report.exported?.name, "Two- things-.zip");
      await rig.page.evaluate(() => globalThis.rig.download("tree.zip"));
      const archive = await downloaded(rig.browser.downloads, "tree.zip", report.exported?.size ?? 0);
      const folder = `${archive}.out`;
      unpack(archive, folder);
      assertTree(folder, files);
      const seconds = Math.floor(statSync(path.join(folder, "A001/README")).mtimeMs / 1000);
      assert.equal(seconds, Date.UTC(2026, 10, 24, 12, 30, 58) / 1000, "date of a file");
      await rig.page.evaluate(() => globalThis.rig.discard());
    });

    test("what was given up, changed or repaired leaves no trace in the archive", async () => {
      await rig.start();
      const files: TestFile[] = [
        { path: ["A", "gone.wav"], size: 5000, seed: 1 },
        { path: ["A", "changed.wav"], size: 3 * MiB, seed: 2 },
        { path: ["A", "spoilt.mov"], size: 12 * MiB, seed: 3 },
        { path: ["A", "kept.wav"], size: 5000, seed: 4 },
        { path: ["A", "gone.mov"], size: 9 * MiB, seed: 5 },
      ];
      const report = await rig.run({
        key: key(), destination: "browser", files, drop: [0, 4],
        change: { file: 1, size: 2 * MiB + 9, seed: 7 }, spoil: { file: 2, group: 5 },
      });
      assert.deepEqual(Object.keys(report.landed), ["1", "2", "3"]);
      assert.equal(report.exported?.name, "A.zip");
      await rig.page.evaluate(() => globalThis.rig.download("traces.zip"));
      const archive = await downloaded(rig.browser.downloads, "traces.zip", report.exported?.size ?? 0);
      unpack(archive, `${archive}.out`);
      assertTree(`${archive}.out`, [{ path: ["A", "changed.wav"], size: 2 * MiB + 9, seed: 7 }, files[2], files[3]] as TestFile[]);
      assert.ok((report.exported?.size ?? 0) < 14 * MiB + 6000 + 1000, "the archive carries what was given up");
      await rig.page.evaluate(() => globalThis.rig.discard());
    });

    test("what does not fit is refused before the first byte, with what is missing", async () => {
      await rig.start();
      const report = await rig.run({ key: key(), destination: "browser", files: [{ path: ["a.mov"], size: 10, seed: 1 }], bytes: 1e15 });
      assert.equal(report.refused?.code, "E_SPACE");
      assert.ok((report.refused?.needed ?? 0) > 1e14, `needed ${report.refused?.needed}`);
    });
  });
}

describe("Firefox, a private window", () => {
  let rig: Rig;
  before(async () => {
    rig = await openRig("firefox", { firefoxPrefs: { "browser.privatebrowsing.autostart": true } });
  });
  after(() => rig?.close());

  test("a small transfer is kept in memory", async () => {
    await rig.start({ blobMax: 32 * MiB });
    const files: TestFile[] = [{ path: ["A", "a.mov"], size: 9 * MiB, seed: 1 }, { path: ["A", "b.wav"], size: 1000, seed: 2 }];
    const report = await rig.run({ key: key(), destination: "browser", files });
    assert.equal(report.where, "blob");
    assertDone(report, files);
    await rig.page.evaluate(() => globalThis.rig.download("memory.zip"));
    const archive = await downloaded(rig.browser.downloads, "memory.zip", report.exported?.size ?? 0);
    unpack(archive, `${archive}.out`);
    assertTree(`${archive}.out`, files);
  });

  test("a larger one is refused before the first byte", async () => {
    await rig.start({ blobMax: 32 * MiB });
    const report = await rig.run({ key: key(), destination: "browser", files: [{ path: ["a.mov"], size: 33 * MiB, seed: 1 }] });
    assert.deepEqual(report.refused, { code: "E_NO_PLACE", needed: 33 * MiB });
  });
});
