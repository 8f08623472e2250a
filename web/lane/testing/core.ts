// A Go core for unit tests: the exports of wasm/bridge/lane.go with nothing in
// them. A record is the bytes of groups one after the other, unsealed; values
// are the first and last byte of a group; an inbound record is u8 group, bytes.

import type { Core } from "../../shared/go.ts";
import { type FailureCode, failureCodes, ReportGroup } from "../../wire/wire.ts";

/** Bytes of a record of the fake. */
export const recordSize = 100;
const scratch = 0;
const slot = 1 << 12;
const record = 2 << 20;
const report = 3 << 20;

export class FakeCore {
  readonly memory = new Uint8Array(4 << 20);
  /** What was called, where a test wants to know. */
  readonly calls: string[] = [];
  readonly closed: number[] = [];
  /** Exports that answer as one that panicked. What they would have done is done or not; nobody can know. */
  fails: (name: string) => boolean = () => false;
  /** By handle: what is sealed and not yet in a record. */
  readonly #pending = new Map<number, number[]>();
  #records = 0;
  #handles = 0;
  #reportSize = 0;
  #inBytes = 0;

  /** As the lanes take it. */
  get core(): Core {
    return this as unknown as Core;
  }

  view(p: number, n: number): Uint8Array {
    return this.memory.subarray(p, p + n);
  }

  fn(name: string): (...args: number[]) => number {
    return (...args) => {
      this.calls.push(name);
      if (this.fails(name)) return code("E_INTERNAL");
      return this.#exports[name]?.(...args) ?? assertNever(name);
    };
  }

  readonly #exports: Record<string, (...args: number[]) => number> = {
    lane_scratch: () => scratch,
    lane_out_open: () => {
      this.#pending.set(++this.#handles, []);
      return this.#handles;
    },
    lane_out_slot: () => slot,
    lane_out_load: (h, _file, _version, _group, length = 0) => {
      this.#sealed(h).push(...this.view(slot, length));
      return this.#values(length);
    },
    lane_out_hash: (_h, _group, length = 0) => this.#values(length),
    lane_out_next: (h, flush) => {
      const sealed = this.#sealed(h);
      if (sealed.length < recordSize && !(flush === 1 && sealed.length > 0)) return 0;
      const bytes = sealed.splice(0, recordSize);
      this.memory.set(bytes, record);
      this.#records++;
      return bytes.length;
    },
    lane_out_record: () => record,
    lane_out_records: () => this.#records,
    lane_out_pending: (h) => (this.#sealed(h).length > 0 ? 1 : 0),
    lane_close: (h = 0) => {
      this.closed.push(h);
      return 0;
    },
    lane_in_open: () => ++this.#handles,
    lane_in_slot: () => slot,
    lane_in_record: (_h, n = 0) => {
      this.#records++;
      if (this.#reportSize === 0) new DataView(this.memory.buffer, report).setUint32(0, 0);
      this.#inBytes += n;
      const [group = 0, verdict = 0] = this.view(slot, 2);
      if (verdict === 0xff) return code("E_AUTH");
      if (verdict !== 0) this.#complete(group, n - 1);
      else if (this.#reportSize === 0) this.#reportSize = 4; // with nothing in it
      return 0;
    },
    lane_in_report: () => report,
    lane_in_report_size: () => this.#reportSize,
    lane_in_taken: () => {
      this.#reportSize = 0;
      return 0;
    },
    lane_in_bytes: () => this.#inBytes,
    lane_in_records: () => this.#records,
    lane_in_expect: () => 0,
    lane_in_settled: () => 0,
    lane_in_forget: () => 0,
    disk_slot: () => slot,
    disk_group: (length = 0, index = 0) => {
      this.#values(length);
      this.memory[scratch + 31] = index;
      return 0;
    },
  };

  #sealed(h = 0): number[] {
    return this.#pending.get(h) ?? [];
  }

  #values(length: number): number {
    this.memory.fill(this.memory[slot] ?? 0, scratch, scratch + 32);
    this.memory.fill(this.memory[slot + length - 1] ?? 0, scratch + 32, scratch + 64);
    return 0;
  }

  /** Puts a group of the bytes in the slot into the report, beside those that are there. */
  #complete(group: number, length: number): void {
    const view = new DataView(this.memory.buffer, report);
    const n = view.getUint16(0);
    view.setUint16(0, n + 1);
    const at = 4 + n * ReportGroup;
    const copy = report + (1 << 16) * (n + 1);
    this.memory.copyWithin(copy, slot + 1, slot + 1 + length);
    view.setUint32(at, 1);
    view.setUint32(at + 5, group);
    view.setUint32(at + 9, length);
    view.setUint32(at + 13, copy);
    this.#reportSize = at + ReportGroup;
  }
}

function code(name: FailureCode): number {
  return -failureCodes.indexOf(name);
}

function assertNever(name: string): never {
  throw new Error(`the fake core has no ${name}`);
}

/** A data channel that takes what it is given and says how much waits in it. */
export class FakeChannel {
  readyState = "connecting";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = "";
  readonly sent: Uint8Array[] = [];
  onopen: () => void = () => undefined;
  onclose: (() => void) | null = null;
  onmessage: (e: { data: unknown }) => void = () => undefined;
  onbufferedamountlow: () => void = () => undefined;
  /** What every message adds to what waits, beside its bytes. */
  weight = 0;
  closed = false;

  /** As the lanes take it. */
  get channel(): RTCDataChannel {
    return this as unknown as RTCDataChannel;
  }

  open(): void {
    this.readyState = "open";
    this.onopen();
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== "open") throw new DOMException("closed", "InvalidStateError");
    this.sent.push(bytes.slice());
    this.bufferedAmount += bytes.byteLength + this.weight;
  }

  close(): void {
    this.closed = true;
    this.readyState = "closed";
  }

  /** The network took everything. */
  drain(): void {
    this.bufferedAmount = 0;
    this.onbufferedamountlow();
  }
}

/** Lets everything that waits for no time come to its end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}
