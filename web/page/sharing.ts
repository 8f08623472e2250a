// What the page shares: what was dropped or chosen is walked, one walk after the other,
// and listed at the core; the link is handed on; who comes is let in, held or sent
// away. It stands beside app.ts because a page that receives has nothing of it: no
// sources, no walk.

import type { ReadonlySignal } from "@preact/signals";
import type { ToCore } from "../shared/messages.ts";
import type { Paths } from "../shared/views.ts";
import { type Found, type OfferedAgain, refill, type Walk } from "./again.ts";
import { Sources, TooMany } from "./sources.ts";
import { type Event, isEnd, type State } from "./state.ts";
import { type Dropped, fitting, titleOf, walkEntries, walkFiles } from "./walk.ts";
import { words } from "./words/words.ts";

interface Around {
  state: ReadonlySignal<State>;
  again: OfferedAgain;
  step(event: Event): void;
  toCore(message: ToCore): void;
}

export class Sharing {
  readonly #state: ReadonlySignal<State>;
  readonly #again: OfferedAgain;
  readonly #step: (event: Event) => void;
  readonly #toCore: (message: ToCore) => void;
  #sources: Sources | null = null;
  #stop = new AbortController();
  #walking: Promise<void> = Promise.resolve();
  #walks = 0; // under way or in line

  constructor({ state, again, step, toCore }: Around) {
    this.#state = state;
    this.#again = again;
    this.#step = step;
    this.#toCore = toCore;
  }

  /** What was dropped: to be shared, and where the browser has handles, to be found again by a later page. */
  drop({ entries, handles }: Dropped): void {
    this.#share(entries.map((e) => e.name), (sources, stop) => walkEntries(entries, sources, stop));
    void Promise.all(handles).then((all) => this.#toCore({ type: "share.handles", handles: all.filter((handle) => handle !== null) }));
  }

  /** Files or a folder of an <input>. */
  choose(list: FileList): void {
    const files = [...list]; // the input empties its own
    const names = new Set(files.map((f) => f.webkitRelativePath.split("/")[0] || f.name));
    this.#share([...names], (sources, stop) => walkFiles(files, sources, stop));
  }

  async copyLink(box: HTMLInputElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(box.value);
      this.#step({ type: "link.copied", how: "yes" });
    } catch {
      box.select();
      this.#step({ type: "link.copied", how: "by-hand" });
    }
  }

  /**
   * The system's own way to hand a link on, where there is one. Without the title:
   * whoever carries the link, a chat or a mail server, would read it.
   */
  async sendLink(url: string): Promise<void> {
    await navigator.share({ url }).catch(() => undefined); // closed without a choice
  }

  /** Names the share anew, and returns as much of that as fits. */
  retitle(wanted: string): string {
    const title = fitting(wanted);
    this.#step({ type: "share.titled", title });
    this.#toCore({ type: "share.title", title });
    return title;
  }

  /** Takes a top-level thing out of what is shared, with all that is in it. */
  remove(index: number): void {
    this.#sources?.remove(index);
    this.#toCore({ type: "share.remove", entries: [index] });
  }

  /** Which paths those may use who connect from now on. */
  choosePaths(paths: Paths): void {
    this.#toCore({ type: "share.paths", paths });
  }

  /** Whether it is offered to a contact, too. Only this one: what the page shows of the others may be a moment old. */
  shareWith(id: string, on: boolean): void {
    this.#toCore({ type: "share.member", id, on });
  }

  stopSharing(): void {
    this.#stop.abort();
    this.#toCore({ type: "share.stop" });
  }

  /** A code to say, also in the place of the one there is. */
  makeCode(): void {
    this.#toCore({ type: "code.make" });
  }

  stopCode(): void {
    this.#toCore({ type: "code.stop" });
  }

  decide(session: number, accept: boolean): void {
    this.#toCore({ type: "recipient.decide", session, accept });
  }

  stopRecipient(session: number): void {
    this.#toCore({ type: "recipient.stop", session });
  }

  pauseRecipient(session: number, on: boolean): void {
    this.#toCore({ type: "recipient.pause", session, on });
  }

  /** Shares these things, or adds them to what is shared already. */
  #share(names: string[], walk: Walk): void {
    const now = this.#state.value;
    if (now.page !== "send") return;
    if (names.length === 0) return this.#step({ type: "share.refused", refusal: "nothing" });
    if (this.#again.takes) return void this.#again.take(walk);
    if (now.send.stage === "empty") {
      const title = titleOf(names, words.value.send.items);
      this.#stop = new AbortController();
      this.#step({ type: "share.begun", title });
      this.#toCore({ type: "share.start", title });
      this.#sources = this.#newSources();
    } else if (now.send.view !== null && isEnd(now.send.view.phase)) {
      return this.#step({ type: "share.refused", refusal: "over" });
    } else {
      this.#step({ type: "share.more" });
    }
    const sources = this.#sources;
    if (sources === null) return;
    // One walk after the other: what is added while another one runs follows it.
    this.#walks++;
    const stop = this.#stop.signal;
    this.#walking = this.#walking.then(() => this.#walkOne(sources, walk, stop));
  }

  #newSources(): Sources {
    return new Sources({
      add: (batch) => this.#toCore({ type: "share.add", sources: batch }),
      found: (walked) => this.#step({ type: "share.found", walked }),
    });
  }

  /** Offers the link of an earlier page, with the entries in the order they had. */
  offerAgain(found: Found): void {
    const { share } = found;
    if (this.#state.value.page !== "send" || this.#state.value.send.stage !== "empty") return;
    this.#stop = new AbortController();
    this.#step({ type: "share.begun", title: share.title });
    this.#toCore({ type: "share.start", title: share.title, again: share.id });
    const sources = this.#newSources();
    this.#sources = sources;
    const gone = refill(sources, found);
    if (gone.length > 0) this.#toCore({ type: "share.remove", entries: gone });
    this.#step({ type: "share.walked", walked: sources.walked() });
    this.#toCore({ type: "share.end" });
  }

  async #walkOne(sources: Sources, walk: Walk, stop: AbortSignal): Promise<void> {
    const before = new Set(sources.tops());
    try {
      await walk(sources, stop);
    } catch (error) {
      if (!(error instanceof TooMany)) return this.#step({ type: "broken" });
      for (const top of sources.tops()) if (!before.has(top)) this.remove(top);
      if (before.size === 0) {
        this.stopSharing();
        this.#step({ type: "share.emptied" });
      } else this.#step({ type: "share.refused", refusal: "too-many" });
    }
    if (--this.#walks > 0 || stop.aborted) return;
    this.#step({ type: "share.walked", walked: sources.walked() });
    this.#toCore({ type: "share.end" });
  }

  /** A source that could not be read is looked for where it was. */
  async refresh(file: number): Promise<void> {
    const source = (await this.#sources?.refresh(file)) ?? null;
    this.#toCore({ type: "source.fresh", file, source });
  }
}
