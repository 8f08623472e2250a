// A disk that fills up: a file system in memory, no larger than a test wants it.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface SmallDisk {
  path: string;
  /** Bytes that are free on it. */
  free(): number;
  /** As if somebody had deleted something, or filled it. */
  resize(mib: number): void;
  remove(): void;
}

/** A disk of so many MiB at a new folder or at this one. Null where this machine does not let the test mount one. */
export function smallDisk(mib: number, at = mkdtempSync(path.join(tmpdir(), "beeline-small-"))): SmallDisk | null {
  mkdirSync(at, { recursive: true });
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", at]).status !== 0) {
    rmSync(at, { recursive: true, force: true });
    return null;
  }
  return {
    path: at,
    free() {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    },
    resize(size) {
      const { status, stderr } = spawnSync("mount", ["-o", `remount,size=${size}m`, at], { encoding: "utf8" });
      if (status !== 0) throw new Error(`the disk stays as it is: ${stderr}`);
    },
    remove() {
      spawnSync("umount", ["-l", at]);
      rmSync(at, { recursive: true, force: true });
    },
  };
}

/** Why there can be no such disk here, or false: what Node's runner calls `skip`. */
export function noSmallDisk(): string | false {
  const disk = smallDisk(1);
  disk?.remove();
  return disk === null && "no right to mount a file system";
}
