// One file of a transfer into a picked folder, from its entry until it has its name.

import type { Entry } from "./sink.ts";
import type { Body } from "./partfile.ts";
import type { Verified } from "./readback.ts";
import { Gone } from "./sink.ts";

export interface Job {
  file: number;
  version: number;
  size: number;
  path: string[];
  name: string; // in the part folder
  body: Body;
  digest: Promise<Verified> | null;
  /** The core has a digest: what comes now replaces what is there. */
  checked: boolean;
  /** Times that something of it was lost without the disk being full. */
  losses: number;
  /** An earlier page may have given it this name already. */
  placed: string | null;
}

export function jobOf({ file, size, path }: Entry, name: string): Job {
  return { file, version: 0, size, path, name, body: nothing, digest: null, checked: false, losses: 0, placed: null };
}

/** Stands in until a job has its body. */
export const nothing: Body = {
  write: () => Promise.reject(new Gone()),
  holds: () => false,
  finish: () => Promise.reject(new Gone()),
  repair: () => undefined,
  abort: () => Promise.resolve(),
};
