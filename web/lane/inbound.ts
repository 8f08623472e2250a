// One lane at the recipient's end: opens records and hands on whole groups.

import type { Core } from "../shared/go.ts";
import type { CoreToLane, GroupName, LaneToCore } from "../shared/ports.ts";
import { failureCodes, RecordLimit, ReportGroup } from "../wire/wire.ts";
import { Effort } from "./effort.ts";
import { CoreFault, check } from "./fault.ts";

/** Bytes after which the core hears of a lane that completed nothing, and ms after which any will do. */
const sayEvery = 1 << 20;
const sayWithin = 1000;

export class Inbound {
  readonly session: number;
  readonly effort = new Effort();
  readonly #pc: number;
  readonly #core: Core;
  readonly #handle: number;
  readonly #slot: number;
  readonly #answer: (message: LaneToCore, transfer: Transferable[]) => void;
  readonly #fault: () => void;
  readonly #open;
  readonly #report;
  readonly #reportSize;
  readonly #taken;
  readonly #bytes;
  readonly #records;
  #closed = false;
  /** Bytes received since the core last heard of this lane. */
  #unsaid = 0;
  #saidAt = 0;

  constructor(core: Core, open: Extract<CoreToLane, { type: "in" }>, answer: (message: LaneToCore, transfer: Transferable[]) => void, fault: () => void) {
    this.session = open.session;
    this.#pc = open.pc;
    this.#core = core;
    this.#answer = answer;
    this.#fault = fault;
    core.view(check(core.fn("lane_scratch")()), 32).set(open.key);
    this.#handle = check(core.fn("lane_in_open")(open.limit));
    this.#slot = check(core.fn("lane_in_slot")(this.#handle));
    this.#open = core.fn("lane_in_record");
    this.#report = core.fn("lane_in_report");
    this.#reportSize = core.fn("lane_in_report_size");
    this.#taken = core.fn("lane_in_taken");
    this.#bytes = core.fn("lane_in_bytes");
    this.#records = core.fn("lane_in_records");
  }

  attach(channel: RTCDataChannel): void {
    channel.onmessage = (e: MessageEvent<unknown>) => {
      const { data } = e;
      if (data instanceof ArrayBuffer && !this.#closed) this.effort.work(() => this.#go(() => this.#record(data)));
    };
  }

  #record(data: ArrayBuffer): void {
    // One that can't fit the slot can't open either: it is counted as such.
    const n = Math.min(data.byteLength, RecordLimit);
    this.#core.view(this.#slot, n).set(new Uint8Array(data, 0, n));
    const code = failureCodes[-this.#open(this.#handle, n)] ?? null;
    if (code === "E_INTERNAL") throw new CoreFault(code);
    this.#unsaid += n;
    this.#gather();
    if (code === null) return;
    this.#closed = true; // the core closes the lane or ends the session
    this.#answer({ type: "failed", session: this.session, pc: this.#pc, code }, []);
  }

  expect(file: number, version: number, size: number): void {
    this.#go(() => {
      check(this.#core.fn("lane_in_expect")(this.#handle, file, version, size));
      this.#gather();
    });
  }

  settled(file: number, version: number): void {
    this.#go(() => check(this.#core.fn("lane_in_settled")(this.#handle, file, version)));
  }

  forget(g: GroupName): void {
    this.#go(() => check(this.#core.fn("lane_in_forget")(this.#handle, g.file, g.version, g.group)));
  }

  close(): void {
    this.#closed = true;
    this.#core.fn("lane_close")(this.#handle); // an instance that failed has nothing left to free
  }

  /** Runs what calls into Go. */
  #go(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof CoreFault)) throw error;
      this.#fault();
    }
  }

  #mustSay(): boolean {
    return this.#unsaid >= sayEvery || (this.#unsaid > 0 && performance.now() - this.#saidAt >= sayWithin);
  }

  /** Copies what completed out of Go's memory, all of a record into one buffer. */
  #gather(): void {
    const size = check(this.#reportSize(this.#handle));
    // Without a whole group the core hears of a lane every now and then, too: it
    // counts bytes that lead nowhere, and sees that a slow path is no stall.
    if (size <= 4 && !this.#mustSay()) return;
    this.#unsaid = 0;
    this.#saidAt = performance.now();
    const report = this.#core.view(check(this.#report(this.#handle)), size).slice();
    const view = new DataView(report.buffer);
    const groups = view.getUint16(0);
    const place = (i: number): Uint8Array => this.#core.view(view.getUint32(4 + i * ReportGroup + 13), view.getUint32(4 + i * ReportGroup + 9));
    let data: Uint8Array<ArrayBuffer>;
    if (groups === 1) {
      data = new Uint8Array(place(0)); // most often; nothing is filled with zeros first
    } else {
      let total = 0;
      for (let i = 0; i < groups; i++) total += place(i).byteLength;
      data = new Uint8Array(total);
      for (let i = 0, to = 0; i < groups; to += place(i++).byteLength) data.set(place(i), to);
    }
    check(this.#taken(this.#handle));
    const bytes = check(this.#bytes(this.#handle));
    const records = check(this.#records(this.#handle));
    this.#answer({ type: "batch", session: this.session, pc: this.#pc, report, data: data.buffer, bytes, records }, [report.buffer, data.buffer]);
  }
}
