// What of the list is wanted. Every entry has its own bit, and folders count
// what is on below them, so that a row's box and the totals cost nothing to
// draw; the core gets the shortest list of entries that says the same.

import type { Choice as Said } from "../../shared/views.ts";
import { type Entries, longer } from "./entries.ts";

export type Tick = "yes" | "no" | "some";

export class Choice {
  readonly #entries: Entries;
  /** Of a folder: what is listed in it later gets. */
  #on = new Uint8Array(1024);
  // Leaves: files, and folders with nothing in them. Index 0 is the share.
  #leaves = new Uint32Array(1024);
  #leavesOn = new Uint32Array(1024);
  #known = 0;
  #files = 0;
  #bytes = 0;
  #withJunk = true;

  constructor(entries: Entries) {
    this.#entries = entries;
    this.#on[0] = 1;
  }

  /** Files and bytes that are wanted. */
  get files(): number {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get withJunk(): boolean {
    return this.#withJunk;
  }

  /** True while nothing is left out. */
  get everything(): boolean {
    return this.tick(0) === "yes";
  }

  /** True where nothing at all is wanted, no empty folder either. */
  get nothing(): boolean {
    return this.tick(0) === "no";
  }

  /** Takes what the list has and this does not: it is wanted where its folder is. */
  grow(): void {
    const { count } = this.#entries;
    if (count >= this.#on.length) this.#lengthen(count);
    while (this.#known < count) this.#add(++this.#known);
  }

  tick(i: number): Tick {
    if (!this.#isLeaf(i)) {
      const [on, all] = [this.#leavesOn[i] ?? 0, this.#leaves[i] ?? 0];
      if (all > 0) return on === 0 ? "no" : on === all ? "yes" : "some";
    }
    return this.#isOn(i) ? "yes" : "no";
  }

  /** The same of several things, as one box. */
  tickOf(ids: readonly number[]): Tick {
    const first = this.tick(ids[0] ?? 0);
    return ids.some((i) => this.tick(i) !== first) ? "some" : first;
  }

  /** Wants this and all that is in it, or not. */
  set(i: number, on: boolean): void {
    if (i === 0 && on) this.#withJunk = true; // everything is everything
    const change = this.#setBelow(i, on);
    if (i !== 0) this.#countUp(this.#entries.parent(i), 0, change);
  }

  /** Leaves out what computers keep for themselves, what is listed later too. */
  setJunk(on: boolean): void {
    this.#withJunk = on;
    for (let i = 1; i <= this.#known; i++) if (this.#entries.isJunk(i)) this.set(i, on);
  }

  /**
   * The shortest list that says the same. `complete`: nothing more will be
   * listed, so a folder may be named for what most of it is; before that it must
   * stay what its newcomers get.
   */
  pairs(complete: boolean): Said[] {
    // How many names it takes below each folder if the folder itself is wanted, and if it is not.
    const costOn = new Uint32Array(this.#known + 1);
    const costOff = new Uint32Array(this.#known + 1);
    const free = (i: number): boolean => complete || this.#isLeaf(i);
    for (let i = this.#known; i > 0; i--) {
      if (this.#entries.isGone(i)) continue;
      if (this.#isLeaf(i)) (this.#isOn(i) ? costOff : costOn)[i] = 1;
      let [on, off] = [costOn[i] ?? 0, costOff[i] ?? 0];
      if (!this.#isLeaf(i)) {
        if (free(i)) [on, off] = [Math.min(on, off + 1), Math.min(off, on + 1)];
        else if (this.#isOn(i)) off = on + 1;
        else on = off + 1;
      }
      const above = this.#entries.parent(i);
      costOn[above] = (costOn[above] ?? 0) + on;
      costOff[above] = (costOff[above] ?? 0) + off;
    }
    const pairs: Said[] = [];
    const said = new Uint8Array(this.#known + 1);
    // More may come directly into the share, which is wanted unless it is said otherwise.
    said[0] = complete || this.#isOn(0) ? 1 : 0;
    if (said[0] === 0) pairs.push([0, false]);
    for (let i = 1; i <= this.#known; i++) {
      if (this.#entries.isGone(i)) continue;
      const above = said[this.#entries.parent(i)] === 1;
      const value = this.#said(i, above, free(i), costOn[i] ?? 0, costOff[i] ?? 0);
      said[i] = value ? 1 : 0;
      if (value !== above) pairs.push([i, value]);
    }
    return pairs;
  }

  /** What has to hold for this entry, where `above` holds for its folder. */
  #said(i: number, above: boolean, free: boolean, costOn: number, costOff: number): boolean {
    if (this.#isLeaf(i) || !free) return this.#isOn(i);
    const tick = this.tick(i);
    // A folder of which nothing is wanted is itself not wanted, however few names that takes.
    if (tick !== "some") return tick === "yes";
    const [stay, turn] = above ? [costOn, costOff] : [costOff, costOn];
    return turn + 1 < stay ? !above : above;
  }

  #add(i: number): void {
    if (this.#entries.isGone(i)) return;
    const above = this.#entries.parent(i);
    const on = this.#isOn(above) && (this.#withJunk || !this.#entries.isJunk(i));
    this.#on[i] = on ? 1 : 0;
    // A folder was a leaf itself until something came into it.
    if (this.#isLeaf(above)) this.#countUp(this.#entries.parent(above), -1, this.#isOn(above) ? -1 : 0);
    this.#countUp(above, 1, on ? 1 : 0);
    if (on) this.#countFile(i, 1);
  }

  /** Sets an entry and all below it; returns by how much its leaves that are on changed. */
  #setBelow(i: number, on: boolean): number {
    if (this.#isLeaf(i)) return this.#setLeaf(i, on);
    const before = this.#leavesOn[i] ?? 0;
    const open = [i];
    for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
      this.#on[dir] = on ? 1 : 0;
      this.#leavesOn[dir] = on ? (this.#leaves[dir] ?? 0) : 0;
      for (let at = this.#entries.lastBelow(dir); at !== 0; at = this.#entries.previous(at)) {
        if (this.#isLeaf(at)) this.#setLeaf(at, on);
        else open.push(at);
      }
    }
    return (this.#leavesOn[i] ?? 0) - before;
  }

  #setLeaf(i: number, on: boolean): number {
    if (this.#isOn(i) === on) return 0;
    this.#on[i] = on ? 1 : 0;
    this.#countFile(i, on ? 1 : -1);
    return on ? 1 : -1;
  }

  #countFile(i: number, by: 1 | -1): void {
    if (this.#entries.isDir(i)) return;
    this.#files += by;
    this.#bytes += by * this.#entries.bytes(i);
  }

  #countUp(from: number, leaves: number, on: number): void {
    for (let at = from; ; at = this.#entries.parent(at)) {
      this.#leaves[at] = (this.#leaves[at] ?? 0) + leaves;
      this.#leavesOn[at] = (this.#leavesOn[at] ?? 0) + on;
      if (at === 0) return;
    }
  }

  #isOn(i: number): boolean {
    return this.#on[i] === 1;
  }

  #isLeaf(i: number): boolean {
    return i !== 0 && (this.#leaves[i] ?? 0) === 0;
  }

  #lengthen(count: number): void {
    let length = this.#on.length;
    while (length <= count) length *= 2;
    this.#on = longer(this.#on, new Uint8Array(length));
    this.#leaves = longer(this.#leaves, new Uint32Array(length));
    this.#leavesOn = longer(this.#leavesOn, new Uint32Array(length));
  }
}
