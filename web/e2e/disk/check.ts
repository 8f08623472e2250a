// What tests of the disk worker send, and how they look at what is there after.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { content } from "./content.ts";
import type { Report, TestFile } from "./page.ts";
import { unzip } from "./unzip.ts";

export const MiB = 1 << 20;

let keys = 0;
/** Of the last transfer. */
export const lastKey = (): string => keys.toString(16).padStart(8, "0");
/** Names the part folder of one more transfer. */
export function key(): string {
  keys++;
  return lastKey();
}

/** Compares a folder with what a transfer should have left there, and with nothing else. */
export function assertTree(folder: string, files: TestFile[], besides: string[] = []): void {
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

export function assertContent(file: string, f: TestFile): void {
  const got = readFileSync(file);
  assert.equal(got.byteLength, f.size, `size of ${file}`);
  assert.ok(got.equals(Buffer.from(content(f.seed, 0, f.size))), `bytes of ${file}`);
}

export function assertDone(report: Report, files: TestFile[]): void {
  assert.equal(report.dead, null);
  assert.equal(report.refused, null);
  assert.deepEqual(report.failed, {});
  assert.equal(Object.keys(report.landed).length, files.filter((f) => f.kind === undefined).length, "files that landed");
  assert.equal(report.closed, true);
}

/** Digests of the pattern i mod 251 by size, from the vectors that Go is held to. */
export function vectors(): { size: number; digest: string }[] {
  const folder = path.resolve(import.meta.dirname, "../../../wasm/testdata");
  const found = readdirSync(folder).filter((name) => name.startsWith("digest_")).map((name) => {
    const text = readFileSync(path.join(folder, name), "utf8");
    const field = (f: string): string => new RegExp(`^${f}: *(.*)$`, "m").exec(text)?.[1] ?? "";
    return { size: Number(field("size")), digest: field("digest") };
  });
  assert.ok(found.length >= 5, "no vectors");
  return found;
}

export function mixed(top: string): TestFile[] {
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

export function assertVectors(report: Report, files: TestFile[]): void {
  const known = new Map(vectors().map((v) => [v.size, v.digest]));
  files.forEach((f, i) => {
    if (f.seed === 0 && f.kind === undefined) assert.equal(report.digests[i], known.get(f.size) ?? "", `digest of ${f.size} bytes`);
  });
}

/** Waits until a download is whole. */
export async function downloaded(folder: string, name: string, size: number): Promise<string> {
  const file = path.join(folder, name);
  const deadline = Date.now() + 60_000;
  while (!(existsSync(file) && statSync(file).size === size && !readdirSync(folder).some((n) => n.endsWith(".part")))) {
    if (Date.now() > deadline) throw new Error(`${name} was not downloaded: ${readdirSync(folder).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return file;
}

/** Unpacks an archive, and lets the machine's own tool check it where there is one. */
export function unpack(archive: string, folder: string): void {
  if (spawnSync("unzip", ["-v"]).status === 0) execFileSync("unzip", ["-tqq", archive]);
  unzip(archive, folder);
}
