import assert from "node:assert/strict";
import { test } from "node:test";
import type { Phase, ReceiveView, RecipientView, ShareView } from "../shared/views.ts";
import { formatOf } from "./format.ts";
import { en } from "./words/en/en.ts";
import { tabTitle } from "./tab.ts";
import { choseSome, isAway, isBusy, type State, shareStage, step, wouldLose } from "./state.ts";

const recipient = (over: Partial<RecipientView> = {}): RecipientView => ({
  session: 1, phase: "transferring", asks: false, why: null, since: 0, files: 1, bytes: 100, written: 0, safe: 0, verified: 0,
  filesVerified: 0, filesFailed: 0, route: "lan", lanes: 1, paths: "any", idle: false, pausedHere: false, byCode: false, contact: null, device: 0, proved: null, ...over,
});
const share = (over: Partial<ShareView> = {}): ShareView => ({
  phase: "waiting", why: null, link: "x".repeat(48), expires: 0, listed: true, files: 1, entries: 1, bytes: 100, changed: 0, failed: [], paths: "any", relay: true, members: [], proves: false, code: { state: "none", text: "", until: 0, lives: 0 }, approval: false, oneTime: false, taken: false, limit: 0, letIn: 0, note: "", mistyped: 0, shut: false, recipients: [], ...over,
});
const received = (over: Partial<ReceiveView> = {}): ReceiveView => ({
  sender: null, phase: "ready", why: null, since: 0, title: "Day 3", listed: false, entries: 0, files: 0, bytes: 0, written: 0, safe: 0, verified: 0,
  filesArrived: 0, filesVerified: 0, filesFailed: 0, asking: false, digits: "", note: "", route: "unknown", lanes: 1, paths: "any", needed: 0, unwritten: 0, window: 0, flagged: 0,
  pausedHere: false, current: 0, changed: 0, failed: [], byCode: false, wrongCode: false, tries: 0, ...over,
});

const empty: State = { page: "send", send: { stage: "empty", refusal: null } };
const sharing = step(empty, { type: "share.begun", title: "Day 3" });
const opening: State = { page: "receive", receive: { stage: "opening" } };
const open = (phase: Phase) => step(opening, { type: "receive.view", view: received({ phase }), at: 0 });

test("a second drop does not replace the first share", () => {
  const again = step(sharing, { type: "share.begun", title: "Day 4" });
  assert.equal(again.page === "send" && again.send.stage === "sharing" && again.send.title, "Day 3");
});

test("a view of a share that was never begun is ignored", () => {
  assert.equal(step(empty, { type: "share.view", view: share(), at: 0 }), empty);
});

test("more entries than a browser can share ends in the empty page with the reason", () => {
  const state = step(sharing, { type: "share.emptied" });
  assert.deepEqual(state, { page: "send", send: { stage: "empty", refusal: "too-many" } });
});

test("recipients keep their numbers in the order they came", () => {
  let state = step(sharing, { type: "share.view", view: share({ recipients: [recipient({ session: 7 })] }), at: 0 });
  state = step(state, { type: "share.view", view: share({ recipients: [recipient({ session: 3 }), recipient({ session: 7 })] }), at: 1 });
  assert.deepEqual(state.page === "send" && state.send.stage === "sharing" && state.send.seen, [7, 3]);
});

test("a press is answered by another stage, not by the same one again", () => {
  const pressed = step(open("ready"), { type: "pressed", what: "connect" });
  const same = step(pressed, { type: "receive.view", view: received({ phase: "ready" }), at: 1 });
  assert.equal(same.page === "receive" && same.receive.stage === "open" && same.receive.pressed, "connect");
  const answered = step(same, { type: "receive.view", view: received({ phase: "connecting" }), at: 2 });
  assert.equal(answered.page === "receive" && answered.receive.stage === "open" && answered.receive.pressed, "nothing");
});

test("a destination that was refused lets Receive be pressed again, also the second time", () => {
  let state = open("listed");
  for (let i = 0; i < 2; i++) {
    state = step(state, { type: "pressed", what: "receive" });
    state = step(state, { type: "receive.view", view: received({ phase: "listed", why: "E_SPACE" }), at: i });
    assert.equal(state.page === "receive" && state.receive.stage === "open" && state.receive.pressed, "nothing");
  }
});

test("closing the picker lets Receive be pressed again", () => {
  const pressed = step(open("listed"), { type: "pressed", what: "receive" });
  const closed = step(pressed, { type: "folder.closed" });
  assert.equal(closed.page === "receive" && closed.receive.stage === "open" && closed.receive.pressed, "nothing");
});

test("a worker that dies after the end does not hide what was received", () => {
  const complete = open("complete");
  assert.equal(step(complete, { type: "broken" }), complete);
  assert.deepEqual(step(open("transferring"), { type: "broken" }), { page: "broken" });
});

test("a browser that lacks something stays told so", () => {
  const unfit: State = { page: "unfit", missing: "secure" };
  assert.equal(step(unfit, { type: "broken" }), unfit);
});

test("leaving is held up only while something would be lost", () => {
  const cases: [Phase, boolean][] = [
    ["ready", false], ["waiting", false], ["connecting", false], ["listed", false], ["transferring", true], ["paused", true],
    ["reconnecting", true], ["verifying", true], ["complete", false], ["failed", false], ["cancelled", false],
  ];
  for (const [phase, want] of cases) assert.equal(wouldLose(open(phase)), want, `receiving, ${phase}`);
  assert.equal(wouldLose(empty), false, "nothing shared");
  assert.equal(wouldLose(sharing), true, "shared, link given out");
  const stopped = step(sharing, { type: "share.view", view: share({ phase: "cancelled" }), at: 0 });
  assert.equal(wouldLose(stopped), false, "sharing stopped");
  const having = (...phases: Phase[]) => step(sharing, { type: "share.view", view: share({ recipients: phases.map((phase, session) => recipient({ session, phase })) }), at: 0 });
  assert.equal(wouldLose(having()), true, "shared, nobody came yet");
  assert.equal(wouldLose(having("complete", "transferring")), true, "one of two still receives");
  assert.equal(wouldLose(having("complete", "complete")), false, "all who came have everything");
});

test("the screen stays awake for a recipient, not for an open link", () => {
  const waiting = step(sharing, { type: "share.view", view: share(), at: 0 });
  assert.equal(isBusy(waiting), false);
  const busy = step(waiting, { type: "share.view", view: share({ recipients: [recipient()] }), at: 0 });
  assert.equal(isBusy(busy), true);
});

test("somebody is away while nothing moves for anybody until they are back", () => {
  const having = (...phases: Phase[]) => step(sharing, { type: "share.view", view: share({ recipients: phases.map((phase, session) => recipient({ session, phase })) }), at: 0 });
  assert.deepEqual([isAway(having()), isAway(having("reconnecting")), isAway(having("reconnecting", "complete")), isAway(having("reconnecting", "transferring"))], [false, true, true, false]);
  assert.deepEqual([isAway(open("reconnecting")), isAway(open("transferring")), isAway(empty)], [true, false, false]);
  assert.equal(isBusy(open("reconnecting")), true, "the tab stays awake all the same");
});

test("the stage of a share is that of the recipient with most going on", () => {
  const stage = (...phases: Phase[]) => shareStage(share({ recipients: phases.map((phase, session) => recipient({ session, phase })) }));
  assert.equal(shareStage(null), "waiting");
  assert.equal(stage(), "waiting");
  assert.equal(stage("listed"), "waiting");
  assert.equal(stage("complete", "transferring"), "transferring");
  assert.equal(stage("failed", "waiting"), "waiting");
  assert.equal(stage("complete"), "complete");
  assert.equal(stage("complete", "failed"), "complete");
  assert.equal(stage("complete", "cancelled"), "complete");
  assert.equal(stage("failed"), "failed");
  assert.equal(shareStage(share({ phase: "cancelled", recipients: [recipient()] })), "cancelled");
});

test("a recipient who took a part does not have everything", () => {
  assert.equal(choseSome(recipient({ files: 5 }), 73), true);
  assert.equal(choseSome(recipient({ files: 73 }), 73), false);
  assert.equal(choseSome(recipient({ files: 0 }), 73), false); // not known yet
  assert.equal(choseSome(recipient({ files: 73 }), 70), false); // some were taken back since
});

test("the tab says how far it is, and never a name", () => {
  const words = en(formatOf("en"));
  const at = (state: State) => tabTitle(state, words);
  assert.equal(at(empty), "Send files – Beeline");
  assert.equal(at(open("ready")), "Receive files – Beeline");
  assert.equal(at(open("reconnecting")), "Reconnecting – Beeline");
  assert.equal(at(step(opening, { type: "receive.view", view: received({ phase: "transferring", bytes: 200, written: 84 }), at: 0 })), "42 % – Beeline");
  assert.equal(at(step(opening, { type: "receive.view", view: received({ phase: "connecting", asking: true }), at: 0 })), "Waiting – Beeline");
  const shared = step(sharing, { type: "share.view", view: share({ recipients: [recipient({ written: 50 }), recipient({ session: 2, written: 100, phase: "complete" })] }), at: 0 });
  assert.equal(at(shared), "50 % – Beeline");
  const asked = step(sharing, { type: "share.view", view: share({ recipients: [recipient({ phase: "waiting", asks: true })] }), at: 0 });
  assert.equal(at(asked), "Somebody asks to be let in – Beeline");
  for (const state of [shared, asked, open("complete")]) assert.doesNotMatch(at(state), /Day 3/);
});

test("another link has to be copied again", () => {
  const copied = step(step(sharing, { type: "share.view", view: share({}), at: 0 }), { type: "link.copied", how: "yes" });
  const after = (view: Partial<ShareView>): string => {
    const next = step(copied, { type: "share.view", view: share(view), at: 0 });
    return next.page === "send" && next.send.stage === "sharing" ? next.send.copied : "";
  };
  assert.equal(after({ link: "y".repeat(48) }), "changed");
  assert.equal(after({ letIn: 1 }), "yes");
  assert.equal(after({ link: null }), "yes");
});

test("the path is remembered when the connection has gone, on both sides", () => {
  const moving = step(open("listed"), { type: "receive.view", view: received({ phase: "transferring", route: "direct" }), at: 0 });
  const done = step(moving, { type: "receive.view", view: received({ phase: "complete", route: "unknown" }), at: 1 });
  assert.equal(done.page === "receive" && done.receive.stage === "open" && done.receive.view.route, "direct");
  const sent = step(sharing, { type: "share.view", view: share({ recipients: [recipient({ route: "relayed" }), recipient({ session: 2, route: "lan" })] }), at: 0 });
  const over = step(sent, { type: "share.view", view: share({ recipients: [recipient({ route: "unknown" }), recipient({ session: 3, route: "unknown" })] }), at: 1 });
  assert.deepEqual(over.page === "send" && over.send.stage === "sharing" && over.send.view?.recipients.map((r) => r.route), ["relayed", "unknown"]);
});

test("a sleep is told only where something was going on", () => {
  const slept = { from: 1, to: 2 };
  const idle = open("listed");
  assert.equal(step(idle, { type: "slept", slept }), idle);
  const busy = step(open("transferring"), { type: "slept", slept });
  assert.deepEqual(busy.page === "receive" && busy.receive.stage === "open" && busy.receive.slept, slept);
  const sender = step(sharing, { type: "share.view", view: share({ recipients: [recipient()] }), at: 0 });
  const told = step(sender, { type: "slept", slept });
  assert.deepEqual(told.page === "send" && told.send.stage === "sharing" && told.send.slept, slept);
});
