// Folders for tests: made, read back, compared byte for byte.

import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A tree by path: bytes are a file, null is an empty folder. */
export type Tree = Record<string, Uint8Array | null>;

/** A folder that goes away with the test. */
export function tempFolder(): { path: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "beeline-files-"));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Bytes that look random, are the same in every run, and differ by seed. */
export function bytes(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length);
  let x = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x;
  }
  return out;
}

/** A card as a camera writes it: nested, Unicode in both normal forms, empty files and folders. */
export function cameraCard(): Tree {
  return {
    "A001_1130/CLIP/A001C001.mov": bytes(3_500_000, 1),
    "A001_1130/CLIP/A001C001.xml": bytes(900, 2),
    "A001_1130/CLIP/empty.wav": new Uint8Array(0),
    "A001_1130/Größe – 日本 🎬/na\u0308ive NFD.txt": bytes(10, 3),
    "A001_1130/Größe – 日本 🎬/n\u00e4ive NFC.txt": bytes(11, 4),
    "A001_1130/.hidden": bytes(70_000, 5),
    "A001_1130/exactly one group.mov": bytes(1 << 20, 6),
    "A001_1130/one byte more.mov": bytes((1 << 20) + 1, 7),
    "A001_1130/empty folder": null,
    "A001_1130/a/b/c/d/e/deep.txt": bytes(5, 8),
  };
}

/** Writes a tree below a folder. */
export function writeTree(folder: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const at = path.join(folder, name);
    if (content === null) mkdirSync(at, { recursive: true });
    else {
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, content);
    }
  }
}

/** A file of that size that takes no room on the disk. */
export function hole(file: string, size: number): void {
  const open = openSync(file, "w");
  ftruncateSync(open, size);
  closeSync(open);
}

/** What lies below a folder: files by digest and size, empty folders as null. What a browser deletes meanwhile isn't there. */
export function readTree(folder: string): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  const visit = (below: string): void => {
    const entries = unlessGone(() => readdirSync(path.join(folder, below), { withFileTypes: true }));
    if (entries === null) return;
    if (entries.length === 0 && below !== "") found[below] = null;
    for (const entry of entries) {
      const at = path.join(below, entry.name);
      if (entry.isDirectory()) {
        visit(at);
        continue;
      }
      const content = unlessGone(() => digestOfFile(path.join(folder, at)));
      if (content !== null) found[at] = content;
    }
  };
  visit("");
  return found;
}

function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The same for a tree in memory, to compare with. */
export function digests(tree: Tree): Record<string, string | null> {
  return Object.fromEntries(Object.entries(tree).map(([name, content]) => [name, content === null ? null : digest(content)]));
}

export function digest(content: Uint8Array): string {
  return `${content.length} bytes, sha256 ${createHash("sha256").update(content).digest("hex")}`;
}

/** The same of a file, a piece at a time: it may be larger than Node takes at once. */
function digestOfFile(file: string): string {
  const piece = Buffer.allocUnsafe(1 << 20);
  const hash = createHash("sha256");
  const open = openSync(file, "r");
  try {
    let length = 0;
    for (let n = readSync(open, piece); n > 0; n = readSync(open, piece)) {
      hash.update(piece.subarray(0, n));
      length += n;
    }
    return `${length} bytes, sha256 ${hash.digest("hex")}`;
  } finally {
    closeSync(open);
  }
}
