// What an archive that was exported has to be.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bytesOf, type TestFile } from "../../disk/testing/core.ts";
import { unzip } from "./unzip.ts";

export async function bytesIn(blob: Blob | undefined): Promise<Buffer> {
  assert.ok(blob, "nothing was exported");
  return Buffer.from(await blob.arrayBuffer());
}

/** Unpacks what was exported, with every check there is, and compares it. */
export async function assertArchive(blob: Blob | undefined, files: TestFile[], dirs: string[] = []): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-keep-"));
  try {
    const file = path.join(folder, "a.zip");
    writeFileSync(file, await bytesIn(blob));
    const found = unzip(file, path.join(folder, "out"));
    assert.deepEqual(found.map((e) => e.name).sort(), [...files.map((f) => f.path.join("/")), ...dirs.map((d) => `${d}/`)].sort());
    for (const f of files) assert.ok(readFileSync(path.join(folder, "out", ...f.path)).equals(Buffer.from(bytesOf(f))), f.path.join("/"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
