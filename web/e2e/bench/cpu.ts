// Processor time of a browser with all its processes.

import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second: _SC_CLK_TCK, 100 on every Linux that matters. */
const ticks = 100;

/** CPU seconds (user and system) that a process and all its descendants have used, those that ended included. */
export function cpuSeconds(root: number): number {
  const stats = new Map<number, { parent: number; used: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name stands in brackets and may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const used = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
      stats.set(Number(name), { parent: Number(fields[1]), used });
    } catch {
      // It ended meanwhile; its time is its parent's by now.
    }
  }
  let sum = 0;
  for (const [pid, { used }] of stats) {
    for (let p = pid; p > 1; p = stats.get(p)?.parent ?? 0) {
      if (p !== root) continue;
      sum += used;
      break;
    }
  }
  return sum / ticks;
}
