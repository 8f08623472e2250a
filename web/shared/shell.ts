// What pages and the service worker say to each other. Neither ever says a link:
// what a page was opened with stays in the page.

/** From a page to the service worker. Answers come through the port that is sent along. */
export type ToServiceWorker =
  | { type: "build" } // answered with the build the worker keeps, a string
  | { type: "activate" } // a person asked for the new version
  | { type: "sweep" }; // a good moment to delete what no page uses any more

/** From the service worker to a page; answered with the build of the page, a string. */
export interface ToPage {
  type: "build";
}

/** On the root of a document that came from the service worker because the server did not answer. */
export const keptMark = "data-kept";
