// The connection to the hub. It comes back by itself: 0.5 to 10 s apart, with
// jitter, so that a server that restarts is not met by everybody at once.
// signaling/PROTOCOL.md. What is said through it is made in Go.

const firstRetryMs = 500;
const lastRetryMs = 10_000;
/** A connection that lived this long starts the waiting anew. */
const stableMs = 10_000;

interface Hooks {
  up(): void;
  down(): void;
  message(data: ArrayBuffer): void;
}

export class Signal {
  readonly #url: string;
  readonly #hooks: Hooks;
  #socket: WebSocket | null = null;
  #open = false;
  #retryMs = firstRetryMs;
  #wanted = false;
  #timer = 0;

  constructor(url: string, hooks: Hooks) {
    this.#url = url;
    this.#hooks = hooks;
  }

  /** Connects and stays connected. Does nothing the second time. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    self.addEventListener("online", () => {
      if (this.#socket !== null) return;
      clearTimeout(this.#timer);
      this.#connect();
    });
    this.#connect();
  }

  stop(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  /** Sends one message; without a connection it is dropped. */
  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#socket?.send(data);
  }

  #connect(): void {
    const began = Date.now();
    const socket = new WebSocket(this.#url, "beeline.v1");
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#open = true;
      this.#hooks.up();
    };
    socket.onmessage = (e: MessageEvent<unknown>) => {
      if (e.data instanceof ArrayBuffer) this.#hooks.message(e.data);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (this.#open) this.#retryMs = Date.now() - began > stableMs ? firstRetryMs : this.#retryMs;
      this.#open = false;
      this.#hooks.down();
      if (!this.#wanted) return;
      const wait = this.#retryMs * (0.5 + Math.random() / 2);
      this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
      this.#timer = setTimeout(() => this.#connect(), wait);
    };
  }
}
