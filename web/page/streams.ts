// Downloads that the browser writes while they arrive, for browsers that have no
// folder to pick and no room to keep a transfer first. The page joins the disk
// worker and the service worker by a port that it never reads, has a hidden frame
// ask for the download, and keeps the service worker awake.

import type { ToServiceWorker } from "../shared/shell.ts";
import { streamFolder } from "../shared/stream.ts";

/** How long a service worker may take to be there, or to answer, ms. It installs when the page has loaded. */
const readyWithin = 5000;
const answerWithin = 3000;

export class Streams {
  #now: { worker: ServiceWorker; id: string; frame: HTMLIFrameElement } | null = null;

  constructor() {
    // The service worker then ends the download at once; else it notices by the silence.
    addEventListener("pagehide", () => this.#say("stream.cut"));
  }

  /** Whether there is a service worker that can: none in private windows of Firefox, nor where a page of an older version is still open. */
  async possible(): Promise<boolean> {
    return (await this.#worker()) !== null;
  }

  /** Has the browser begin a download; the port leads to what asks for its bytes. */
  async open(name: string, bytes: number): Promise<MessagePort | null> {
    this.#now?.frame.remove();
    this.#now = null;
    const worker = await this.#worker();
    if (worker === null) return null;
    const id = crypto.randomUUID();
    const { port1, port2 } = new MessageChannel();
    if (!(await ask(worker, { type: "stream.open", id, name, bytes }, [port2]))) return null;
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.src = streamFolder + id;
    document.body.append(frame);
    this.#now = { worker, id, frame };
    return port1;
  }

  ping(): void {
    this.#say("stream.ping");
  }

  #say(type: "stream.ping" | "stream.cut"): void {
    if (this.#now === null) return;
    const { worker, id } = this.#now;
    worker.postMessage({ type, id } satisfies ToServiceWorker);
  }

  async #worker(): Promise<ServiceWorker | null> {
    if (navigator.serviceWorker === undefined) return null;
    const ready = await within(navigator.serviceWorker.ready, readyWithin);
    const worker = ready?.active ?? null;
    return worker !== null && (await ask(worker, { type: "stream.probe" })) ? worker : null;
  }
}

/** Asks through a port of its own. False where nobody answers: an older version does not know the question. */
function ask(worker: ServiceWorker, message: ToServiceWorker, more: MessagePort[] = []): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<boolean>((resolve) => {
    port1.onmessage = (e: MessageEvent<unknown>) => resolve(e.data === true);
  });
  worker.postMessage(message, [port2, ...more]);
  return within(answer, answerWithin).then((yes) => {
    port1.close();
    return yes === true;
  });
}

/** What comes of it in so many ms, else null. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  const first = await Promise.race([promise, late]).catch(() => null);
  clearTimeout(timer);
  return first;
}
