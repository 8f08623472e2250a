// The service worker: events in, answers out. It holds the shell (shell.ts), and
// passes downloads on (stream.ts) without keeping them. A new version of it waits until no page of the old one
// is open, or until a person asks for it: it never skips the wait by itself.

import type { ToServiceWorker } from "../shared/shell.ts";
import { type Build, Shell } from "./shell.ts";
import { Streams } from "./stream.ts";
import { sweep } from "./sweep.ts";

declare const self: ServiceWorkerGlobalScope;
/** This build, written in by build.mjs. */
declare const __BUILD__: Build;

const shell = new Shell(__BUILD__, { origin: self.location.origin, caches: self.caches, fetch: (request, init) => self.fetch(request, init) });

const streams = new Streams();

self.addEventListener("install", (event) => event.waitUntil(shell.install()));

// The page that brought this worker is served by it from now on as well.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const answer = streams.answer(event.request) ?? shell.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});

self.addEventListener("message", (event) => {
  const message: ToServiceWorker = event.data;
  switch (message.type) {
    case "build":
      return event.ports[0]?.postMessage(__BUILD__.name);
    case "activate":
      return void self.skipWaiting();
    case "stream.probe":
      return event.ports[0]?.postMessage(true);
    case "stream.open": {
      const [answer, port] = event.ports;
      if (port !== undefined) streams.open(message.id, message.name, message.bytes, port);
      return answer?.postMessage(port !== undefined);
    }
    case "stream.ping":
      // A browser waits longer for what is not finished.
      return event.waitUntil(streams.ping(message.id));
    case "stream.cut":
      return streams.cut(message.id);
    case "sweep": {
      // One that is being installed fills a cache that no page uses yet.
      if (self.registration.installing !== null || self.registration.waiting !== null) return;
      const pages = self.clients.matchAll({ type: "window", includeUncontrolled: true });
      return event.waitUntil(pages.then((all) => sweep(self.caches, shell.cacheName, all)));
    }
  }
});
