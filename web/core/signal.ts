// The connection to the hub. It comes back by itself: 0.5 to 10 s apart, with
// jitter, so that a server that restarts is not met by everybody at once.
// signaling/PROTOCOL.md 4. What is said through it is made in Go.
//
//	connect ── up ── message, message … ── down ── wait ── connect …
//	    └─ never opened ── down ── ask which protocol the hub speaks ── down, if another

export const subprotocol = "beeline.v1";

const firstRetryMs = 500;
const lastRetryMs = 10_000;
/** A connection that lived this long starts the waiting anew. */
const stableMs = 10_000;
/** From an attempt to an open connection, ms: what is lost on the way is otherwise tried again further and further apart. */
const openWithinMs = 10_000;
/** Between attempts once the hub is known not to speak our protocol: only an older server in its place would. */
const outdatedRetryMs = 60_000;

interface Hooks {
  up(): void;
  /** There is no connection; another is tried. outdated: the hub is there, and doesn't speak the protocol of this page. */
  down(outdated: boolean): void;
  message(data: ArrayBuffer): void;
}

export class Signal {
  readonly #url: string;
  readonly #hooks: Hooks;
  #socket: WebSocket | null = null;
  #openedAt: number | null = null; // ms; null: not open
  #retryMs = firstRetryMs;
  #outdated = false;
  #started = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, hooks: Hooks) {
    this.#url = url;
    this.#hooks = hooks;
  }

  /** Connects and stays connected. Does nothing the second time. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    self.addEventListener("online", () => {
      if (this.#socket === null && !this.#stopped) this.#connect();
    });
    this.#connect();
  }

  /** Leaves for good: nothing is tried or heard any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#leave();
  }

  /** Gives up a connection whose other end is gone without a word, and makes another at once. */
  reset(): void {
    if (this.#openedAt === null) return; // another is being made already
    this.#leave();
    this.#hooks.down(this.#outdated);
    this.#connect();
  }

  /** Sends one message; without a connection it is dropped: after the next `up` the machine starts anew. */
  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.#openedAt !== null) this.#socket?.send(data);
  }

  /** Hears nothing more of a socket: its closing alone may take a minute. */
  #leave(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#openedAt = null;
    if (socket === null) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, subprotocol);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const closed = (): void => {
      const opened = this.#openedAt;
      this.#leave();
      if (opened !== null && Date.now() - opened >= stableMs) this.#retryMs = firstRetryMs;
      this.#hooks.down(this.#outdated);
      const wait = this.#outdated ? outdatedRetryMs : this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
      if (opened === null) void this.#ask();
    };
    this.#timer = setTimeout(closed, openWithinMs);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#openedAt = Date.now();
      this.#outdated = false;
      this.#hooks.up();
    };
    socket.onmessage = (e: MessageEvent<unknown>) => {
      if (e.data instanceof ArrayBuffer) this.#hooks.message(e.data);
    };
    socket.onclose = closed;
  }

  /**
   * Why a handshake is refused a browser doesn't say, so a plain request asks
   * which protocols the hub speaks. signaling/PROTOCOL.md 6.
   */
  async #ask(): Promise<void> {
    const response = await fetch(this.#url.replace(/^ws/, "http"), { cache: "no-store" }).catch(() => null);
    await response?.arrayBuffer().catch(() => null); // else Chromium calls the request broken off
    const spoken = response?.status === 426 ? response.headers.get("sec-websocket-protocol") : null;
    // No answer, or that of something else than a hub, says nothing.
    if (spoken === null || this.#openedAt !== null || this.#stopped) return;
    const outdated = !spoken.split(",").some((name) => name.trim() === subprotocol);
    if (outdated === this.#outdated) return;
    this.#outdated = outdated;
    this.#hooks.down(outdated);
  }
}
