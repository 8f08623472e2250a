// Words about the page itself: a newer version, and a server that does not answer.

import type { Sentence } from "../types.ts";

export const version = {
  newer: "A newer version of this page is ready. Nothing is under way here, so nothing gets lost.",
  update: "Update",
  serverless: {
    title: "The server can't be reached.",
    next: "This page was kept by your browser. Check that this computer is online; as soon as the server answers, everything works again by itself.",
  } satisfies Sentence as Sentence,
};
