// Moving the identity to another device, or from one, as the page knows it: what the
// core shows, and what the person presses.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { ToCore } from "../shared/messages.ts";
import type { DeviceView } from "../shared/views.ts";
import { digitsOf } from "./policy.ts";

export class Device {
  readonly #view = signal<DeviceView | null>(null);
  /** null: nothing moves. */
  readonly view: ReadonlySignal<DeviceView | null> = this.#view;
  /** What was typed were no six digits. */
  readonly short = signal(false);
  /** The code that was typed last: where its words were wrong one of them may be right. */
  tried = "";
  readonly #toCore: (message: ToCore) => void;

  constructor(toCore: (message: ToCore) => void) {
    this.#toCore = toCore;
  }

  give(): void {
    this.short.value = false;
    this.#toCore({ type: "device.give" });
  }

  take(code: string): void {
    this.tried = code;
    this.#toCore({ type: "device.take", code });
  }

  /** What was typed, with or without spaces. True where it were six digits. */
  digits(typed: string): boolean {
    const digits = digitsOf(typed);
    this.short.value = digits === null;
    if (digits !== null) this.#toCore({ type: "share.digits", digits });
    return digits !== null;
  }

  stop(): void {
    this.#toCore({ type: "device.stop" });
  }

  from(view: DeviceView | null): void {
    this.#view.value = view;
  }
}
