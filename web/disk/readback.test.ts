// Reading a large file back with hands that help, fail and come back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupSize } from "./coverage.ts";
import { type Hand, HandGone } from "./hands.ts";
import { type Hasher, HasherDead } from "./hasher.ts";
import { digestOf, type Source, sourceOf, whileClosing } from "./readback.ts";
import { settled } from "../lane/testing/core.ts";

const groups = 70; // runs of 16, and a shorter one
const size = (groups - 1) * groupSize + 9;

/** A chaining value that says its group, and whether its bytes were that group's. */
function cvOf(bytes: Uint8Array, index: number): Uint8Array {
  const cv = new Uint8Array(32);
  new DataView(cv.buffer).setUint32(0, index);
  cv[4] = bytes.every((b) => b === index) ? 1 : 0;
  cv[5] = bytes.byteLength === (index === groups - 1 ? 9 : groupSize) ? 1 : 0;
  return cv;
}

function hasher(): Hasher & { hashed: number[] } {
  const slot = new Uint8Array(groupSize);
  const hashed: number[] = [];
  return {
    hashed,
    slot: () => slot,
    group: (length, index) => {
      hashed.push(index);
      return cvOf(slot.subarray(0, length), index);
    },
    single: () => assert.fail("a large file"),
    crc: () => assert.fail("no archive"),
    tree: (n, cvs) => Uint8Array.of(n === size ? 1 : 0, ...cvs.subarray(0, 1)),
  };
}

/** Each group is full of its number. Once `moved`, it can't be read. */
function file(): { blob: Blob; move(): void } {
  let moved = false;
  const of = (from: number, to: number): Blob =>
    ({
      size: to - from,
      slice: (a: number, b: number) => of(from + a, Math.min(from + b, to)),
      stream: () => {
        let at = from;
        return new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setImmediate(resolve)); // a browser's answer takes its time
            if (moved) return controller.error(new DOMException("moved", "NotFoundError"));
            const group = Math.floor(at / groupSize);
            const end = Math.min(to, (group + 1) * groupSize);
            controller.enqueue(new Uint8Array(end - at).fill(group));
            at = end;
            if (at === to) controller.close();
          },
        }, { highWaterMark: 0 });
      },
    }) as unknown as Blob;
  return { blob: of(0, size), move: () => (moved = true) };
}

/** A hand that reads; `does` can do something else for a call, given its number. */
function hand(does: (call: number, first: number) => Promise<void> = () => Promise.resolve()): Hand & { firsts: number[] } {
  const firsts: number[] = [];
  return {
    firsts,
    async hash(part, first) {
      firsts.push(first);
      await does(firsts.length, first);
      const cvs: number[] = [];
      const reader = part.stream().getReader();
      for (let n = 0; n * groupSize < part.size; n++) {
        const { value } = await reader.read();
        assert.ok(value);
        cvs.push(...cvOf(value, first + n));
      }
      return Uint8Array.from(cvs);
    },
  };
}

const whole = Array.from({ length: groups }, (_, i) => i);

/** The groups whose values are right, in the order of the file. */
function right(cvs: Uint8Array | null): number[] {
  const found: number[] = [];
  const view = new DataView(cvs?.buffer ?? new ArrayBuffer(0));
  for (let i = 0; i < groups; i++) if (view.getUint32(i * 32) === i && cvs?.[i * 32 + 4] === 1 && cvs[i * 32 + 5] === 1) found.push(i);
  return found;
}

test("alone every group is read here, in order", async () => {
  const h = hasher();
  const { cvs } = await digestOf(h, size, sourceOf(file().blob));
  assert.deepEqual([right(cvs), h.hashed], [whole, whole]);
});

test("hands take runs of groups, and together all are read once", async () => {
  const h = hasher();
  const hands = [hand(), hand()];
  const { cvs } = await digestOf(h, size, sourceOf(file().blob), hands);
  assert.deepEqual(right(cvs), whole);
  const firsts = hands.flatMap((one) => one.firsts);
  const helped = firsts.reduce((sum, first) => sum + Math.min(16, groups - first), 0);
  assert.ok(firsts.length >= 2 && firsts.every((first) => first % 16 === 0), String(firsts));
  assert.equal(h.hashed.length + helped, groups);
});

test("what a hand that is gone was to do is done here, and it is asked no more", async () => {
  const h = hasher();
  const gone = hand(() => Promise.reject(new HandGone()));
  const { cvs } = await digestOf(h, size, sourceOf(file().blob), [gone]);
  assert.deepEqual([right(cvs), gone.firsts.length], [whole, 1]);
  assert.equal(h.hashed.length, groups);
});

test("a hand that can't read fails nothing", async () => {
  const h = hasher();
  const blind = hand(() => Promise.reject(new DOMException("not here", "NotReadableError")));
  const { cvs } = await digestOf(h, size, sourceOf(file().blob), [blind]);
  assert.deepEqual(right(cvs), whole);
  assert.ok(blind.firsts.length <= 4, `${blind.firsts.length} tries`);
});

test("a hand that is slow is waited for, and what it gives back last is still read", async () => {
  const h = hasher();
  let fail: (error: unknown) => void = () => undefined;
  const slow = hand(() => new Promise((_, reject) => (fail = reject)));
  let done = false;
  const reading = digestOf(h, size, sourceOf(file().blob), [slow]).finally(() => (done = true));
  for (let i = 0; i < 20 && h.hashed.length < groups - 16; i++) await settled();
  await settled();
  assert.equal(done, false);
  fail(new HandGone());
  assert.deepEqual(right((await reading).cvs), whole);
});

test("a file that is renamed while it is read is found again, for the hands as well", async () => {
  const h = hasher();
  const [before, after] = [file(), file()];
  const errors: unknown[] = [];
  let [moved, wentOn] = [false, 0];
  const helper = hand(async () => {
    if (moved && errors.length === 0) throw new DOMException("moved", "NotFoundError"); // at once, and before it is found out here
    wentOn += errors.length;
  });
  const group = h.group.bind(h);
  h.group = (length, index) => {
    if (h.hashed.length === 5) before.move(); // both are in the middle of a run
    moved ||= h.hashed.length === 5;
    return group(length, index);
  };
  const { cvs } = await digestOf(h, size, async (error) => {
    if (error === null) return before.blob;
    errors.push(error);
    return after.blob;
  }, [helper]);
  assert.deepEqual(right(cvs), whole);
  assert.equal(errors.length, 1, "asked once");
  assert.ok(wentOn > 0, "the hand went on");
});

test("a file that can't be read fails with what the browser said, and nobody reads on", async () => {
  const gone = file();
  const helper = hand(async (call) => {
    if (call === 1) gone.move();
    await settled();
  });
  await assert.rejects(digestOf(hasher(), size, sourceOf(gone.blob), [helper]), { name: "NotFoundError" });
  const asked = helper.firsts.length;
  await settled();
  assert.equal(helper.firsts.length, asked);
});

test("what a hand gives back once the hasher failed is not begun again", async () => {
  const h = hasher();
  h.group = () => {
    throw new HasherDead();
  };
  let fail: (error: unknown) => void = () => undefined;
  const late = hand(() => new Promise((_, reject) => (fail = reject)));
  await assert.rejects(digestOf(h, size, sourceOf(file().blob), [late]), HasherDead);
  fail(new Error("not here"));
  await settled();
  assert.equal(late.firsts.length, 1, "the file is done again, from its start");
});

for (const more of [-32, 32]) {
  test(`an answer with ${more} bytes more than was asked for is none`, async () => {
    const odd: Hand = { hash: async () => new Uint8Array(16 * 32 + more).fill(9) };
    const { cvs } = await digestOf(hasher(), size, sourceOf(file().blob), [odd]);
    assert.deepEqual(right(cvs), whole);
  });
}

test("a file that somebody made longer while it closed is not what was read", async () => {
  const [swap, kept] = [file().blob as File, { size: size + 1, lastModified: 7 } as File];
  const read = (n: number, source: Source) => digestOf(hasher(), n, source);
  await assert.rejects(whileClosing(size, swap, async () => kept, read), /another size/);
  const { stamp } = await whileClosing(size, swap, async () => ({ size, lastModified: 7 }) as File, read);
  assert.deepEqual(stamp, { size, lastModified: 7 });
});

test("a file that became shorter is no file that was read", async () => {
  const short = file().blob.slice(0, size - 1);
  await assert.rejects(digestOf(hasher(), size, sourceOf(short), [hand()]), /shorter/);
});
