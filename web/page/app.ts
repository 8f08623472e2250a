// Joins the parts: what people do and what the threads say become events; the
// state that follows becomes what the threads and the browser are told.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { watchSleep } from "./asleep.ts";
import { Check } from "./check/run.ts";
import type { DiskToPage } from "../shared/disk.ts";
import type { FromCore, ToCore } from "../shared/messages.ts";
import { Device } from "./device.ts";
import { isPhone, whatIsMissing } from "./fit.ts";
import { fragment, opened } from "./fragment.ts";
import { Awake } from "./guard.ts";
import { watchNetwork } from "./network.ts";
import { Listing } from "./tree/listing.ts";
import { Notices, ofBrowser } from "./notices.ts";
import { noPace } from "./pace.ts";
import { Inbox } from "./inbox.ts";
import { People } from "./people.ts";
import { Peers } from "./peers.ts";
import { Placing } from "./placing.ts";
import { LinkPolicy } from "./policy.ts";
import { Receiving } from "./receiving.ts";
import { Sharing } from "./sharing.ts";
import { Slowness } from "./slowness.ts";
import { OfferedAgain } from "./again.ts";
import { type Event, holdsNothing, isAway, isBusy, type State, step, unreachable, wouldLose } from "./state.ts";
import { UnfinishedTransfers } from "./unfinished.ts";
import { CodeReader } from "./typing.ts";
import { thisBuild, Updates } from "./updates.ts";
import { takeDrop } from "./walk.ts";
import { words } from "./words/words.ts";
import { startWorkers, type Workers } from "./workers.ts";

export class App {
  readonly state = signal<State>(first());
  /** True while something is dragged over the page. */
  readonly dragging = signal(false);
  readonly sharing: Sharing;
  readonly receiving: Receiving;
  readonly listing: Listing;
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

  constructor() {
    this.listing = new Listing((message) => this.#workers?.toCore(message));
    // Asked for where it is shown: not beside a link.
    const shown = this.state.value.page === "send" || (this.state.value.page === "receive" && fragment === "");
    this.unfinished = new UnfinishedTransfers((message) => this.#workers?.toCore(message), (link) => this.receiving.openOffer(link));
    this.again = new OfferedAgain((message) => this.#workers?.toCore(message), (found) => this.sharing.offerAgain(found));
    this.people = new People((message) => this.#workers?.toCore(message));
    this.inbox = new Inbox(this.people.view, (message) => this.#workers?.toCore(message));
    const around = { state: this.state, step: (event: Event) => this.#step(event), toCore: (message: ToCore) => this.#workers?.toCore(message) };
    this.sharing = new Sharing({ ...around, again: this.again });
    this.receiving = new Receiving({ ...around, listing: this.listing, placing: this.placing, codes: this.codes, inbox: this.inbox });
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
    if (opened === "receive" && fragment !== "") void this.receiving.openLink(fragment);
    effect(() => {
      if (this.people.view.value?.at === "open") this.unfinished.unlocked();
    });
  }

  /** A drop anywhere on the page. Must be called in the task of the event. */
  drop(transfer: DataTransfer): void {
    const dropped = takeDrop(transfer);
    const { state } = this;
    if (state.value.page === "send") {
      this.sharing.drop(dropped);
    } else if (state.value.page === "receive") {
      void this.receiving.chooseDropped(dropped.handles);
    }
  }

  /** Whether the other side is told who the person is. */
  sayWho(on: boolean): void {
    this.says.value = on;
    this.#workers?.toCore({ type: this.state.value.page === "send" ? "share.proof" : "prove", on });
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
        this.#watchOwn();
        if (message.view.phase === "complete") this.notices.worked();
        return this.receiving.saw(message.view);
      case "code.reading":
        return this.codes.answered(message.n, message.reading);
      case "device.view":
        return this.device.from(message.view);
      case "watch.view":
        return this.inbox.from(message.view);
      case "recalled":
        return this.receiving.recall(message.unfinished);
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
        this.receiving.parts.value = { file: message.file, cells: message.parts };
        return;
      case "source.refresh":
        return void this.sharing.refresh(message.file);
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
        return this.receiving.export(message);
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
