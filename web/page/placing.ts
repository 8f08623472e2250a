// Where a transfer goes in a browser without a folder to pick: looked at before
// Receive, so that the page can say so, and decided on the click.

import { signal } from "@preact/signals";
import type { DiskToPage, PageToDisk } from "../shared/disk.ts";
import { placeFor, type Room, roomOf } from "./room.ts";
import { Streams } from "./streams.ts";

export class Placing {
  /** What becomes of the transfer. */
  readonly room = signal<Room>("fits");
  readonly #toDisk: (message: PageToDisk, transfer: Transferable[]) => void;
  readonly #streams = new Streams();
  readonly #browser = { storage: navigator.storage, streams: () => this.#streams.possible() };
  #lookedFor = -1; // bytes

  constructor(toDisk: (message: PageToDisk, transfer: Transferable[]) => void) {
    this.#toDisk = toDisk;
  }

  async look(bytes: number): Promise<void> {
    if (bytes === this.#lookedFor || window.showDirectoryPicker !== undefined) return;
    this.#lookedFor = bytes;
    const room = await roomOf(bytes, this.#browser);
    if (bytes === this.#lookedFor) this.room.value = room;
  }

  decide(bytes: number): Promise<"browser" | "stream"> {
    return placeFor(bytes, this.#browser);
  }

  /** What the disk worker wants of a download that is written while it arrives. */
  async fromDisk(message: Extract<DiskToPage, { type: "stream.open" | "stream.ping" }>): Promise<void> {
    if (message.type === "stream.ping") return this.#streams.ping();
    const port = await this.#streams.open(message.name, message.bytes);
    this.#toDisk({ type: "stream.port", port }, port === null ? [] : [port]);
  }
}
