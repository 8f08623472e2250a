// A lane that completes nothing for a while, on a clock of the test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core } from "../shared/go.ts";
import { virtually } from "../shared/testing/time.ts";
import type { LaneToCore } from "../shared/ports.ts";
import { Inbound } from "./inbound.ts";

/** A core that opens every record and completes nothing. */
function idleCore(): Core {
  let bytes = 0;
  const fns: Record<string, (...args: number[]) => number> = {
    lane_in_record: (_, n = 0) => {
      bytes += n;
      return 0;
    },
    lane_in_report_size: () => 4,
    lane_in_bytes: () => bytes,
  };
  const core = { fn: (name: string) => fns[name] ?? (() => 0), view: (_: number, n: number) => new Uint8Array(n) };
  return core as unknown as Core;
}

// A path so slow that a group takes longer than a stall may last still shows that
// it lives: once a second, and not with every record.
test("a slow lane gives a sign of life", () => virtually(async () => {
  const said: LaneToCore[] = [];
  const channel: { onmessage: ((e: { data: unknown }) => void) | null } = { onmessage: null };
  const lane = new Inbound(idleCore(), { type: "in", session: 1, pc: 0, key: new Uint8Array(32), limit: 1 }, (m) => said.push(m), () => assert.fail("a fault"));
  lane.attach(channel as unknown as RTCDataChannel);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  for (let i = 0; i < 15; i++) {
    channel.onmessage?.({ data: new ArrayBuffer(60_000) });
    lane.expect(1, 0, 5); // nothing new since
    await new Promise((resolve) => setTimeout(resolve, 600)); // 100 KB/s
  }
  assert.deepEqual(said.map((m) => m.type === "batch" && m.bytes), [1, 3, 5, 7, 9, 11, 13, 15].map((n) => n * 60_000));
  for (let i = 0; i < 40; i++) channel.onmessage?.({ data: new ArrayBuffer(60_000) }); // a fast one: by bytes
  assert.ok(said.length - 8 >= 2 && said.length - 8 <= 3, `${said.length - 8} times for 2.4 MB at once`);
}));
