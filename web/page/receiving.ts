// What the page receives: which link, code or contact's share is open, Connect and
// Receive with the place it goes to, and what came of it: downloads, what an earlier
// page left, which parts are there. It stands beside app.ts because a page that shares
// has nothing of it: no link that was opened, no destination.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { DiskToPage } from "../shared/disk.ts";
import { offerOf, type ToCore } from "../shared/messages.ts";
import type { Conflict, Destination, ReceiveView, UnfinishedView } from "../shared/views.ts";
import { claimLink } from "./guard.ts";
import type { Inbox } from "./inbox.ts";
import type { Placing } from "./placing.ts";
import { type Event, type State, takesCode } from "./state.ts";
import type { Listing } from "./tree/listing.ts";
import type { CodeReader } from "./typing.ts";
import { continues, mayWrite } from "./unfinished.ts";

export interface Saved {
  name: string;
  url: string;
}

interface Around {
  state: ReadonlySignal<State>;
  listing: Listing;
  placing: Placing;
  codes: CodeReader;
  inbox: Inbox;
  step(event: Event): void;
  toCore(message: ToCore): void;
}

export class Receiving {
  /** What this browser kept and gave out as downloads, to be saved once more if it did not. */
  readonly saved = signal<readonly Saved[]>([]);
  /** Which parts of a large file are there, 0 to 255 a cell. */
  readonly parts = signal<{ file: number; cells: Uint8Array } | null>(null);
  /** What an earlier page of the link that is open left here. */
  readonly recalled = signal<UnfinishedView | null>(null);
  /** True once the person had what is kept deleted. */
  readonly freed = signal(false);
  readonly #state: ReadonlySignal<State>;
  readonly #listing: Listing;
  readonly #placing: Placing;
  readonly #codes: CodeReader;
  readonly #inbox: Inbox;
  readonly #step: (event: Event) => void;
  readonly #toCore: (message: ToCore) => void;
  readonly #offer = signal<ReturnType<typeof offerOf>>(null);
  /** Connect was pressed, or what counts as that. */
  #connected = false;

  constructor({ state, listing, placing, codes, inbox, step, toCore }: Around) {
    this.#state = state;
    this.#listing = listing;
    this.#placing = placing;
    this.#codes = codes;
    this.#inbox = inbox;
    this.#step = step;
    this.#toCore = toCore;
  }

  /** The share of a contact that is open; null: a link, or nothing. */
  get offer(): { contact: string; share: string } | null {
    return this.#offer.value;
  }

  /**
   * Opens a contact's share on this very page: it stands in no address and no storage, which
   * would tell whom the person knows. The click on it is all that the page waits for.
   */
  openOffer(link: string): void {
    if (!takesCode(this.#state.value)) return;
    this.#offer.value = offerOf(link);
    history.replaceState(null, "", "/r");
    this.#step({ type: "offer.opened" });
    void this.openLink(link);
  }

  /** Whether the person's own address is shown to nobody but a relay, from the next connection on. */
  hide(hidden: boolean): void {
    this.#step({ type: "hidden.chosen", hidden });
  }

  /** Connect, or Continue where an earlier page left something. Must run in the click: a folder is asked for again. */
  async connect(): Promise<void> {
    const now = this.#state.value;
    this.#connected = true;
    const hidden = now.page === "receive" && now.receive.stage === "open" && now.receive.hidden;
    this.freed.value = false;
    const left = this.recalled.value;
    const again = left !== null && (left.handle === null || (await mayWrite(left.handle)));
    if (again && left.handle !== null) this.#step({ type: "folder.chosen", handle: left.handle });
    this.#step({ type: "pressed", what: "connect" });
    this.#toCore({ type: "connect", again, hidden });
  }

  /** A whole code was typed, the first or another one. */
  typeCode(code: string): void {
    this.#codes.tried = code;
    if (!takesCode(this.#state.value)) return this.#toCore({ type: "code.type", text: code });
    // This is the page that receives from now on, also when it is loaded again.
    history.replaceState(null, "", "/r");
    this.#step({ type: "code.typed" });
    // No other tab goes on with it while this one does.
    const link = `~${crypto.randomUUID()}`;
    void claimLink(link);
    this.#toCore({ type: "code.open", code, link, hidden: false });
  }

  /** Receive was pressed: asks for a folder where the browser has a picker. Must run in the click. */
  async receive(): Promise<void> {
    const now = this.#state.value;
    if (now.page !== "receive" || now.receive.stage !== "open" || now.receive.pressed === "receive") return;
    this.#step({ type: "pressed", what: "receive" });
    const { chosen, conflict } = now.receive;
    if (chosen.kind === "folder") {
      // A second question only where the drop was not allowed to write.
      if (!(await mayWrite(chosen.handle))) return this.#step({ type: "folder.snag", snag: "no-permission" });
      this.#start({ kind: "folder", handle: chosen.handle }, conflict);
    } else if (window.showDirectoryPicker === undefined) {
      const kind = await this.#placing.decide(this.#wanted(now.receive.view));
      this.#step({ type: "browser.chosen", as: kind === "stream" ? kind : "none" });
      this.#start({ kind }, conflict);
    } else {
      try {
        const handle = await window.showDirectoryPicker({ id: "beeline-receive", mode: "readwrite" });
        this.#step({ type: "folder.chosen", handle });
        this.#start({ kind: "folder", handle }, conflict);
      } catch (error) {
        // Closing the picker is no mistake: the list is still there.
        const closed = error instanceof DOMException && error.name === "AbortError";
        if (closed) this.#step({ type: "folder.closed" });
        else this.#step({ type: "folder.snag", snag: "picker" });
      }
    }
  }

  /** Likewise, of what came since all of it was received before. */
  receiveNew(): Promise<void> {
    this.#listing.chooseNew();
    return this.receive();
  }

  pause(on: boolean): void {
    this.#toCore({ type: "pause", on });
  }

  cancel(): void {
    this.#toCore({ type: "cancel" });
  }

  /** Deletes what is unfinished, or what this browser kept and gave out as downloads. */
  discard(): void {
    for (const { url } of this.saved.value) URL.revokeObjectURL(url);
    this.saved.value = [];
    this.freed.value = true;
    this.#toCore({ type: "discard" });
  }

  chooseConflict(conflict: Conflict): void {
    this.#step({ type: "conflict.chosen", conflict });
  }

  #start(destination: Destination, conflict: Conflict): void {
    this.#listing.streamed = destination.kind === "stream";
    this.#toCore({ type: "receive", destination, conflict, choice: this.#listing.pairs() });
  }

  /** A dropped folder is where the files shall land. */
  async chooseDropped(handles: Promise<FileSystemHandle | null>[]): Promise<void> {
    const handle = (await Promise.all(handles))[0];
    if (!(handle instanceof FileSystemDirectoryHandle)) return this.#step({ type: "folder.snag", snag: "not-a-folder" });
    // Asked at once while the drop counts as a gesture; a no is asked again when Receive is pressed.
    await mayWrite(handle);
    this.#step({ type: "folder.chosen", handle });
  }

  async openLink(link: string): Promise<void> {
    if (await claimLink(link)) this.#toCore({ type: "link.open", link });
    else this.#step({ type: "link.elsewhere" });
  }

  /** What the core says of the transfer: what it begins, asks for and ends here. */
  saw(view: ReceiveView): void {
    // The click on Open was the one on Connect, and what was chosen for looking counts for it.
    if (this.offer !== null && view.phase === "ready" && !this.#connected) this.hide(this.#inbox.hides.value);
    if (this.offer !== null && view.phase === "ready" && !this.#connected) void this.connect();
    if (view.written > 0) this.recalled.value = null; // it goes on: nothing is left of an earlier page
    if (view.phase === "listed") void this.#placing.look(this.#wanted(view));
    this.#lookAtParts(view);
    return this.#listing.grow(view.entries, view.listed);
  }

  /** What an earlier page of the link left. */
  recall(unfinished: UnfinishedView): void {
    this.recalled.value = unfinished;
    void continues(unfinished).then((yes) => (yes ? this.connect() : undefined));
  }

  export(message: Extract<DiskToPage, { type: "export" }>): void {
    // The address must outlive the saving, which has no event; it goes with the page.
    const saved = { name: message.name, url: URL.createObjectURL(message.blob) };
    this.saved.value = [...this.saved.value, saved];
    download(saved);
  }

  /** Which parts of the file under way are there, as often as there is a view. */
  #lookAtParts({ current, phase }: ReceiveView): void {
    const changes = phase === "transferring" || phase === "paused" || phase === "reconnecting"; // a full disk loses some of them
    if (changes && this.#listing.entries.hasParts(current)) this.#toCore({ type: "parts.read", file: current });
  }

  /** Bytes that are chosen so far. */
  #wanted(view: ReceiveView): number {
    const { everything, bytes } = this.#listing.chosen.value;
    return everything ? view.bytes : bytes;
  }
}

/** Hands a finished file to the browser's downloads. */
function download({ name, url }: Saved): void {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
