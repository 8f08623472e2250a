// Words about who gets in by a link, for how long, and what is said beside it.

import type { Format } from "../../format.ts";

/** How long a link may last. */
export type Span = "hour" | "day" | "week" | "month" | "date";

export const policy = (f: Format) => ({
  title: "Choices for the link",
  legend: "Who gets in",
  approval: "Only with six digits",
  approvalHint:
    "Whoever opens the link sees six digits and reads them to you, for example by phone. You type them here, and only then are they let in. So a link that fell into other hands opens nothing.",
  oneTime: "For one recipient only",
  oneTimeHint: "The first person who is let in keeps the link: only their browser can come back by it, and for everybody else it is dead. Nothing is taken by merely looking at the link.",
  taken: "This one-time link is somebody's now. They can come back and go on; nobody else gets in by it. To send this to another person, share it again.",
  usedUp: "This link has been used",
  /** Beside the link: what happens with those who come. */
  gets: { approval: "Nobody is let in before you have typed the six digits on their page.", first: "The first person to connect is let in. Everybody after that has to be let in by you.", one: "The first person who connects is let in, and nobody after that." },
  newLink: "This is a part of the link: change it, and there is another link. By the old one nobody new gets in; whom you let in already can go on.",
  linkChanged: "The link is another one now. Copy it again: by the one before, nobody new gets in.",
  terms: "How long, for how many, and a note",
  ends: "The link works for",
  spans: { hour: "1 hour", day: "1 day", week: "7 days", month: "30 days", date: "Until a date" } satisfies Record<Span, string> as Record<Span, string>,
  lastDay: "The last day",
  limit: "Recipients at most",
  limitHint: "Empty: any number. Who was let in once and comes back counts once.",
  letIn: (n: number, of: number) => `${n} of at most ${f.count(of, { one: "recipient", other: "recipients" })} let in so far.`,
  note: "Note",
  noteHint: "The recipient sees it with the list. The server never does.",
  noteFrom: "The sender writes:",
  digits: {
    label: "The six digits they read to you",
    let: "Let in with these digits",
    short: "These are not six digits. Ask for all six, and type them once more.",
    wrong: (left: number) => `Nobody who waits has these digits. Ask them to read theirs once more. After ${left === 1 ? "one more mistake" : `${left} more mistakes`} everybody who waits is refused.`,
    refused: "Three times nobody had the digits, so everybody who was waiting has been refused. Ask your recipient to press “Try again” and to read you the new digits.",
    shut: "Ten requests were refused or ran out within an hour, so nobody new can ask at the moment. Perhaps the link is in other hands: stop sharing and share again for a new one, or take requests again.",
    again: "Take requests again",
    asks: "Asks to be let in. Their page shows six digits: have them read to you, and type them above. If nobody you know is on the phone with you, refuse.",
    status: "Somebody asks to be let in. Have them read you the six digits on their page, and type them here.",
    yours: "Your six digits",
    readOut: "Read these digits out to the person who sent you the link, best by phone. They type them, and you are let in. Don't write them into the chat that the link came from.",
    statusHere: "Read the six digits out to the sender, who then lets you in.",
  },
});
