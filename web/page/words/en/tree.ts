// Words of the list of files.

import type { FileState } from "../../../shared/views.ts";
import type { Format } from "../../format.ts";

export const tree = (f: Format) => ({
  label: "List of files",
  search: "Search the names",
  looking: "Looking…",
  found: (n: number) => (n === 0 ? "No name has this in it." : `${f.number(n)} found`),
  all: "All",
  none: "None",
  onlyFound: (n: number) => (n === 1 ? "Choose only this one" : `Choose only these ${f.number(n)}`),
  chooseFound: (n: number) => (n === 1 ? "Add this one" : `Add these ${f.number(n)}`),
  leaveFound: (n: number) => (n === 1 ? "Leave this one out" : `Leave these ${f.number(n)} out`),
  chosen: (files: number, of: number, bytes: number) => `${f.number(files)} of ${f.count(of, { one: "file", other: "files" })} chosen, ${f.size(bytes)}`,
  nothing: "Nothing is chosen. Tick what you want to receive.",
  junk: (n: number, bytes: number) => `Leave out ${f.count(n, { one: "file", other: "files" })} that computers keep for themselves, such as .DS_Store (${f.size(bytes)})`,
  frames: (n: number) => f.count(n, { one: "frame", other: "frames" }),
  files: (n: number) => f.count(n, { one: "file", other: "files" }),
  empty: "empty folder",
  missing: (ranges: string) => `missing ${ranges}`,
  gaps: (gaps: number, missing: number) => `${f.count(gaps, { one: "gap", other: "gaps" })}, ${f.number(missing)} missing`,
  savedAs: (name: string) => `saved as ${name}`,
  /** How far a file is. What waits needs no word on screen. */
  state: {
    waiting: "waiting",
    arriving: "arriving",
    written: "written",
    verified: "verified",
    failed: "failed",
    unwanted: "left out",
    missing: "not received",
  } satisfies Record<FileState, string> as Record<FileState, string>,
  /** In a download that is written while it arrives nobody can look back. */
  checked: "checked",
  checkedOf: (n: number, of: number) => `${f.number(n)} of ${f.number(of)} checked`,
  verifiedOf: (n: number, of: number) => `${f.number(n)} of ${f.number(of)} verified`,
  full: "Full name of the row in use",
  printed: (shown: number, of: number) => `${f.number(shown)} of ${f.count(of, { one: "row", other: "rows" })}`,
});
