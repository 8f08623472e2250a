// Which groups of a file are there. Memory grows with what came, never with the
// size a sender named: a page of bits is made when its first group arrives.

import { GroupSize } from "../wire/wire.ts";

/** Bytes of a group; the last of a file may be shorter. PROTOCOL.md f.2. */
export const groupSize = GroupSize;

const pageGroups = 1024;

export class Coverage {
  readonly size: number;
  readonly groups: number;
  #pages = new Map<number, Uint8Array>();
  #count = 0;
  #bytes = 0;
  #prefix = 0;

  constructor(size: number) {
    this.size = size;
    this.groups = Math.ceil(size / groupSize);
  }

  /** How many bytes are there. */
  get bytes(): number {
    return this.#bytes;
  }

  get complete(): boolean {
    return this.#count === this.groups;
  }

  /** How many groups from the first one on are there without a gap. */
  get prefix(): number {
    while (this.#prefix < this.groups && this.has(this.#prefix)) this.#prefix++;
    return this.#prefix;
  }

  has(group: number): boolean {
    const page = this.#pages.get(Math.floor(group / pageGroups));
    const at = group % pageGroups;
    return page !== undefined && ((page[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  /** Adds the groups that lie wholly within these bytes. */
  add(offset: number, length: number): void {
    const end = Math.min(offset + length, this.size);
    for (let g = Math.ceil(offset / groupSize); g < this.groups && g * groupSize < end; g++) {
      if (Math.min((g + 1) * groupSize, this.size) > end) return;
      this.#set(g, true);
    }
  }

  /** Forgets every group that these bytes touch. */
  remove(offset: number, length: number): void {
    const end = Math.min(offset + length, this.size);
    for (let g = Math.floor(offset / groupSize); g * groupSize < end; g++) this.#set(g, false);
  }

  clear(): void {
    this.#pages.clear();
    this.#count = this.#bytes = this.#prefix = 0;
  }

  #set(group: number, on: boolean): void {
    if (this.has(group) === on) return;
    const number = Math.floor(group / pageGroups);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint8Array(pageGroups >> 3);
      this.#pages.set(number, page);
    }
    const at = group % pageGroups;
    page[at >> 3] = (page[at >> 3] ?? 0) ^ (1 << (at & 7));
    const sign = on ? 1 : -1;
    this.#count += sign;
    this.#bytes += sign * (Math.min((group + 1) * groupSize, this.size) - group * groupSize);
    if (!on) this.#prefix = Math.min(this.#prefix, group);
  }
}
