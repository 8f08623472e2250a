// Lists for tests.

import type { ListEntry } from "../../shared/views.ts";
import { Entries } from "./entries.ts";

/** A tree in few characters: "a/" is a folder, "a/b" a file in it with as many bytes as its index; parents first. */
export function listed(paths: readonly string[]): ListEntry[] {
  const indexes = new Map([["", 0]]);
  return paths.map((path, n) => {
    const dir = path.endsWith("/");
    const own = dir ? path.slice(0, -1) : path;
    const cut = own.lastIndexOf("/");
    indexes.set(own, n + 1);
    return { index: n + 1, parent: indexes.get(own.slice(0, Math.max(cut, 0))) ?? 0, kind: dir ? "dir" : "file", name: own.slice(cut + 1), localName: null, size: dir ? 0 : n + 1 };
  });
}

export function entriesOf(paths: readonly string[]): Entries {
  const entries = new Entries();
  for (const entry of listed(paths)) entries.add(entry);
  return entries;
}

/** Runs work to its end at once. */
export function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Numbers that look random and are the same in every run, below `below`. */
export function dice(seed: number): (below: number) => number {
  let x = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % below;
  };
}

/** A tree that dice made: folders in folders, some of them empty. */
export function rolled(seed: number, entries: number): ListEntry[] {
  const roll = dice(seed);
  const dirs = [0];
  return Array.from({ length: entries }, (_, n) => {
    const index = n + 1;
    const dir = roll(4) === 0;
    const parent = dirs[roll(dirs.length)] ?? 0;
    if (dir) dirs.push(index);
    return { index, parent, kind: dir ? "dir" : "file", name: `n${index}`, localName: null, size: dir ? 0 : roll(1000) };
  });
}
