// Words about notifications of the system, and those that stand in them: never a
// name of a file or of a person.

import type { Notice } from "../../notices.ts";

export const notices = {
  said: {
    shared: "A contact shares something new with you.",
    asks: "Somebody waits for you to let them in.",
    delivered: "A delivery is finished.",
  } satisfies Record<Notice, string> as Record<Notice, string>,
  ask: {
    inbox: "Tell me when a contact shares something new",
    sharing: "Tell me when somebody waits or has received everything",
  },
  why: "Your browser shows a notification while a page of Beeline is open in the background. It names neither files nor people.",
  on: {
    inbox: "While “Shared with you” is open in the background, your browser tells you when a contact shares something new.",
    sharing: "While this page is open in the background, your browser tells you when somebody waits to be let in, or has received everything.",
  },
  stop: "Stop telling me",
  refused: "Your browser does not allow notifications for this page. You can change that in its settings for this site; in a private window it may not be possible.",
};
