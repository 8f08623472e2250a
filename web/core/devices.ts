// An identity moves from one device of a person to another, by a code: a machine of
// Go at either end, with a connection of its own to the hub. What it holds stays in
// Go; a book that arrived goes to People, who stores it.

import type { ToCore } from "../shared/messages.ts";
import type { DeviceView } from "../shared/views.ts";
import { type Book, type Books, Failed } from "./book.ts";
import type { GiveMachine, MachineConfig, MachineEvent, TakeMachine } from "./machine.ts";
import { Runner, type RunnerAround } from "./runner.ts";

interface Around extends RunnerAround {
  config(): MachineConfig;
  /** The identity that is open. */
  book(): Book | null;
}

type Asked = Extract<ToCore, { type: `device.${string}` }>;
type Run = { side: "give"; runner: Runner<GiveMachine> } | { side: "take"; runner: Runner<TakeMachine> };

export class Devices {
  readonly #books: Books;
  readonly #around: Around;
  #run: Run | null = null;
  /** What the machine that gives has, as it began. */
  #given: Book | null = null;

  constructor(books: Books, around: Around) {
    this.#books = books;
    this.#around = around;
  }

  ask(asked: Asked): void {
    switch (asked.type) {
      case "device.give": {
        if (this.#run?.side === "give" && this.#run.runner.machine.view().phase !== "complete") return this.#run.runner.event({ type: "code.make" });
        const book = this.#around.book();
        if (book === null) return;
        this.#stop();
        this.#given = book;
        const runner = new Runner(book.give(this.#around.config()), this.#around, () => this.#show());
        this.#run = { side: "give", runner };
        runner.start();
        return runner.event({ type: "code.make" });
      }
      case "device.take":
        if (this.#run?.side === "take" && this.#run.runner.machine.view().phase !== "complete") return this.#run.runner.event({ type: "code.type", text: asked.code });
        this.#stop();
        return this.#take(asked.code);
      case "device.stop":
        this.#stop();
        return this.#show();
    }
  }

  /** Takes what the page says of a connection or of digits. False: nothing moves here, so it is another machine's. */
  fromPage(message: ToCore): boolean {
    if (this.#run === null) return false;
    const { side, runner } = this.#run;
    if ("session" in message || message.type === "network" || (side === "give" && message.type === "share.digits")) {
      runner.event(message as MachineEvent);
      return message.type !== "network";
    }
    return false;
  }

  /** The book may be another one now, or closed: what another tab removed, or another identity, must not go out. */
  changed(): void {
    if (this.#run?.side !== "give" || this.#around.book() === this.#given) return;
    this.#stop();
    this.#show();
  }

  arrived(): Book | null {
    try {
      return this.#run?.side === "take" ? this.#books.taken(this.#run.runner.machine) : null;
    } catch {
      return null; // not yet, or no more
    }
  }

  stored(kept: boolean): void {
    if (this.#run?.side === "take") this.#run.runner.event({ type: "took", kept });
  }

  #take(code: string): void {
    try {
      const runner = new Runner(this.#books.take(code, this.#around.config()), this.#around, () => this.#show());
      this.#run = { side: "take", runner };
      runner.start();
      runner.event({ type: "connect", hidden: false });
    } catch (error) {
      const view: DeviceView = { side: "take", phase: "failed", why: error instanceof Failed ? error.why : "E_INTERNAL", digits: "", wrongCode: false, tries: 0, name: "", contacts: 0 };
      this.#around.post({ type: "device.view", view });
    }
  }

  /** Says goodbye and leaves; a machine that is over has nothing to say. */
  #stop(): void {
    if (this.#run === null) return;
    const { side, runner } = this.#run;
    this.#run = null;
    runner.event(side === "give" ? { type: "share.stop" } : { type: "cancel" });
    runner.stop();
  }

  #show(): void {
    if (this.#run === null) return this.#around.post({ type: "device.view", view: null });
    if (this.#run.side === "give") return this.#around.post({ type: "device.view", view: { side: "give", ...this.#run.runner.machine.view() } });
    const view = this.#run.runner.machine.view();
    this.#around.post({ type: "device.view", view: { side: "take", ...view } });
  }
}
