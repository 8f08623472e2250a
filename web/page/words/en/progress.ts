// Words of a transfer under way: both sides say the same.

import type { Format } from "../../format.ts";
import type { Slow } from "../../slow.ts";

export const progress = (f: Format) => ({
  label: "Written",
  marks: { written: "written", safe: "safe on disk", verified: "verified", checked: "checked on the way" },
  of: (part: number, whole: number) => `${f.size(part)} of ${f.size(whole)}`,
  mark: (name: string, amount: string) => `${amount} ${name}`,
  value: (percent: number, part: number, whole: number) => `${percent} %, ${f.size(part)} of ${f.size(whole)}`,
  pace: (bytesPerSecond: number | null, secondsLeft: number | null) =>
    bytesPerSecond === null ? "" : secondsLeft === null ? f.speed(bytesPerSecond) : `${f.speed(bytesPerSecond)}, about ${f.span(secondsLeft)} left`,
  took: (bytes: number, seconds: number) =>
    seconds < 0.5 ? `${f.size(bytes)} in less than a second` : `${f.size(bytes)} in ${f.span(seconds)}, ${f.speed(bytes / seconds)}`,
  verified: (good: number, bad: number) => {
    const files = f.count(good, { one: "file", other: "files" });
    return bad === 0 ? `${files} verified against the sender's checksums` : `${files} verified, ${f.number(bad)} failed`;
  },
  /** Into a download nobody can look back. */
  checked: (good: number) => `${f.count(good, { one: "file", other: "files" })} checked against the sender's checksums on the way into a download`,
  rate: (now: number, least: number, most: number) => `Rate over time: now ${f.speed(now)}, between ${f.speed(least)} and ${f.speed(most)}`,
  rateTop: (most: number) => `Rate over time, at most ${f.speed(most)}`,
  connections: (n: number) => `${f.number(n)} connections at once`,
  path: (from: string, to: string, route: string) => `${from} to ${to} ${route}`,
  parts: (there: number, of: number) => `${there} of ${of} parts of this file are there`,
  /** What holds a transfer back, and what would help where something does. */
  slow: {
    sender: {
      disk: "Slow because this computer's disk, or what the files are on, is read no faster.",
      processor: "Slow because this computer is busy. Close what you don't need.",
      other: "Slow because the recipient's disk or computer takes no more.",
      relay: "Slow because it goes through a relay. It would be faster directly, for example within one network.",
      loss: "Slow because the network on the way loses data, often a weak Wi-Fi. A cable may help.",
      distance: "Slow because the way is long: browsers fill a long way only in part.",
    },
    recipient: {
      disk: "Slow because this computer's disk, or where the files are saved, is written no faster.",
      processor: "Slow because this computer is busy. Close what you don't need.",
      other: "Slow because the sender's disk or computer gives no more.",
      relay: "Slow because it goes through a relay. It would be faster directly, for example within one network.",
      loss: "Slow because the network on the way loses data, often a weak Wi-Fi. A cable may help.",
      distance: "Slow because the way is long: browsers fill a long way only in part.",
    },
  } satisfies Record<"sender" | "recipient", Record<Slow, string>> as Record<"sender" | "recipient", Record<Slow, string>>,
  ends: { you: "You", sender: "Sender", recipient: "Recipient", relay: "Relay" },
});
