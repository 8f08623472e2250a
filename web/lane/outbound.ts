// One lane at the sharer's end: reads groups ahead, seals them, and sends no
// faster than the channel takes them.

import type { Core } from "../shared/go.ts";
import type { CoreToLane, LaneToCore } from "../shared/ports.ts";
import { GroupSize, QueueOne } from "../wire/wire.ts";
import { Effort } from "./effort.ts";
import { CoreFault, check } from "./fault.ts";
import { Sources } from "./sources.ts";

/** In case the browser's event was missed, ms. */
const watchdogMs = 250;
/** Between two times that the core hears how much was sent, ms. */
const sayEveryMs = 200;
/** Read ahead: two groups, or many small files. */
const readBytes = 2 * GroupSize;
const readFiles = 32;

type Send = Extract<CoreToLane, { type: "send" }>;

interface Job {
  send: Send;
  read: Promise<Uint8Array | null> | null;
  dropped: boolean;
}

export class Outbound {
  readonly session: number;
  readonly effort = new Effort();
  readonly #pc: number;
  readonly #core: Core;
  readonly #handle: number;
  readonly #slot: number;
  readonly #answer: (message: LaneToCore) => void;
  readonly #fault: () => void;
  readonly #load;
  readonly #next;
  readonly #hash;
  readonly #record;
  readonly #records;
  readonly #pending;
  readonly #scratch: number;
  readonly #jobs: Job[] = [];
  readonly #sources = new Sources();
  /** Sealed into a record that is not full: answered when it has gone. */
  readonly #unsent: LaneToCore[] = [];
  #channel: RTCDataChannel | null = null;
  /** Bytes queued in the channel before sending waits; it goes on at a quarter. */
  #high = QueueOne;
  #bytes = 0;
  #saidAt = performance.now();
  #running = false;
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(core: Core, open: Extract<CoreToLane, { type: "out" }>, answer: (message: LaneToCore) => void, fault: () => void) {
    this.session = open.session;
    this.#pc = open.pc;
    this.#core = core;
    this.#answer = answer;
    this.#fault = fault;
    this.#scratch = check(core.fn("lane_scratch")());
    core.view(this.#scratch, 32).set(open.key);
    this.#handle = check(core.fn("lane_out_open")(open.recMax));
    this.#slot = check(core.fn("lane_out_slot")(this.#handle));
    this.#load = core.fn("lane_out_load");
    this.#next = core.fn("lane_out_next");
    this.#hash = core.fn("lane_out_hash");
    this.#record = core.fn("lane_out_record");
    this.#records = core.fn("lane_out_records");
    this.#pending = core.fn("lane_out_pending");
  }

  attach(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = this.#high / 4;
    channel.onbufferedamountlow = () => this.#wake?.();
    channel.onopen = () => this.#run();
    this.#run();
  }

  /** How much may wait in the channel from now on. */
  depth(bytes: number): void {
    this.#high = bytes;
    if (this.#channel !== null) this.#channel.bufferedAmountLowThreshold = bytes / 4;
  }

  add(send: Send): void {
    this.#jobs.push({ send, read: null, dropped: false });
    this.#readAhead();
    this.#run();
  }

  cancel(file: number): void {
    for (const job of this.#jobs) if (job.send.file === file) job.dropped = true;
    this.#sources.cancel(file);
  }

  close(): void {
    this.#closed = true;
    this.#sources.close();
    this.#wake?.();
    this.#core.fn("lane_close")(this.#handle); // an instance that failed has nothing left to free
  }

  #readAhead(): void {
    let bytes = 0;
    for (let i = 0; i < this.#jobs.length && i < readFiles; i++) {
      const job = this.#jobs[i];
      if (job === undefined) return;
      bytes += job.send.length;
      if (i > 0 && bytes > readBytes) return;
      job.read ??= this.#sources.read(job.send);
    }
  }

  #run(): void {
    if (this.#running || this.#channel?.readyState !== "open") return;
    this.#running = true;
    this.#pump().catch((error: unknown) => {
      // A channel that broke says so by closing. Go that failed says nothing itself.
      if (error instanceof CoreFault && !this.#closed) this.#fault();
    });
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#closed && this.#jobs.length > 0) await this.#job();
    } finally {
      this.#running = false; // in this very turn: a job that is added next starts it again
    }
  }

  /** Does the first job. */
  async #job(): Promise<void> {
    const job = this.#jobs[0];
    if (job === undefined) return;
    this.#readAhead();
    const bytes = job.dropped ? null : await this.effort.read(job.read ?? Promise.resolve(null));
    if (this.#closed) return;
    this.#jobs.shift();
    if (job.dropped) return this.#drain();
    const { session, pc, file, version, group, length, hashOnly } = job.send;
    const name = { session, pc, file, version, group };
    if (bytes === null || bytes.byteLength !== length) {
      this.#answer({ type: "source.failed", hashed: hashOnly, ...name });
      return this.#drain();
    }
    this.#core.view(this.#slot, length).set(bytes);
    this.#sources.done(bytes);
    const single = job.send.single ? 1 : 0;
    this.effort.work(() => check(hashOnly ? this.#hash(this.#handle, group, length, single) : this.#load(this.#handle, file, version, group, length, single)));
    const values = this.#core.view(this.#scratch, 64).slice();
    if (hashOnly) {
      this.#answer({ type: "sent", values, records: check(this.#records(this.#handle)), hashed: true, ...name });
      return this.#drain();
    }
    await this.#drain({ type: "sent", values, records: 0, hashed: false, ...name });
  }

  /**
   * Sends what is sealed, and the record under way too if nothing more waits.
   * loaded answers the group whose sealing has begun by now.
   */
  async #drain(loaded?: LaneToCore): Promise<void> {
    for (;;) {
      await this.#room();
      if (this.#closed) return;
      const n = this.effort.work(() => check(this.#next(this.#handle, this.#jobs.length === 0 ? 1 : 0)));
      if (n === 0) break;
      this.#channel?.send(this.#core.view(check(this.#record(this.#handle)), n));
      this.#count(n);
      // What was sealed before this group is out by now.
      this.#flushAnswers();
    }
    if (loaded !== undefined) this.#unsent.push(loaded);
    if (check(this.#pending(this.#handle)) === 0) this.#flushAnswers();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (now - this.#saidAt < sayEveryMs) return;
    this.#saidAt = now;
    this.#answer({ type: "sending", session: this.session, pc: this.#pc, bytes: this.#bytes });
  }

  #flushAnswers(): void {
    const records = check(this.#records(this.#handle));
    for (const answer of this.#unsent.splice(0)) this.#answer(answer.type === "sent" ? { ...answer, records } : answer);
  }

  /** Waits until the channel takes more. Checked before every send. */
  async #room(): Promise<void> {
    while (!this.#closed && this.#channel !== null && this.#channel.bufferedAmount > this.#high) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, watchdogMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
  }
}
