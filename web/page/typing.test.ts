import assert from "node:assert/strict";
import { test } from "node:test";
import type { CodeReading } from "../shared/views.ts";
import { CodeReader, completed, meant, minutesLeft, putRight } from "./typing.ts";

const reading = (head: string): CodeReading => ({ head, fixed: [], near: [], code: "" });

test("a chosen word is followed by a hyphen where another one follows", () => {
  assert.equal(completed(reading("48213 "), "orbit"), "48213 orbit-");
  assert.equal(completed(reading("48213-orbit-"), "ozone"), "48213-orbit-ozone-");
  assert.equal(completed(reading("48213-orbit, ozone "), "melody"), "48213-orbit, ozone melody");
});

test("the word under way stays as it is typed, those before it are put right", () => {
  assert.equal(putRight("48213 prbit ozo", reading("48213 orbit ")), "48213 orbit ozo");
  assert.equal(putRight("48213 prbit ", reading("48213 orbit ")), "48213 orbit ");
  assert.equal(putRight("48213", reading("48213")), "48213");
  assert.equal(putRight("no cöde", reading("no cöde")), "no cöde"); // left alone
});

test("each text gets its own answer, whatever order they come in", async () => {
  const asked: number[] = [];
  const reader = new CodeReader((message) => {
    if (message.type === "code.read") asked.push(message.n);
  });
  const [one, two] = [reader.read("4"), reader.read("48")];
  const [first = 0, second = 0] = asked;
  reader.answered(second, reading("two"));
  reader.answered(first, reading("one"));
  reader.answered(99, reading("nobody asked"));
  assert.deepEqual([(await one).head, (await two).head], ["one", "two"]);
});

test("a minute that has begun counts", () => {
  assert.equal(minutesLeft(600_000, 0), 10);
  assert.equal(minutesLeft(600_000, 1), 10);
  assert.equal(minutesLeft(61_000, 0), 2);
  assert.equal(minutesLeft(59_000, 0), 1);
  assert.equal(minutesLeft(0, 5), 1);
});

test("keys move through the words, take one, or do what they do anywhere", () => {
  const none = { at: -1, open: true, words: 3 };
  assert.equal(meant("ArrowDown", none), 0);
  assert.equal(meant("ArrowUp", none), 2);
  assert.equal(meant("ArrowDown", { ...none, at: 2 }), 0);
  assert.equal(meant("ArrowUp", { ...none, at: 1 }), 0);
  assert.equal(meant("ArrowDown", { at: -1, open: false, words: 0 }), null);
  assert.equal(meant("Enter", none), null); // sends the form
  assert.equal(meant("Tab", { ...none, at: 1 }), "take");
  assert.equal(meant("Enter", { ...none, at: 1, open: false }), null);
  assert.equal(meant("Escape", none), "close");
  assert.equal(meant("Escape", { ...none, open: false }), null);
  assert.equal(meant("a", { ...none, at: 1 }), null);
});
