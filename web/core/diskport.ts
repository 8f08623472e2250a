// The disk worker as the core sees it: which open is meant by what goes there and what
// comes back, and groups that wait for the machine's word before they go. What becomes
// of a file is in disk/.

import type { DiskToCore, FromDisk, ToDisk } from "../shared/disk.ts";
import type { ToCore } from "../shared/messages.ts";
import { Batches } from "./batches.ts";
import type { Action } from "./machine.ts";

/** What of a machine's actions is for the disk. */
type DiskAction = Extract<Action, { type: "write" | `disk.${string}` }>;

/** Where the person wants it. */
type Receive = Pick<Extract<ToCore, { type: "receive" }>, "destination" | "conflict">;

export class DiskPort {
  readonly #port: MessagePort;
  readonly #batches = new Batches();
  #part = "";
  /** The open that is meant by what goes to the disk worker. */
  #open = 0;

  constructor(port: MessagePort, said: (said: FromDisk) => void) {
    this.#port = port;
    port.onmessage = (e: MessageEvent<DiskToCore>) => {
      if (e.data.open === this.#open) said(e.data.said);
    };
  }

  /** The name of what was opened last. */
  get part(): string {
    return this.#part;
  }

  /** Holds the bytes of a batch and returns the number the machine names it by. */
  hold(report: Uint8Array, data: ArrayBuffer): number {
    return this.#batches.hold(report, data);
  }

  /** Carries out an action; nothing is opened before Receive was pressed. */
  carry(action: DiskAction, receive: Receive | null): void {
    switch (action.type) {
      case "write": {
        const write = this.#batches.take(action.batch, action.keep);
        if (write !== null) this.#post(write, [write.data]);
        return;
      }
      case "disk.open": {
        if (receive === null) return;
        const { destination, conflict } = receive;
        this.#part = action.key;
        return this.#post({ ...action, type: "open", open: ++this.#open, destination, conflict });
      }
      case "disk.entry":
        return this.#post({ ...action, type: "entry" });
      case "disk.journal":
        return this.#post({ ...action, type: "journal" }, [action.data.buffer]);
      case "disk.reset":
        return this.#post({ ...action, type: "reset" });
      case "disk.finish":
        return this.#post({ type: "finish", file: action.file });
      case "disk.land":
        return this.#post({ type: "land", file: action.file });
      case "disk.drop":
        return this.#post({ type: "drop", file: action.file });
      case "disk.close":
        return this.#post({ type: "close" });
      case "disk.discard":
        return this.#post({ type: "discard" });
    }
  }

  #post(message: ToDisk, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}
