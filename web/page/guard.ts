// Keeps the page alive while bytes move, and asks before somebody closes what
// would be lost. Nothing here decides: it follows two questions about the state.

/** How long the screen stays on while nothing moves because the other side is away, ms: they may be away all night. */
const screenMs = 300_000;

/** Holds a Web Lock while `on`: a tab that holds one is not frozen (platform.md 4). */
export class Awake {
  #release: (() => void) | null = null;
  #sentinel: WakeLockSentinel | null = null;
  #asks = false; // beforeunload is armed
  #dimming: ReturnType<typeof setTimeout> | null = null;
  #dark = false; // the screen was let go

  constructor() {
    // The system takes the screen lock away when the tab is hidden.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#release !== null && !this.#dark) void this.#keepScreen();
    });
  }

  /** `busy`: bytes move. `losing`: leaving would lose something. `away`: nothing moves until somebody is back. */
  follow(busy: boolean, losing: boolean, away: boolean): void {
    if (losing !== this.#asks) {
      this.#asks = losing;
      // A handler that stays registered would keep the page out of the back-forward cache.
      if (losing) window.addEventListener("beforeunload", ask);
      else window.removeEventListener("beforeunload", ask);
    }
    if (busy && this.#release === null) {
      const done = new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      void navigator.locks?.request(`beeline-busy-${crypto.randomUUID()}`, () => done);
      void this.#keepScreen();
    } else if (!busy && this.#release !== null) {
      this.#release();
      this.#release = null;
      void this.#sentinel?.release();
      this.#sentinel = null;
    }
    this.#dim(busy && away);
  }

  /** Lets the screen go when somebody is away for long; the tab stays awake. */
  #dim(away: boolean): void {
    if (away && this.#dimming === null) {
      this.#dimming = setTimeout(() => {
        this.#dark = true;
        void this.#sentinel?.release();
        this.#sentinel = null;
      }, screenMs);
    } else if (!away && this.#dimming !== null) {
      clearTimeout(this.#dimming);
      this.#dimming = null;
      if (this.#dark && this.#release !== null) void this.#keepScreen();
      this.#dark = false;
    }
  }

  async #keepScreen(): Promise<void> {
    try {
      this.#sentinel = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      this.#sentinel = null; // low battery, or the tab is hidden: a transfer goes on all the same
    }
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/**
 * Takes the right to use a link in this browser, for as long as the page lives.
 * False where another tab has it: two would write into the same part folder.
 */
export async function claimLink(link: string): Promise<boolean> {
  if (navigator.locks === undefined) return true;
  // The lock's name is a digest, so that nothing that lists locks shows a link.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(link)));
  const name = `beeline-link-${[...digest.subarray(0, 8)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<never>(() => undefined);
    });
  });
}
