// Notifications of the system, for who has the tab in the background: a contact shares
// something new, somebody waits to be let in, a delivery is finished. They name
// neither files nor people: systems keep them in a log, and show them on a locked
// screen. Asked for by a button, and not before something has worked once.
//
//	first success ──▶ the button ── click ──▶ the browser asks ──▶ on
//	what is shown, before and now ──▶ what is new ── hidden tab ──▶ notification

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { RecipientView } from "../shared/views.ts";
import { newsOf, type Sender } from "./inbox.ts";

/** What something is told of. */
export type Notice = "shared" | "asks" | "delivered";

/** no: nothing is said of it. ask: the button. refused: it was pressed, and the browser said no. */
export type Telling = "no" | "ask" | "on" | "refused";

/** "may" once something has worked, "yes" while the person wants to be told. */
const kept = "beeline-notices";

export interface Around {
  /** Null: the browser has none. */
  permission(): NotificationPermission | null;
  request(): Promise<NotificationPermission>;
  hidden(): boolean;
  /** Throws where a page may not, as on Android. */
  show(notice: Notice): void;
  get(): string | null;
  set(value: string): void;
}

export class Notices {
  readonly #around: Around;
  readonly #chosen;
  readonly #permission;
  /** The button was pressed on this page. */
  readonly #pressed = signal(false);
  readonly state: ReadonlySignal<Telling>;
  /** How much of each share was told, or was there when the page first heard of it; null: nothing was heard yet. */
  #told: ReadonlyMap<string, number> | null = null;
  #recipients: ReadonlyMap<number, RecipientView> = new Map();

  constructor(around: Around) {
    this.#around = around;
    this.#chosen = signal(around.get());
    this.#permission = signal(around.permission());
    this.state = computed(() => {
      const [chosen, permission] = [this.#chosen.value, this.#permission.value];
      if (permission === null || (chosen !== "may" && chosen !== "yes")) return "no";
      if (permission === "denied") return this.#pressed.value ? "refused" : "no";
      return chosen === "yes" && permission === "granted" ? "on" : "ask";
    });
  }

  /** Something has worked: the button may be shown from now on. */
  worked(): void {
    if (this.#chosen.value === null) this.#choose("may");
  }

  /** Must run in the click. */
  async ask(): Promise<void> {
    this.#permission.value = await this.#around.request().catch(() => "denied" as const);
    this.#pressed.value = true;
    if (this.#permission.value === "granted") this.#choose("yes");
  }

  stop(): void {
    this.#choose("may");
  }

  /** What contacts share, each time that changes. What is there when the page comes is no news. */
  inbox(senders: readonly Sender[], heard: boolean): void {
    if (!heard) return;
    const before = this.#told;
    const now = new Map(before);
    let news = false;
    for (const { id, offers } of senders) {
      for (const offer of offers) {
        const key = `${id} ${offer.id}`;
        const known = before?.get(key) ?? -1;
        if (offer.entries <= known) continue;
        now.set(key, offer.entries);
        news ||= before !== null && newsOf(offer) !== 0;
      }
    }
    this.#told = now;
    if (news) this.#tell("shared");
  }

  /** Who receives what the person shares, likewise. */
  recipients(rows: readonly RecipientView[]): void {
    const before = this.#recipients;
    this.#recipients = new Map(rows.map((row) => [row.session, row]));
    if (rows.some((row) => row.phase === "complete")) this.worked();
    if (rows.some((row) => row.asks && before.get(row.session)?.asks !== true)) this.#tell("asks");
    if (rows.some((row) => row.phase === "complete" && before.get(row.session)?.phase !== "complete")) this.#tell("delivered");
  }

  #tell(notice: Notice): void {
    if (this.state.value !== "on" || !this.#around.hidden()) return;
    try {
      this.#around.show(notice);
    } catch {
      this.#permission.value = null;
    }
  }

  #choose(value: "may" | "yes"): void {
    this.#chosen.value = value;
    this.#around.set(value);
  }
}

/** The browser's own. `words` says what stands in a notification: nothing that is not in the table. */
export function ofBrowser(words: (notice: Notice) => string): Around {
  return {
    permission: () => (globalThis.Notification === undefined ? null : Notification.permission),
    request: () => Notification.requestPermission(),
    hidden: () => document.visibilityState === "hidden",
    show: (notice) => {
      // One of a kind: two tabs, or five shares, are one piece of news.
      const shown = new Notification("Beeline", { body: words(notice), tag: `beeline-${notice}` });
      shown.onclick = () => {
        window.focus();
        shown.close();
      };
    },
    get: () => {
      try {
        return localStorage.getItem(kept);
      } catch {
        return null; // storage is switched off
      }
    },
    set: (value) => {
      try {
        localStorage.setItem(kept, value);
      } catch {
        // then it holds for this page
      }
    },
  };
}
