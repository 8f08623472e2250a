import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecipientView } from "../shared/views.ts";
import type { Sender } from "./inbox.ts";
import { type Around, type Notice, Notices } from "./notices.ts";

interface World extends Around {
  told: Notice[];
  asked: number;
  has: NotificationPermission | null;
  answer: NotificationPermission;
  away: boolean;
  throws: boolean;
  stored: string | null;
}

function world(has: NotificationPermission | null = "default", stored: string | null = null): World {
  return {
    told: [], asked: 0, has, answer: "granted", away: true, throws: false, stored,
    permission() {
      return this.has;
    },
    async request() {
      this.asked++;
      this.has = this.answer;
      return this.answer;
    },
    hidden() {
      return this.away;
    },
    show(notice) {
      if (this.throws) throw new TypeError("not from a page");
      this.told.push(notice);
    },
    get() {
      return this.stored;
    },
    set(value) {
      this.stored = value;
    },
  };
}

const row = (session: number, more: Partial<RecipientView> = {}): RecipientView => ({
  session, phase: "transferring", asks: false, why: null, since: 0, files: 1, bytes: 1, written: 0, safe: 0, verified: 0, filesVerified: 0, filesFailed: 0,
  route: "lan", lanes: 1, paths: "any", idle: false, pausedHere: false, byCode: false, contact: null, device: 0, proved: null, ...more,
});
const sender = (entries: number, seen: number | null = null, share = "S"): Sender => ({ id: "Anna", petname: "Anna", verified: false, online: true, offers: [{ id: share, title: "Secret.mov", bytes: 1, entries, expires: 0, seen }] });

test("nothing is asked before something has worked, and nothing by itself", () => {
  const w = world();
  const notices = new Notices(w);
  assert.equal(notices.state.value, "no");
  notices.recipients([row(1), row(2, { asks: true })]);
  assert.equal(notices.state.value, "no");
  notices.recipients([row(1, { phase: "complete" })]);
  assert.deepEqual([notices.state.value, w.stored, w.asked, w.told], ["ask", "may", 0, []]);
});

test("on, off, and on the next page", async () => {
  const w = world("default", "may");
  const notices = new Notices(w);
  await notices.ask();
  assert.deepEqual([notices.state.value, w.stored], ["on", "yes"]);
  assert.equal(new Notices(w).state.value, "on");
  notices.stop();
  assert.deepEqual([notices.state.value, w.stored], ["ask", "may"]);
  notices.worked();
  assert.equal(w.stored, "may");
  notices.inbox([], true);
  notices.inbox([sender(1)], true);
  assert.deepEqual(w.told, []);
});

test("a no is said once, where it was asked for; without any there is nothing", async () => {
  const w = world("default", "may");
  w.answer = "denied";
  const notices = new Notices(w);
  await notices.ask();
  assert.deepEqual([notices.state.value, w.stored], ["refused", "may"]);
  assert.equal(new Notices(w).state.value, "no");
  assert.equal(new Notices(world(null, "yes")).state.value, "no");
  assert.equal(new Notices(world("default", "yes")).state.value, "ask", "taken back in the browser's settings");
});

test("a new share, and what comes to one, is told to a hidden tab once", () => {
  const w = world("granted", "yes");
  const notices = new Notices(w);
  notices.inbox([], false);
  notices.inbox([sender(3)], true); // there already when the page came
  notices.inbox([sender(3)], true);
  assert.deepEqual(w.told, []);
  notices.inbox([sender(4)], true);
  notices.inbox([sender(4)], true);
  assert.deepEqual(w.told, ["shared"]);
  notices.inbox([], true); // away for a moment
  notices.inbox([sender(4)], true);
  assert.deepEqual(w.told, ["shared"]);
  notices.inbox([sender(4), sender(1, null, "T")], true);
  assert.deepEqual(w.told, ["shared", "shared"]);
  notices.inbox([sender(4), sender(2, 2, "T")], true); // looked at in another tab
  assert.deepEqual(w.told, ["shared", "shared"]);
  w.away = false;
  notices.inbox([sender(9)], true);
  assert.deepEqual(w.told, ["shared", "shared"], "who looks at the page sees it");
});

test("who waits to be let in, and what is delivered, is told once each", () => {
  const w = world("granted", "yes");
  const notices = new Notices(w);
  notices.recipients([row(1, { phase: "waiting", asks: true })]);
  notices.recipients([row(1, { phase: "waiting", asks: true }), row(2)]);
  notices.recipients([row(1), row(2, { phase: "complete" })]);
  notices.recipients([row(1), row(2, { phase: "complete" })]);
  assert.deepEqual(w.told, ["asks", "delivered"]);
});

test("where a page may not, as on Android, it is as if there were none", () => {
  const w = world("granted", "yes");
  w.throws = true;
  const notices = new Notices(w);
  notices.recipients([row(1, { asks: true })]);
  assert.equal(notices.state.value, "no");
});
