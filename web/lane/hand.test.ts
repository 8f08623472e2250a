// A lane worker that helps to read a file back, with a core of the test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FromHand, ToHand } from "../shared/hands.ts";
import { GroupSize } from "../wire/wire.ts";
import { Hand } from "./hand.ts";
import { FakeCore, settled } from "./testing/core.ts";

function world(core: FakeCore | null = new FakeCore()) {
  const said: FromHand[] = [];
  let faults = 0;
  const lend = (other: FakeCore): unknown => (core = other);
  const port = { onmessage: (_: { data: ToHand }) => undefined as unknown, postMessage: (m: FromHand) => void said.push(m) };
  const hand = new Hand(port as unknown as MessagePort, () => core && { core: core.core, fault: () => faults++ });
  const ask = (id: number, part: Blob, first = 0): unknown => port.onmessage({ data: { id, part, first } });
  return { said, hand, ask, lend, faults: () => faults };
}

const part = (...groups: number[]): Blob => new Blob(groups.map((n) => new Uint8Array(GroupSize).fill(n)));

test("it says when it can be asked, and answers in order", async () => {
  const { said, hand, ask } = world();
  hand.ready();
  ask(7, part(1, 2), 5);
  ask(8, new Blob([part(3), new Uint8Array([4, 9])]));
  await settled();
  // The fake's values are the first byte of a group, and where a record says so its number.
  assert.deepEqual(said.map((m) => (m.type === "hashed" ? [m.id, m.cvs.byteLength, m.cvs[0], m.cvs[32], m.cvs[31], m.cvs[63]] : m.type)), ["ready", [7, 64, 1, 2, 5, 6], [8, 64, 3, 4, 0, 1]]);
});

/** A part that is read in an odd way. */
function odd(stream: () => ReadableStream): Blob {
  return { size: GroupSize, stream } as unknown as Blob;
}

test("a part that can't be read is said, and the next is read", async () => {
  const { said, ask, faults } = world();
  ask(1, odd(() => new ReadableStream({ pull: (c) => c.error(new DOMException("moved", "NotFoundError")) })));
  ask(2, odd(() => {
    throw new RangeError("out of memory");
  }));
  ask(3, part(1));
  await settled();
  assert.deepEqual(said.map((m) => m.type), ["unread", "unread", "hashed"]);
  assert.equal(faults(), 0);
});

test("an instance that was replaced while the part was read hashes nothing", async () => {
  const core = new FakeCore();
  const { said, ask, lend, faults } = world(core);
  ask(1, odd(() => new ReadableStream({
    pull: (c) => {
      lend(new FakeCore()); // a lane of this worker told that the first failed
      c.enqueue(new Uint8Array(GroupSize));
    },
  }, { highWaterMark: 0 })));
  await settled();
  assert.deepEqual([said, faults(), core.calls], [[{ type: "gone", id: 1 }], 0, []]);
});

test("an instance that fails is told of, and the hand is gone for now", async () => {
  const core = new FakeCore();
  core.fails = (name) => name === "disk_group";
  const { said, ask, faults } = world(core);
  ask(1, part(1));
  await settled();
  assert.deepEqual([said, faults()], [[{ type: "gone", id: 1 }], 1]);
});

test("without an instance it is gone", async () => {
  const { said, hand, ask } = world(null);
  hand.ready(); // none could be started
  ask(3, part(1));
  await settled();
  assert.deepEqual(said, [{ type: "gone", id: 3 }]);
});
