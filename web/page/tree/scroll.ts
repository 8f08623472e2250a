// Where which row is, in pixels. Pure.

import type { Rows } from "./rows.ts";

/**
 * A taller box is not drawn right by every browser: Firefox ends at 17.9 million
 * pixels, at 200 % zoom at half of that. Beyond it one pixel of scrolling moves
 * the rows by more than one.
 */
export const tallest = 8_000_000;
/** Rows drawn beyond both edges: what a compositor scrolls to before the page is asked. */
const beyond = 8;
/** How far to look for a row that is still there. */
const anchors = 50;

/** What the box looks like, CSS pixels. */
export interface Box {
  rows: number;
  rowHeight: number;
  height: number;
}

/** Height of what is scrolled. */
export function spaceHeight({ rows, rowHeight }: Box): number {
  return Math.min(rows * rowHeight, tallest);
}

/** Pixels of rows per pixel of scrolling. */
function pace(box: Box): number {
  const [all, space] = [box.rows * box.rowHeight, spaceHeight(box)];
  return all > space ? (all - box.height) / (space - box.height) : 1;
}

/** Pixels of rows above the edge of the box, from where it is scrolled to. */
export function offsetAt(box: Box, scrollTop: number): number {
  return scrollTop * pace(box);
}

/** Where to scroll to for an offset. */
export function scrollFor(box: Box, offset: number): number {
  const most = Math.max(0, box.rows * box.rowHeight - box.height);
  return Math.min(Math.max(offset, 0), most) / pace(box);
}

/** The rows to draw, the second end excluded. */
export function drawn(box: Box, offset: number): [from: number, to: number] {
  const first = Math.floor(offset / box.rowHeight);
  const last = Math.ceil((offset + box.height) / box.rowHeight);
  return [Math.max(0, Math.min(first, box.rows) - beyond), Math.min(box.rows, last + beyond)];
}

/** The offset at which this row is in sight, moved as little as can be. */
export function inSight(box: Box, offset: number, row: number): number {
  const [top, bottom] = [row * box.rowHeight, (row + 1) * box.rowHeight];
  if (top < offset) return top;
  return bottom > offset + box.height ? bottom - box.height : offset;
}

/**
 * The offset at which the row at `held` (a place among the rows before) is where
 * it was, among other rows. Where it is gone, the next one that is still there.
 */
export function anchored(before: Rows, after: Rows, rowHeight: number, offset: number, held: number): number {
  for (let n = 0; n < anchors; n++) {
    for (const at of n === 0 ? [held] : [held + n, held - n]) {
      if (at < 0 || at >= before.length) continue;
      const now = after.find(before.id(at));
      if (now >= 0) return offset + (now - at) * rowHeight;
    }
  }
  return offset;
}
