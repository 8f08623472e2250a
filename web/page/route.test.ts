import assert from "node:assert/strict";
import { test } from "node:test";
import { type End, routeOf } from "./route.ts";

const end = (type: string, address = ""): End => ({ type, address });

test("the route is named by the worse end", () => {
  const cases: [End, End, string][] = [
    [end("host"), end("host"), "lan"],
    [end("host", "192.168.1.2"), end("prflx", "192.168.1.7"), "lan"],
    [end("host"), end("prflx", "fd00::1"), "lan"],
    [end("host"), end("prflx"), "direct"],
    [end("srflx", "203.0.113.9"), end("host"), "direct"],
    [end("host"), end("relay", "10.0.0.1"), "relayed"],
    [end("relay"), end("srflx"), "relayed"],
  ];
  for (const [local, remote, want] of cases) assert.equal(routeOf(local, remote), want, `${local.type} to ${remote.type}`);
});
