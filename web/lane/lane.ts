// The lane worker: data channels, and the Go code that seals and opens what
// goes through them. Bytes go file → slot → record → channel and back without
// the page ever seeing them.

import { startCore } from "../shared/go.ts";
import type { LaneToPage, PageToLane } from "../shared/messages.ts";
import { InstanceEnded } from "../shared/resume.ts";
import { Hand } from "./hand.ts";
import { Lanes } from "./lanes.ts";

function dead(message: string): void {
  self.postMessage({ type: "dead", message } satisfies LaneToPage);
  self.close();
}

self.addEventListener("error", (e) => {
  if (e.error instanceof InstanceEnded) e.preventDefault(); // it is replaced
});

/** Between two words to the page about what the time went to, ms. */
const spentMs = 1000;

let lanes: Lanes | null = null;
const early: Extract<PageToLane, { type: "channel" }>[] = [];

self.onmessage = (e: MessageEvent<PageToLane>): void => {
  const m = e.data;
  if (m.type === "channel") {
    // It has to be listened to from its first task on, so it can't wait for Go.
    if (lanes === null) early.push(m);
    else lanes.channel(m.session, m.pc, m.channel);
    return;
  }
  lanes = new Lanes((exited) => startCore(m.module, exited), m.core, dead);
  for (const c of early.splice(0)) lanes.channel(c.session, c.pc, c.channel);
  const hand = new Hand(m.disk, () => lanes?.borrow() ?? null);
  void lanes.begin().then(() => hand.ready());
  let from = performance.now();
  setInterval(() => {
    const of = performance.now() - from; // a hidden tab's timers are late
    from += of;
    for (const [session, spent] of lanes?.spent() ?? []) self.postMessage({ type: "spent", session, of, ...spent } satisfies LaneToPage);
  }, spentMs);
};
