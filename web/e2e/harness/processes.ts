// What a browser with all its processes takes of the machine.

import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second: _SC_CLK_TCK, 100 on every Linux that matters. */
const ticks = 100;

/** CPU seconds (user and system) that a process and all its descendants have used, those that ended included. */
export function cpuSeconds(root: number): number {
  return family(root).reduce((sum, { used }) => sum + used, 0) / ticks;
}

/** Bytes of memory that a process and all its descendants hold, what they share counted once (PSS, proc_pid_smaps(5)). */
export function memoryBytes(root: number): number {
  let kib = 0;
  for (const { pid } of family(root)) {
    try {
      kib += Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return kib * 1024;
}

/** Bytes of memory of one process now: its own and the mapped parts of its program, no cache of files (VmRSS, proc_pid_status(5)). 0: it has ended. */
export function residentBytes(pid: number): number {
  return fromStatus(pid, "VmRSS");
}

/** The most of them that it ever had (VmHWM): what comes and goes between two looks counts. */
export function mostResidentBytes(pid: number): number {
  return fromStatus(pid, "VmHWM");
}

function fromStatus(pid: number, field: string): number {
  try {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

interface Process {
  pid: number;
  parent: number;
  /** Ticks, those of children that ended included. */
  used: number;
}

function family(root: number): Process[] {
  const all = new Map<number, Process>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name stands in brackets and may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const used = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
      all.set(Number(name), { pid: Number(name), parent: Number(fields[1]), used });
    } catch {
      // It ended meanwhile; its time is its parent's by now.
    }
  }
  return [...all.values()].filter(({ pid }) => {
    for (let p = pid; p > 1; p = all.get(p)?.parent ?? 0) if (p === root) return true;
    return false;
  });
}
