import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import type { ToCore } from "../shared/messages.ts";
import type { SeenOffer } from "../shared/views.ts";
import type { ContactView, PeopleView } from "../shared/people.ts";
import { Inbox, newsOf } from "./inbox.ts";

const contact = (id: string, state: ContactView["state"] = "unverified"): ContactView => ({ id, petname: id, name: id, state, added: 0, groups: [], safety: "" });
const offer = (id: string, entries: number, seen: number | null): SeenOffer => ({ id, title: id, bytes: 1, entries, expires: 0, seen });
const people = (...contacts: ContactView[]): PeopleView => ({ at: "open", kept: true, passphrase: false, old: false, generation: 1, name: "Me", card: "bl1.x", successor: "", contacts });

test("a share is new until somebody looked, then what came since is", () => {
  assert.deepEqual([newsOf(offer("a", 5, null)), newsOf(offer("a", 5, 5)), newsOf(offer("a", 7, 5)), newsOf(offer("a", 4, 5))], ["all", 0, 2, 0]);
});

test("shares with something new are counted, those of a changed contact are not", () => {
  const view = signal<PeopleView | null>(people(contact("Anna"), contact("Bela"), contact("Mallory", "changed")));
  const said: ToCore[] = [];
  const inbox = new Inbox(view, (message) => said.push(message));
  assert.equal(inbox.news.value, 0);
  inbox.from({
    why: null,
    relay: true,
    contacts: [
      { id: "Anna", online: true, offers: [offer("one", 5, null), offer("two", 5, 5)] },
      { id: "Bela", online: true, offers: [offer("three", 6, 5)] },
      { id: "Mallory", online: true, offers: [offer("four", 6, null)] },
    ],
  });
  assert.equal(inbox.news.value, 2);
});

test("who hides looks hidden, and is told where there is no relay", () => {
  const said: ToCore[] = [];
  const inbox = new Inbox(signal<PeopleView | null>(people(contact("Anna"))), (message) => said.push(message));
  const end = inbox.show();
  inbox.look(true);
  inbox.hide(true);
  assert.deepEqual(said.slice(-2), [{ type: "watch", on: true, hidden: false }, { type: "watch", on: true, hidden: true }]);
  assert.equal(inbox.stuck.value, false, "nothing is known of a relay yet");
  inbox.from({ why: null, relay: false, contacts: [] });
  assert.equal(inbox.stuck.value, true);
  inbox.hide(false);
  assert.equal(inbox.stuck.value, false);
  end();
  assert.deepEqual(said.at(-1), { type: "watch", on: false, hidden: false });
});
