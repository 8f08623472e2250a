// What the core and a lane worker say to each other, through a port the page
// makes and never reads. A lane is named by its session and connection.

import type { FailureCode } from "../wire/wire.ts";

interface LaneName {
  session: number;
  pc: number;
}

export interface GroupName {
  file: number;
  version: number;
  /** Index of the group in its file. */
  group: number;
}

export type CoreToLane =
  /** The lane seals with this key. */
  | ({ type: "out"; key: Uint8Array; recMax: number } & LaneName)
  /** The lane opens with this key; limit bounds the bytes of incomplete groups. */
  | ({ type: "in"; key: Uint8Array; limit: number } & LaneName)
  | ({ type: "close" } & LaneName)
  /** Read, seal, send; answered by sent or source.failed. With hashOnly the group is only read. */
  | ({ type: "send"; length: number; single: boolean; hashOnly: boolean; source: Blob } & LaneName & GroupName)
  /** How many bytes may wait in the channel of each lane of a session that sends. */
  | { type: "depth"; session: number; bytes: number }
  /** Drop what waits of a file; it is not answered any more. */
  | { type: "cancel"; session: number; file: number }
  | { type: "expect"; session: number; file: number; version: number; size: number }
  | { type: "settled"; session: number; file: number; version: number }
  | ({ type: "forget" } & LaneName & GroupName);

export type LaneToCore =
  /** values: chaining value and digest, 32 bytes each. */
  | ({ type: "sent"; values: Uint8Array; records: number; hashed: boolean } & LaneName & GroupName)
  /** Bytes handed to the channel so far. */
  | ({ type: "sending"; bytes: number } & LaneName)
  | ({ type: "source.failed"; hashed: boolean } & LaneName & GroupName)
  /** Complete groups: the report of wasm/bridge/lane.go, and their bytes one after the other. */
  | ({ type: "batch"; report: Uint8Array; data: ArrayBuffer; bytes: number; records: number } & LaneName)
  | ({ type: "failed"; code: FailureCode } & LaneName)
  | ({ type: "closed" } & LaneName);
