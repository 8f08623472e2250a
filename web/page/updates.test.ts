import assert from "node:assert/strict";
import { test } from "node:test";
import type { Phase, ReceiveView, ShareView } from "../shared/views.ts";
import { holdsNothing, type State, step } from "./state.ts";

const empty: State = { page: "send", send: { stage: "empty", refusal: null } };
const sharing = step(empty, { type: "share.begun", title: "Day 3" });
const shared = (phase: Phase) => step(sharing, { type: "share.view", view: { phase, recipients: [] as ShareView["recipients"] } as ShareView, at: 0 });
const received = (phase: Phase) => step({ page: "receive", receive: { stage: "opening" } }, { type: "receive.view", view: { phase } as ReceiveView, at: 0 });

test("a newer version is offered only to a page that holds nothing", () => {
  const free: Record<string, State> = { empty, "stopped sharing": shared("cancelled"), "no link": { page: "receive", receive: { stage: "no-link" } }, trust: { page: "trust" }, broken: { page: "broken" } };
  for (const [what, state] of Object.entries(free)) assert.equal(holdsNothing(state), true, what);
  const holding: Record<string, State> = {
    "a share that is being made": sharing,
    "a share that waits": shared("waiting"),
    // The link is out of the address bar: loading anew would lose it.
    "a link not used yet": received("ready"),
    "a list": received("listed"),
    "a transfer": received("transferring"),
    "a pause": received("paused"),
    // A download can be saved once more, and unfinished files deleted, from here.
    "a transfer that is complete": received("complete"),
    "a transfer that failed": received("failed"),
    "a link open in another tab": { page: "receive", receive: { stage: "elsewhere" } },
  };
  for (const [what, state] of Object.entries(holding)) assert.equal(holdsNothing(state), false, what);
});
