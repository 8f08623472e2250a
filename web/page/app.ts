// Joins the parts: what people do and what the threads say become events; the
// state that follows becomes what the threads and the browser are told.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { watchSleep } from "./asleep.ts";
import { Check } from "./check/run.ts";
import type { DiskToPage } from "../shared/disk.ts";
import { type FromCore, offerOf } from "../shared/messages.ts";
import type { Conflict, Destination, Paths, ReceiveView, UnfinishedView } from "../shared/views.ts";
import { Device } from "./device.ts";
import { isPhone, whatIsMissing } from "./fit.ts";
import { fragment, opened } from "./fragment.ts";
import { Awake, claimLink } from "./guard.ts";
import { watchNetwork } from "./network.ts";
import { Listing } from "./tree/listing.ts";
import { Notices, ofBrowser } from "./notices.ts";
import { noPace } from "./pace.ts";
import { Inbox } from "./inbox.ts";
import { People } from "./people.ts";
import { Peers } from "./peers.ts";
import { Placing } from "./placing.ts";
import { LinkPolicy } from "./policy.ts";
import { Slowness } from "./slowness.ts";
import { type Found, OfferedAgain, refill, type Walk } from "./again.ts";
import { Sources, TooMany } from "./sources.ts";
import { type Event, holdsNothing, isAway, isBusy, isEnd, type State, step, takesCode, unreachable, wouldLose } from "./state.ts";
import { continues, mayWrite, UnfinishedTransfers } from "./unfinished.ts";
import { CodeReader } from "./typing.ts";
import { thisBuild, Updates } from "./updates.ts";
import { fitting, takeDrop, titleOf, walkEntries, walkFiles } from "./walk.ts";
import { words } from "./words/words.ts";
import { startWorkers, type Workers } from "./workers.ts";

export interface Saved {
  name: string;
  url: string;
}

export class App {
  readonly state = signal<State>(first());
  /** True while something is dragged over the page. */
  readonly dragging = signal(false);
  readonly listing: Listing;
  /** What this browser kept and gave out as downloads, to be saved once more if it did not. */
  readonly saved = signal<readonly Saved[]>([]);
  /** Which parts of a large file are there, 0 to 255 a cell. */
  readonly parts = signal<{ file: number; cells: Uint8Array } | null>(null);
  /** What an earlier page of the link that is open left here. */
  readonly recalled = signal<UnfinishedView | null>(null);
  readonly unfinished: UnfinishedTransfers;
  readonly again: OfferedAgain;
  readonly policy = new LinkPolicy((message) => this.#workers?.toCore(message));
  /** Who the person is, and whom they know. */
  readonly people: People;
  /** As a recipient they say who they are. */
  readonly says = signal(false);
  /** What contacts share with them. */
  readonly inbox: Inbox;
  /** What the system tells who has this tab in the background. */
  readonly notices = new Notices(ofBrowser((notice) => words.value.notices.said[notice]));
  readonly #offer = signal<ReturnType<typeof offerOf>>(null);
  /** True once the person had what is kept deleted. */
  readonly freed = signal(false);
  /** A phone or a tablet: pages live only while they are seen there. */
  readonly phone = isPhone();
  readonly placing = new Placing((message, transfer) => this.#workers?.toDisk(message, transfer));
  /** What holds a transfer back, by the session of a recipient; at a recipient under 0. */
  readonly slowness = new Slowness();
  /** The test of the connection; nothing of it runs before it is asked for. */
  readonly check = new Check();
  /** Another device of the same person. */
  readonly device = new Device((message) => this.#workers?.toCore(message));
  /** What a code that is being typed says so far. */
  readonly codes = new CodeReader((message) => this.#workers?.toCore(message));
  readonly updates = new Updates(thisBuild(), () => !isBusy(this.state.value));
  /** A newer version may be offered: nothing would be lost by loading the page anew. */
  readonly updateOffered: ReadonlySignal<boolean> = computed(() => this.updates.newer.value && holdsNothing(this.state.value));

  readonly #workers: Workers | null;
  readonly #peers: Peers | null;
  #sources: Sources | null = null;
  #stop = new AbortController();
  #walking: Promise<void> = Promise.resolve();
  /** Connect was pressed, or what counts as that. */
  #connected = false;
  #walks = 0; // under way or in line

  constructor() {
    this.listing = new Listing((message) => this.#workers?.toCore(message));
    // Asked for where it is shown: not beside a link.
    const shown = this.state.value.page === "send" || (this.state.value.page === "receive" && fragment === "");
    this.unfinished = new UnfinishedTransfers((message) => this.#workers?.toCore(message), (link) => this.openOffer(link));
    this.again = new OfferedAgain((message) => this.#workers?.toCore(message), (found) => this.#offerAgain(found));
    this.people = new People((message) => this.#workers?.toCore(message));
    this.inbox = new Inbox(this.people.view, (message) => this.#workers?.toCore(message));
    if (this.state.value.page !== "unfit") this.updates.start();
    if (this.state.value.page === "unfit" || this.state.value.page === "trust" || this.state.value.page === "check") {
      this.#workers = this.#peers = null;
      return;
    }
    this.#workers = startWorkers({
      fromCore: (message) => this.#fromCore(message),
      fromDisk: (message) => this.#fromDisk(message),
      fromPeople: (message) => this.people.from(message),
      spent: (message) => this.slowness.lanes(this.#watchedAs(message.session), message, message.of),
      dead: (what) => {
        console.error(`beeline: ${what}`);
        this.#peers?.closeAll();
        this.#step({ type: "broken" });
      },
    });
    this.#peers = new Peers({
      ...this.#workers,
      path: (session, now) => this.slowness.path(this.#watchedAs(session), now),
      cannotTransfer: () => this.#step({ type: "unfit", missing: "channels" }),
    });
    const awake = new Awake();
    effect(() => this.notices.inbox(this.inbox.senders.value, this.inbox.heard.value));
    effect(() => awake.follow(isBusy(this.state.value), wouldLose(this.state.value), isAway(this.state.value)));
    // A page that goes says so: without it the other side waits for a silence.
    window.addEventListener("pagehide", () => this.#peers?.closeAll());
    const network = (): void => this.#workers?.toCore({ type: "network" });
    watchNetwork(network);
    watchSleep((slept) => {
      this.#step({ type: "slept", slept });
      network();
    });
    if (shown) this.unfinished.read();
    if (this.state.value.page === "send") this.again.read();
    if (opened === "contacts") void this.people.open(fragment);
    else void this.people.open("");
    if (opened === "receive" && fragment !== "") void this.#openLink(fragment);
    effect(() => {
      if (this.people.view.value?.at === "open") this.unfinished.unlocked();
    });
  }

  // ---------------------------------------------------------------- sending

  /** A drop anywhere on the page. Must be called in the task of the event. */
  drop(transfer: DataTransfer): void {
    const { entries, handles } = takeDrop(transfer);
    const { state } = this;
    if (state.value.page === "send") {
      this.#share(entries.map((e) => e.name), (sources, stop) => walkEntries(entries, sources, stop));
      void Promise.all(handles).then((all) => this.#workers?.toCore({ type: "share.handles", handles: all.filter((handle) => handle !== null) }));
    } else if (state.value.page === "receive") {
      void this.#chooseDropped(handles);
    }
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
    this.#workers?.toCore({ type: "share.title", title });
    return title;
  }

  /** Takes a top-level thing out of what is shared, with all that is in it. */
  remove(index: number): void {
    this.#sources?.remove(index);
    this.#workers?.toCore({ type: "share.remove", entries: [index] });
  }

  /** Which paths those may use who connect from now on. */
  choosePaths(paths: Paths): void {
    this.#workers?.toCore({ type: "share.paths", paths });
  }

  /** Whether the other side is told who the person is. */
  sayWho(on: boolean): void {
    this.says.value = on;
    this.#workers?.toCore({ type: this.state.value.page === "send" ? "share.proof" : "prove", on });
  }

  /** To which contacts it is offered beside those who have the link. */
  shareWith(members: string[]): void {
    this.#workers?.toCore({ type: "share.members", members });
  }

  stopSharing(): void {
    this.#stop.abort();
    this.#workers?.toCore({ type: "share.stop" });
  }

  /** A code to say, also in the place of the one there is. */
  makeCode(): void {
    this.#workers?.toCore({ type: "code.make" });
  }

  stopCode(): void {
    this.#workers?.toCore({ type: "code.stop" });
  }

  decide(session: number, accept: boolean): void {
    this.#workers?.toCore({ type: "recipient.decide", session, accept });
  }

  stopRecipient(session: number): void {
    this.#workers?.toCore({ type: "recipient.stop", session });
  }

  pauseRecipient(session: number, on: boolean): void {
    this.#workers?.toCore({ type: "recipient.pause", session, on });
  }

  /** Shares these things, or adds them to what is shared already. */
  #share(names: string[], walk: Walk): void {
    const now = this.state.value;
    if (now.page !== "send" || this.#workers === null) return;
    if (names.length === 0) return this.#step({ type: "share.refused", refusal: "nothing" });
    if (this.again.takes) return void this.again.take(walk);
    const { toCore } = this.#workers;
    if (now.send.stage === "empty") {
      const title = titleOf(names, words.value.send.items);
      this.#stop = new AbortController();
      this.#step({ type: "share.begun", title });
      toCore({ type: "share.start", title });
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
      add: (batch) => this.#workers?.toCore({ type: "share.add", sources: batch }),
      found: (walked) => this.#step({ type: "share.found", walked }),
    });
  }

  /** Offers the link of an earlier page, with the entries in the order they had. */
  #offerAgain(found: Found): void {
    const { share } = found;
    const toCore = this.#workers?.toCore;
    if (toCore === undefined || this.state.value.page !== "send" || this.state.value.send.stage !== "empty") return;
    this.#stop = new AbortController();
    this.#step({ type: "share.begun", title: share.title });
    toCore({ type: "share.start", title: share.title, again: share.id });
    const sources = this.#newSources();
    this.#sources = sources;
    const gone = refill(sources, found);
    if (gone.length > 0) toCore({ type: "share.remove", entries: gone });
    this.#step({ type: "share.walked", walked: sources.walked() });
    toCore({ type: "share.end" });
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
    this.#workers?.toCore({ type: "share.end" });
  }

  // -------------------------------------------------------------- receiving

  /** The share of a contact that is open; null: a link, or nothing. */
  get offer(): { contact: string; share: string } | null {
    return this.#offer.value;
  }

  /**
   * Opens a contact's share on this very page: it stands in no address and no storage, which
   * would tell whom the person knows. The click on it is all that the page waits for.
   */
  openOffer(link: string): void {
    if (!takesCode(this.state.value)) return;
    this.#offer.value = offerOf(link);
    history.replaceState(null, "", "/r");
    this.#step({ type: "offer.opened" });
    void this.#openLink(link);
  }

  /** Whether the person's own address is shown to nobody but a relay, from the next connection on. */
  hide(hidden: boolean): void {
    this.#step({ type: "hidden.chosen", hidden });
  }

  /** Connect, or Continue where an earlier page left something. Must run in the click: a folder is asked for again. */
  async connect(): Promise<void> {
    const now = this.state.value;
    this.#connected = true;
    const hidden = now.page === "receive" && now.receive.stage === "open" && now.receive.hidden;
    this.freed.value = false;
    const left = this.recalled.value;
    const again = left !== null && (left.handle === null || (await mayWrite(left.handle)));
    if (again && left.handle !== null) this.#step({ type: "folder.chosen", handle: left.handle });
    this.#step({ type: "pressed", what: "connect" });
    this.#workers?.toCore({ type: "connect", again, hidden });
  }

  /** A whole code was typed, the first or another one. */
  typeCode(code: string): void {
    this.codes.tried = code;
    if (!takesCode(this.state.value)) return this.#workers?.toCore({ type: "code.type", text: code });
    // This is the page that receives from now on, also when it is loaded again.
    history.replaceState(null, "", "/r");
    this.#step({ type: "code.typed" });
    // No other tab goes on with it while this one does.
    const link = `~${crypto.randomUUID()}`;
    void claimLink(link);
    this.#workers?.toCore({ type: "code.open", code, link, hidden: false });
  }

  /** Receive was pressed: asks for a folder where the browser has a picker. Must run in the click. */
  async receive(): Promise<void> {
    const now = this.state.value;
    if (now.page !== "receive" || now.receive.stage !== "open" || now.receive.pressed === "receive") return;
    this.#step({ type: "pressed", what: "receive" });
    const { chosen, conflict } = now.receive;
    if (chosen.kind === "folder") {
      // A second question only where the drop was not allowed to write.
      if (!(await mayWrite(chosen.handle))) return this.#step({ type: "folder.snag", snag: "no-permission" });
      this.#start({ kind: "folder", handle: chosen.handle }, conflict);
    } else if (window.showDirectoryPicker === undefined) {
      const kind = await this.placing.decide(this.#wanted(now.receive.view));
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
    this.listing.chooseNew();
    return this.receive();
  }

  pause(on: boolean): void {
    this.#workers?.toCore({ type: "pause", on });
  }

  cancel(): void {
    this.#workers?.toCore({ type: "cancel" });
  }

  /** Deletes what is unfinished, or what this browser kept and gave out as downloads. */
  discard(): void {
    for (const { url } of this.saved.value) URL.revokeObjectURL(url);
    this.saved.value = [];
    this.freed.value = true;
    this.#workers?.toCore({ type: "discard" });
  }

  chooseConflict(conflict: Conflict): void {
    this.#step({ type: "conflict.chosen", conflict });
  }

  #start(destination: Destination, conflict: Conflict): void {
    this.listing.streamed = destination.kind === "stream";
    this.#workers?.toCore({ type: "receive", destination, conflict, choice: this.listing.pairs() });
  }

  /** A dropped folder is where the files shall land. */
  async #chooseDropped(handles: Promise<FileSystemHandle | null>[]): Promise<void> {
    const handle = (await Promise.all(handles))[0];
    if (!(handle instanceof FileSystemDirectoryHandle)) return this.#step({ type: "folder.snag", snag: "not-a-folder" });
    // Asked at once while the drop counts as a gesture; a no is asked again when Receive is pressed.
    await mayWrite(handle);
    this.#step({ type: "folder.chosen", handle });
  }

  async #openLink(link: string): Promise<void> {
    if (await claimLink(link)) this.#workers?.toCore({ type: "link.open", link });
    else this.#step({ type: "link.elsewhere" });
  }

  // ---------------------------------------------------------------- threads

  #fromCore(message: FromCore): void {
    switch (message.type) {
      case "dead":
        return; // workers.ts
      case "share.view":
        this.#step({ type: "share.view", view: message.view, at: performance.now() });
        this.notices.recipients(message.view.recipients);
        return this.#watchRows();
      case "receive.view":
        this.#step({ type: "receive.view", view: message.view, at: performance.now() });
        // The click on Open was the one on Connect, and what was chosen for looking counts for it.
        if (this.offer !== null && message.view.phase === "ready" && !this.#connected) this.hide(this.inbox.hides.value);
        if (this.offer !== null && message.view.phase === "ready" && !this.#connected) void this.connect();
        if (message.view.written > 0) this.recalled.value = null; // it goes on: nothing is left of an earlier page
        this.#watchOwn();
        if (message.view.phase === "complete") this.notices.worked();
        if (message.view.phase === "listed") void this.placing.look(this.#wanted(message.view));
        this.#lookAtParts(message.view);
        return this.listing.grow(message.view.entries, message.view.listed);
      case "code.reading":
        return this.codes.answered(message.n, message.reading);
      case "device.view":
        return this.device.from(message.view);
      case "watch.view":
        return this.inbox.from(message.view);
      case "recalled":
        this.recalled.value = message.unfinished;
        return void continues(message.unfinished).then((yes) => (yes ? this.connect() : undefined));
      case "taken":
        return this.listing.receivedTo(message.entries);
      case "unfinished":
        return this.unfinished.found(message.list);
      case "shares":
        this.again.list.value = message.list;
        return;
      case "shares.list":
        return this.again.listed(message.id, message.entries);
      case "shares.checked":
        return this.again.checked(message.id, message.unlike);
      case "unfinished.link":
        return this.unfinished.open(message.link);
      case "list":
        return this.listing.add(message.entries);
      case "states":
        return this.listing.states.add(message.from, message.states);
      case "parts":
        this.parts.value = { file: message.file, cells: message.parts };
        return;
      case "source.refresh":
        return void this.#refresh(message.file);
      case "pc.make":
      case "pc.remote":
      case "pc.candidates":
      case "pc.close":
      case "ctrl.send":
        return this.#peers?.handle(message);
      default:
        return unreachable(message);
    }
  }

  /** Looks what holds the recipients of a share back. */
  #watchRows(): void {
    const now = this.state.value;
    if (now.page !== "send" || now.send.stage !== "sharing") return;
    for (const r of now.send.view?.recipients ?? []) {
      this.slowness.view(r.session, { ...r, pace: now.send.paces[r.session] ?? noPace, writing: 0 }, performance.now());
    }
  }

  /** Likewise what holds this page back as a recipient. */
  #watchOwn(): void {
    const now = this.state.value;
    if (now.page !== "receive" || now.receive.stage !== "open") return;
    const { view, pace } = now.receive;
    this.slowness.view(0, { ...view, pace, idle: false, writing: view.window === 0 ? 0 : view.unwritten / view.window }, performance.now());
  }

  #fromDisk(message: DiskToPage): void {
    switch (message.type) {
      case "export":
        return this.#export(message);
      case "stream.open":
      case "stream.ping":
        return void this.placing.fromDisk(message);
      case "ready":
      case "dead":
        return; // workers.ts
      default:
        return unreachable(message);
    }
  }

  #export(message: Extract<DiskToPage, { type: "export" }>): void {
    // The address must outlive the saving, which has no event; it goes with the page.
    const saved = { name: message.name, url: URL.createObjectURL(message.blob) };
    this.saved.value = [...this.saved.value, saved];
    download(saved);
  }

  /** Which parts of the file under way are there, as often as there is a view. */
  #lookAtParts({ current, phase }: ReceiveView): void {
    const changes = phase === "transferring" || phase === "paused" || phase === "reconnecting"; // a full disk loses some of them
    if (changes && this.listing.entries.hasParts(current)) this.#workers?.toCore({ type: "parts.read", file: current });
  }

  /** Bytes that are chosen so far. */
  #wanted(view: ReceiveView): number {
    const { everything, bytes } = this.listing.chosen.value;
    return everything ? view.bytes : bytes;
  }

  async #refresh(file: number): Promise<void> {
    const source = (await this.#sources?.refresh(file)) ?? null;
    this.#workers?.toCore({ type: "source.fresh", file, source });
  }

  /** A recipient has one session at a time, each under another number: one watch for all. */
  #watchedAs(session: number): number {
    return this.state.value.page === "receive" ? 0 : session;
  }

  #step(event: Event): void {
    this.state.value = step(this.state.value, event);
  }
}

function first(): State {
  if (opened === "trust" || opened === "check") return { page: opened };
  const missing = whatIsMissing();
  if (missing !== null) return { page: "unfit", missing };
  if (opened === "contacts") return { page: "contacts" };
  if (opened === "send") return { page: "send", send: { stage: "empty", refusal: null } };
  return { page: "receive", receive: fragment === "" ? { stage: "no-link" } : { stage: "opening" } };
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
