import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { watchNetwork } from "./network.ts";

const real = { window: globalThis.window, navigator: globalThis.navigator };
let page: EventTarget;
let connection: (EventTarget & { type?: string }) | undefined;

beforeEach(() => {
  page = new EventTarget();
  connection = new EventTarget();
  Object.defineProperty(globalThis, "window", { value: page, configurable: true });
  Object.defineProperty(globalThis, "navigator", { get: () => ({ connection }), configurable: true });
});
afterEach(() => {
  for (const [name, value] of Object.entries(real)) Object.defineProperty(globalThis, name, { value, configurable: true });
});

test("going offline, coming back and another kind of network are told, another speed is not", () => {
  let told = 0;
  const kind = connection as EventTarget & { type?: string };
  kind.type = "wifi";
  watchNetwork(() => told++);
  page.dispatchEvent(new Event("offline"));
  page.dispatchEvent(new Event("online"));
  assert.equal(told, 2);
  kind.dispatchEvent(new Event("change"));
  assert.equal(told, 2, "another speed");
  kind.type = "cellular";
  kind.dispatchEvent(new Event("change"));
  assert.equal(told, 3);
});

test("where the browser knows no kinds, what it says of speeds is nothing", () => {
  let told = 0;
  watchNetwork(() => told++);
  connection?.dispatchEvent(new Event("change"));
  assert.equal(told, 0);
  connection = undefined;
  watchNetwork(() => told++);
  page.dispatchEvent(new Event("online"));
  assert.equal(told, 2);
});
