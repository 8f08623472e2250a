// Where files land, in real browsers: on Chromium a real folder on disk, on
// Firefox its own storage and a download. The disk worker is the product's; what
// feeds it stands in for the core (disk/page.ts).

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { content } from "./disk/content.ts";
import type { Report, TestFile } from "./disk/page.ts";
import { openRig, type Rig } from "./disk/rig.ts";
import { unzip } from "./disk/unzip.ts";

const MiB = 1 << 20;

let keys = 0;
const lastKey = (): string => keys.toString(16).padStart(8, "0");
function key(): string {
  keys++;
  return lastKey();
}

/** Compares a folder with what a transfer should have left there, and with nothing else. */
function assertTree(folder: string, files: TestFile[], besides: string[] = []): void {
  const found = new Map<string, "dir" | "file">();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    found.set(name, statSync(path.join(folder, name)).isDirectory() ? "dir" : "file");
  }
  const wanted = new Set(besides);
  for (const f of files) {
    for (let n = 1; n < f.path.length; n++) wanted.add(f.path.slice(0, n).join("/"));
    const name = f.path.join("/");
    wanted.add(name);
    assert.equal(found.get(name), f.kind ?? "file", name);
    if (f.kind === undefined) assertContent(path.join(folder, name), f);
  }
  assert.deepEqual([...found.keys()].filter((name) => !wanted.has(name)), [], "more is there than was sent");
}

function assertContent(file: string, f: TestFile): void {
  const got = readFileSync(file);
  assert.equal(got.byteLength, f.size, `size of ${file}`);
  assert.ok(got.equals(Buffer.from(content(f.seed, 0, f.size))), `bytes of ${file}`);
}

function assertDone(report: Report, files: TestFile[]): void {
  assert.equal(report.dead, null);
  assert.equal(report.refused, null);
  assert.deepEqual(report.failed, {});
  assert.equal(Object.keys(report.landed).length, files.filter((f) => f.kind === undefined).length, "files that landed");
  assert.equal(report.closed, true);
}

/** Digests of the pattern i mod 251 by size, from the vectors that Go is held to. */
function vectors(): { size: number; digest: string }[] {
  const folder = path.resolve(import.meta.dirname, "../../wasm/testdata");
  const found = readdirSync(folder).filter((name) => name.startsWith("digest_")).map((name) => {
    const text = readFileSync(path.join(folder, name), "utf8");
    const field = (f: string): string => new RegExp(`^${f}: *(.*)$`, "m").exec(text)?.[1] ?? "";
    return { size: Number(field("size")), digest: field("digest") };
  });
  assert.ok(found.length >= 5, "no vectors");
  return found;
}

function mixed(top: string): TestFile[] {
  return [
    { path: [top, "CLIPS", "A001_C001.mov"], size: 9 * MiB + 77, seed: 1 },
    { path: [top, "CLIPS", "A001_C002.mov"], size: 2 * MiB, seed: 2 },
    { path: [top, "empty"], kind: "dir", size: 0, seed: 0 },
    { path: [top, "nothing.txt"], size: 0, seed: 0 },
    { path: [top, "Ton", "Übersicht 🎬.wav"], size: 12_345, seed: 3 },
    { path: [top, "Ton", "U\u0308bersicht.wav"], size: 5, seed: 4 },
    { path: [top, "T\u00f6ne", "\u00dcbersicht.wav"], size: 6, seed: 5 },
    { path: [top, ".hidden"], size: 7, seed: 6 },
    { path: [top, "._junk"], size: 8, seed: 7 },
    { path: [top, "README"], size: 9, seed: 8 },
    { path: [top, `${"x".repeat(240)}.mov`], size: 10, seed: 9 },
    { path: ["loose.r3d"], size: MiB, seed: 10 },
    ...vectors().map(({ size }, i): TestFile => ({ path: [top, "vectors", `${i}.wav`], size, seed: 0 })),
  ];
}

function assertVectors(report: Report, files: TestFile[]): void {
  const known = new Map(vectors().map((v) => [v.size, v.digest]));
  files.forEach((f, i) => {
    if (f.seed === 0 && f.kind === undefined) assert.equal(report.digests[i], known.get(f.size) ?? "", `digest of ${f.size} bytes`);
  });
}

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

    test("a full disk is a pause: nothing is wrong, and it goes on when there is room", async (t) => {
      folder = mkdtempSync(path.join(tmpdir(), "beeline-full-"));
      if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=96m", "tmpfs", folder]).status !== 0) return t.skip("no right to mount");
      try {
        await rig.start({ pollEvery: 200, segment: 32 * MiB, segmentFrom: 64 * MiB });
        await rig.pick(folder);
        writeFileSync(path.join(folder, "ballast"), Buffer.alloc(68 * MiB));
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
        rmSync(path.join(folder, "ballast"));
        const report = await running;
        assert.ok(report.full.length > 0, "it was never full");
        assert.equal(report.rooms, report.full.length);
        assertDone(report, files);
        assertTree(folder, files);
      } finally {
        spawnSync("umount", ["-l", folder]);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}

/** Waits until a download is whole. */
async function downloaded(folder: string, name: string, size: number): Promise<string> {
  const file = path.join(folder, name);
  const deadline = Date.now() + 60_000;
  while (!(existsSync(file) && statSync(file).size === size && !readdirSync(folder).some((n) => n.endsWith(".part")))) {
    if (Date.now() > deadline) throw new Error(`${name} was not downloaded: ${readdirSync(folder).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return file;
}

/** Unpacks an archive, and lets the machine's own tool check it where there is one. */
function unpack(archive: string, folder: string): void {
  if (spawnSync("unzip", ["-v"]).status === 0) execFileSync("unzip", ["-tqq", archive]);
  unzip(archive, folder);
}

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
