// Who gets in by the link of this page, for how long and how many: what the person
// chooses goes to the core as it is; what holds comes back with the view.

import { signal } from "@preact/signals";
import type { ToCore } from "../shared/messages.ts";
import type { Policy, ShareView, Terms } from "../shared/views.ts";
import type { Span } from "./words/en/policy.ts";

const hour = 3_600_000;
const spans: Record<Exclude<Span, "date">, number> = { hour, day: 24 * hour, week: 7 * 24 * hour, month: 30 * 24 * hour };

export class LinkPolicy {
  /** What the person chose on this page; null: nothing yet. */
  readonly span = signal<Span | null>(null);
  /** What was typed were no six digits. */
  readonly short = signal(false);
  readonly #toCore: (message: ToCore) => void;
  /** What was chosen last: a view that is a moment old must not undo it. */
  #policy: Policy | null = null;
  #terms: Terms | null = null;

  constructor(toCore: (message: ToCore) => void) {
    this.#toCore = toCore;
  }

  choose({ approval, oneTime }: Policy, change: Partial<Policy>): void {
    this.#policy = { ...(this.#policy ?? { approval, oneTime }), ...change };
    this.#toCore({ type: "share.policy", ...this.#policy });
  }

  terms({ expires, limit, note }: Terms, change: Partial<Terms>): void {
    this.#terms = { ...(this.#terms ?? { expires, limit, note }), ...change };
    this.#toCore({ type: "share.terms", ...this.#terms });
  }

  lasts(view: Terms, span: Span): void {
    this.span.value = span;
    if (span !== "date") this.terms(view, { expires: Date.now() + spans[span] });
  }

  /** What was typed, with or without spaces. True where it were six digits. */
  digits(typed: string): boolean {
    const digits = digitsOf(typed);
    this.short.value = digits === null;
    if (digits !== null) this.#toCore({ type: "share.digits", digits });
    return digits !== null;
  }

  takeRequests(): void {
    this.#toCore({ type: "share.requests" });
  }
}

/** Six digits as people type what they are read: in groups, with strokes. Null where they are no six. */
export function digitsOf(typed: string): number | null {
  const digits = typed.replaceAll(/[\s.,-]/g, "");
  return /^\d{6}$/.test(digits) ? Number(digits) : null;
}

/** The span that a link lasts, where nobody has said. */
export function spanOf({ expires }: Pick<ShareView, "expires">, now: number): Span {
  const left = expires - now;
  return (Object.keys(spans) as Exclude<Span, "date">[]).find((span) => left <= spans[span] && left > spans[span] - hour) ?? "date";
}

/** A day as a date field has it, by the viewer's own calendar. */
export function dayOf(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** The last moment of that day; null where it is no day. */
export function endOf(day: string): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (found === null) return null;
  return new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]), 23, 59, 59, 999).getTime();
}
