// Joins the page and the service worker: registers it once nothing else is
// under way, notices that a newer version waits, and that this page came from
// what is kept because the server did not answer.
//
// Nothing here ever loads the page anew by itself. A newer version is offered,
// by app.ts only where nothing would be lost, and put in place by a click.

import { signal } from "@preact/signals";
import { buildOf, keptMark, type ToPage, type ToServiceWorker } from "../shared/shell.ts";
import { serviceWorkerUrl, trusted } from "./trusted.ts";

/** Between two looks for a newer version, ms; and at least, however often the tab is looked at. */
const lookEvery = 3_600_000;
const lookAtMost = 600_000;
/** How long the service worker may take to answer, or to take over, ms. */
const answerWithinMs = 5000;
/** Between two tries to reach a server that did not answer, ms. */
const tryEvery = 10_000;
/** After the page is there: old shells are nobody's hurry. */
const sweepAfter = 10_000;

export class Updates {
  /** A newer version than this page is kept and waits. */
  readonly newer = signal(false);
  /** This page was kept by the browser, and its server has not answered since. */
  readonly serverless = signal(false);

  readonly #build: string;
  readonly #mayLoad: () => boolean;
  #registration: ServiceWorkerRegistration | null = null;
  #lookedAt = 0;

  /** `build`: of this page. `mayLoad`: no transfer would be slowed down by a download. */
  constructor(build: string, mayLoad: () => boolean) {
    this.#build = build;
    this.#mayLoad = mayLoad;
  }

  /** Registers when the page has loaded and has nothing else to do. Does nothing where there is no service worker: over plain HTTP, and in private windows of some browsers. */
  start(): void {
    if (document.documentElement.hasAttribute(keptMark)) void this.#waitForServer();
    if (navigator.serviceWorker === undefined) return;
    navigator.serviceWorker.addEventListener("message", (e: MessageEvent<ToPage>) => {
      if (e.data.type === "build") e.ports[0]?.postMessage(this.#build);
    });
    navigator.serviceWorker.startMessages();
    const begin = (): void => whenIdle(() => void this.#register());
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin, { once: true });
  }

  /** Puts the newer version in place and loads this page anew. */
  update(): void {
    const reload = (): void => location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
    setTimeout(reload, answerWithinMs);
    const waiting = this.#registration?.waiting;
    if (waiting) say(waiting, { type: "activate" });
    else reload();
  }

  async #register(): Promise<void> {
    try {
      this.#registration = await navigator.serviceWorker.register(trusted(serviceWorkerUrl), { updateViaCache: "none" });
    } catch {
      return; // switched off, no room, or the shell is not what it should be: the page works without
    }
    const registration = this.#registration;
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => void this.#compare(registration.waiting));
    });
    // Another tab may have put the newer version in place: this one is still the older.
    navigator.serviceWorker.addEventListener("controllerchange", () => void this.#compare(navigator.serviceWorker.controller));
    await this.#compare(registration.waiting);

    this.#lookedAt = performance.now(); // registering looked
    setInterval(() => this.#look(), lookEvery);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#look();
    });
    setTimeout(() => {
      if (registration.active !== null) say(registration.active, { type: "sweep" });
    }, sweepAfter);
  }

  #look(): void {
    if (performance.now() - this.#lookedAt < lookAtMost || !this.#mayLoad()) return;
    this.#lookedAt = performance.now();
    this.#registration?.update().catch(() => undefined); // offline
  }

  /** Pages come from the server first, so this one may be as new as the worker that waits. */
  async #compare(worker: ServiceWorker | null): Promise<void> {
    if (worker === null) return;
    const build = await buildOf(worker, answerWithinMs);
    if (build !== null) this.newer.value = build !== this.#build;
  }

  async #waitForServer(): Promise<void> {
    this.serverless.value = true;
    for (;;) {
      const answered = await fetch("/healthz", { cache: "no-store" }).then((r) => r.ok, () => false);
      if (answered) break;
      await new Promise((resolve) => setTimeout(resolve, tryEvery));
    }
    this.serverless.value = false;
  }
}

function say(worker: ServiceWorker, message: ToServiceWorker): void {
  worker.postMessage(message);
}

function whenIdle(then: () => void): void {
  // Safari has no idle callback: a second after loading is as good.
  if (window.requestIdleCallback === undefined) setTimeout(then, 1000);
  else window.requestIdleCallback(then, { timeout: 5000 });
}

/** The build that the document names (build.mjs). */
export function thisBuild(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=build]")?.content ?? "";
}
