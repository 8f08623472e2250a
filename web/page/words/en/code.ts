// Words of spoken codes, on both pages. The words of a code itself are English
// everywhere: both sides must have the same ones.

import type { CodeState } from "../../../shared/views.ts";
import type { Format } from "../../format.ts";

export const code = (f: Format) => ({
  // The sender.
  label: "Spoken code",
  offer: "Say a code instead",
  offerHint: "For somebody on the phone: a number and three words. It works for ten minutes and lets one person in.",
  another: "New code",
  stop: "Stop the code",
  say: (host: string) => `Say it word by word. They open ${host} and type it under “Receive with a code”.`,
  left: (minutes: number, tries: number) => `It works for ${f.count(minutes, { one: "more minute", other: "more minutes" })}, once. ${f.count(tries, { one: "wrong try is", other: "wrong tries are" })} left.`,
  /** What became of it. */
  became: {
    none: "",
    coming: "Asking the server for a number.",
    live: "",
    used: "Somebody came in with the code: see Recipients. A code works once.",
    wrong: "The words were wrong three times, so this code works no more. Nobody got anything. Make a new code and say it slowly, word by word.",
    tried: "Somebody keeps trying this number, so this code works no more. Nobody got anything. Make a new code, or send the link.",
    expired: "The ten minutes are over, so this code works no more. Make a new one.",
    lost: "The server was away for a moment, or gave no number. A code that you have said already works no more. Make a new one.",
  } satisfies Record<CodeState, string> as Record<CodeState, string>,
  /** Of a recipient who came by a code and lost the connection. */
  needsAnother: "The connection broke, and a code works once. Make a new code and say it to them: what they have is kept, and it goes on from there.",
  // The recipient.
  title: "Receive with a code",
  field: "Code from the sender",
  fieldHint: "The number and the three English words that the sender says, for example 48213-orbit-ozone-melody. Words are completed while you type; spaces are as good as hyphens.",
  connect: "Connect",
  connectNote: "Connecting shows the sender your internet address, as any direct connection does.",
  suggestions: "Words of codes",
  fixed: (typed: string, word: string) => `“${typed}” was read as “${word}”.`,
  reads: (code: string) => `This reads: ${code.replaceAll("-", " ")}.`,
  notYet: "That is not a whole code yet: a number of five or six digits and three English words from the list.",
  looking: "Looking for the sender.",
  busy: "Somebody else is trying this number at the moment. It is tried again by itself. If that lasts, ask the sender for a new code.",
  noAnswer: "The sender's page does not answer. Ask them whether it is still open and shows this code.",
  wrong: (tries: number) => `The words are not the sender's. Compare them with what the sender sees and type the code again. ${f.count(tries, { one: "try is", other: "tries are" })} left.`,
  once: "Type the code once more",
  next: "Type another code",
});
