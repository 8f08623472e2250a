import type { Piece, ToDisk } from "../shared/disk.ts";
import { GroupSize, ReportGroup } from "../wire/wire.ts";

/** Groups that came from a lane and wait for the machine's word: keep or drop. */
export class Batches {
  readonly #held = new Map<number, { pieces: Piece[]; data: ArrayBuffer }>();
  #next = 1;

  /** Holds the bytes of a batch and returns the number the machine names it by. */
  hold(report: Uint8Array, data: ArrayBuffer): number {
    const view = new DataView(report.buffer, report.byteOffset, report.byteLength);
    const pieces: Piece[] = [];
    for (let i = 0, at = 4; i < view.getUint16(0); i++, at += ReportGroup) {
      pieces.push({
        file: view.getUint32(at),
        version: view.getUint8(at + 4),
        offset: view.getUint32(at + 5) * GroupSize,
        length: view.getUint32(at + 9),
      });
    }
    const batch = this.#next++;
    if (pieces.length > 0) this.#held.set(batch, { pieces, data });
    return batch;
  }

  /** Takes the batch: what of it is to be written, or null. keep null means all of it. */
  take(batch: number, keep: number[] | null): Extract<ToDisk, { type: "write" }> | null {
    const held = this.#held.get(batch);
    this.#held.delete(batch);
    if (held === undefined || keep?.length === 0) return null;
    if (keep === null) return { type: "write", pieces: held.pieces, data: held.data };
    const wanted = new Set(keep);
    const kept = held.pieces.filter((_, i) => wanted.has(i));
    const data = new Uint8Array(kept.reduce((n, p) => n + p.length, 0));
    let from = 0;
    let to = 0;
    held.pieces.forEach((p, i) => {
      if (wanted.has(i)) {
        data.set(new Uint8Array(held.data, from, p.length), to);
        to += p.length;
      }
      from += p.length;
    });
    return { type: "write", pieces: kept, data: data.buffer };
  }
}
