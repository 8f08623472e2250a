// What is read out of the browsers' statistics.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathFrom, routeOf } from "./route.ts";

const report = (...entries: Record<string, unknown>[]): RTCStatsReport => new Map(entries.map((e) => [e["id"], e])) as unknown as RTCStatsReport;

const local = { id: "l", type: "local-candidate", candidateType: "host", address: "10.0.0.1" };
const remote = { id: "r", type: "remote-candidate", candidateType: "srflx", address: "198.51.100.7" };
const pair = { id: "p", type: "candidate-pair", state: "succeeded", localCandidateId: "l", remoteCandidateId: "r" };

test("the selected pair of Chromium, with its round trip and its checks", () => {
  const transport = { id: "t", type: "transport", selectedCandidatePairId: "p" };
  const of = (sent: number, answered: number) => pathFrom(report(transport, { ...pair, currentRoundTripTime: 0.05, requestsSent: sent, responsesReceived: answered }, local, remote));
  assert.deepEqual(of(100, 90), { route: "direct", roundTrip: 50, lost: 1 - 0.9 });
  assert.deepEqual(of(10, 5).lost, null, "too few to tell");
  assert.deepEqual(of(100, 101).lost, 0, "an answer that came twice");
});

test("Firefox marks the pair and says less", () => {
  assert.deepEqual(pathFrom(report({ ...pair, nominated: true }, local, { ...remote, candidateType: "relay" })), { route: "relayed", roundTrip: null, lost: null });
});

test("no pair is no path", () => {
  assert.deepEqual(pathFrom(report(local, remote)), { route: "unknown", roundTrip: null, lost: null });
});

test("it is the local network only where both ends are on it", () => {
  const cases: [string, string, string, string, string][] = [
    ["host", "192.168.1.10", "host", "192.168.1.11", "lan"],
    ["host", "192.168.1.10", "prflx", "192.168.1.11", "lan"],
    ["host", "", "host", "e6f1.local", "lan"],
    ["host", "192.168.1.10", "srflx", "198.51.100.7", "direct"],
    ["host", "192.168.1.10", "host", "198.51.100.7", "direct"], // a server's: the internet is between
    ["prflx", "", "host", "192.168.1.10", "direct"],
    ["host", "2001:db8:0:1::a", "host", "2001:db8:0:2::a", "direct"],
    ["host", "2001:db8:0:1::a", "host", "2001:db8:0:1:5:6:7:8", "lan"],
    ["host", "fd00::1", "host", "fd00:1::1", "lan"],
    ["host", "198.51.100.7", "host", "198.51.100.9", "lan"],
    ["host", "198.51.100.7", "host", "198.51.101.7", "direct"],
    ["host", "198.51.100.7", "prflx", "127.0.0.1", "lan"], // both on one machine
    ["relay", "192.0.0.8", "host", "192.168.1.10", "relayed"],
  ];
  for (const [a, at, b, to, want] of cases) {
    assert.equal(routeOf({ type: a, address: at }, { type: b, address: to }), want, `${a} ${at} and ${b} ${to}`);
  }
});
