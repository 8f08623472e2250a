// What pages and the service worker say to each other. Neither ever says a link:
// what a page was opened with stays in the page. What is said of a download that
// is streamed stands here as far as the page says it; the rest is in stream.ts.

/** From a page to the service worker. Answers come through the port that is sent along. */
export type ToServiceWorker =
  | { type: "build" } // answered with the build the worker keeps, a string
  | { type: "activate" } // a person asked for the new version
  | { type: "sweep" } // a good moment to delete what no page uses any more
  | { type: "stream.probe" } // answered with true by one that can stream a download
  /** A download that is about to be asked for. Answered with true; its bytes come through the second port. */
  | { type: "stream.open"; id: string; name: string; bytes: number }
  | { type: "stream.ping"; id: string } // it goes on
  | { type: "stream.cut"; id: string }; // the page goes away

/** From the service worker to a page; answered with the build of the page, a string. */
export interface ToPage {
  type: "build";
}

/** On the root of a document that came from the service worker because the server did not answer. */
export const keptMark = "data-kept";

/** What can be asked for its build: a page by the service worker, and the other way round. */
export interface Asked {
  postMessage(message: { type: "build" }, transfer: Transferable[]): void;
}

/** Asks for a build; null where none is said within so many ms. */
export function buildOf(asked: Asked, withinMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const answered = (build: unknown): void => {
      port1.close();
      clearTimeout(timer);
      resolve(typeof build === "string" ? build : null);
    };
    const timer = setTimeout(() => answered(null), withinMs);
    port1.onmessage = (e: MessageEvent<unknown>) => answered(e.data);
    asked.postMessage({ type: "build" }, [port2]);
  });
}
