// What a malicious hub can do to a handshake, one function an attack.
// wasm/PROTOCOL.md 3, attacks 1 to 6.

import { randomBytes } from "node:crypto";
import { type Attack, around, flipped, frameSize, kind, type Message, op, reflect } from "./evilhub.ts";

const bodyAt = 18; // of a frame: version 1, kind 1, sid 16
const runOf = (frame: Buffer): string => frame.toString("hex", 2, bodyAt);

/** A frame with a header that fits and a body of one's own: without the psk nobody can make a better one. */
function forged(like: Buffer, as: number): Buffer {
  const frame = randomBytes(frameSize);
  like.copy(frame, 0, 0, bodyAt);
  frame[1] = as;
  return frame;
}

/** The frame in the run of another. */
function inRun(frame: Buffer, of: Buffer): Buffer {
  const copy = Buffer.from(frame);
  of.copy(copy, 2, 2, bodyAt);
  return copy;
}

/** What the hub says to the one who sent m, as if it came from the other side. */
function answer(m: Message, frame: Buffer): void {
  m.client.tell(around(Buffer.concat([Buffer.from([op.data]), m.data.subarray(1)]), frame));
}

/** Attacks on frames as they come from the pages; everything else passes. */
function onFrames(attack: (m: Message, frame: Buffer) => void): Attack {
  return (m) => (m.toHub && m.frame !== null ? attack(m, m.frame) : m.pass());
}

/** The how manieth frame of its kind a page sends in its run. */
function counter(): (m: Message, frame: Buffer) => number {
  const seen = new Map<string, number>();
  const clients = new Map<Message["client"], number>();
  return (m, frame) => {
    if (!clients.has(m.client)) clients.set(m.client, clients.size);
    const key = `${clients.get(m.client)} ${m.kind} ${runOf(frame)}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen.get(key) ?? 0;
  };
}

/** Its own M1 to the sharer, its own M2 to the recipient. */
export const playBothEnds = (): Attack =>
  onFrames((m, frame) => {
    m.pass(around(m.data, forged(frame, m.kind)));
    if (m.kind === kind.m1) answer(m, forged(frame, kind.m2));
  });

/** Lets two people be sure of each other, then changes how they shall connect. */
export const changeDescriptions = (): Attack => {
  const nth = counter();
  return onFrames((m, frame) => m.pass(m.kind === kind.t && nth(m, frame) > 1 ? around(m.data, flipped(frame, 700)) : m.data));
};

/** Breaks the first run off and plays it again in the place of each further one. */
export const replay = (): Attack => {
  const old = new Map<number, Buffer>();
  let first = "";
  return onFrames((m, frame) => {
    first ||= runOf(frame);
    const again = old.get(m.kind);
    if (runOf(frame) === first || again === undefined) {
      old.set(m.kind, frame);
      if (m.kind !== kind.t) m.pass();
      return;
    }
    m.pass(around(m.data, again));
    m.pass(around(m.data, inRun(again, frame)));
    const m2 = old.get(kind.m2);
    if (m.kind === kind.m1 && m2 !== undefined) answer(m, inRun(m2, frame));
  });
};

/** Sends people what they said themselves, also as if it were the answer. */
export const reflectAll = (): Attack =>
  onFrames((m, frame) => {
    reflect(m);
    const other = Buffer.from(frame);
    other[1] = m.kind === kind.m1 ? kind.m2 : kind.m1;
    if (m.kind !== kind.t) {
      answer(m, other);
      m.pass();
    }
  });

/** Two pairs: each gets the other's frames besides its own, and in the place of all that would connect it. */
export const crossWire = (): Attack => {
  const last = new Map<number, Message>();
  return (m) => {
    if (m.toHub || m.frame === null) return m.pass();
    const other = last.get(m.kind);
    if (m.kind !== kind.t) m.pass();
    last.set(m.kind, m);
    if (other === undefined || other.frame === null || other.client === m.client) return;
    m.pass(around(m.data, inRun(other.frame, m.frame)));
    other.pass(around(other.data, inRun(m.frame, other.frame)));
  };
};

/** Older and newer versions, outside and inside of what is sealed: first in M2, then in M1. */
export const talkDown = (): Attack => {
  let runs = 0;
  return onFrames((m, frame) => {
    if (m.kind === kind.m1) runs++;
    if (m.kind !== (runs % 2 === 1 ? kind.m2 : kind.m1)) return m.pass();
    for (const version of [0, 2, 255]) m.pass(around(m.data, Buffer.concat([Buffer.from([version]), frame.subarray(1)])));
    for (const at of m.kind === kind.m1 ? [1234, 1236, 1238] : [1138, 1140, 1142]) m.pass(around(m.data, flipped(frame, at)));
    return undefined;
  });
};

/** Loses what would say that somebody is let in. */
export const lose = (): Attack => {
  const nth = counter();
  return onFrames((m, frame) => {
    if (m.kind !== kind.t || nth(m, frame) > 1) m.pass();
  });
};

/** Everything twice. Two answers to one knock would harm nobody; of what is sealed each may come once. */
export const sayTwice = (): Attack =>
  onFrames((m) => {
    m.pass();
    m.pass();
  });

/** Messages of every length but the right one. */
export const truncate = (): Attack => (m) => {
  if (m.toHub || m.frame === null) return m.pass();
  for (const length of [0, 1, 36, 37, 1000, m.data.length - 1]) m.pass(m.data.subarray(0, length));
  return m.pass(Buffer.concat([m.data, Buffer.alloc(1)]));
};

/** The second thing that is said first. */
export const swap = (): Attack => {
  const nth = counter();
  const held = new Map<string, Message>();
  return onFrames((m, frame) => {
    if (m.kind !== kind.t) return m.pass();
    const n = nth(m, frame);
    const before = held.get(runOf(frame));
    if (n === 2 && before !== undefined && before.client === m.client) {
      m.pass();
      return before.pass();
    }
    // What the recipient says first passes: the sharer says two things after it.
    if (held.size === 0 || !held.has(`${runOf(frame)} began`)) {
      held.set(`${runOf(frame)} began`, m);
      return m.pass();
    }
    if (n === 1) held.set(runOf(frame), m);
    else m.pass();
    return undefined;
  });
};

/** Asks nobody: invents people and what they say. */
export const invent = (): Attack => {
  const handles = [1, 2, 3, 0xffffffff];
  return (m) => {
    if (!m.toHub) return;
    if (m.op === op.sub) {
      for (let at = 3; at < m.data.length; at += 32) {
        for (const h of handles) m.client.tell(Buffer.concat([Buffer.from([op.join]), m.data.subarray(at, at + 32), uint32(h)]));
        for (const as of [1, 2, kind.m1, kind.m2, kind.t, 9]) {
          m.client.tell(Buffer.concat([Buffer.from([op.data]), m.data.subarray(at, at + 32), uint32(1), forged(randomBytes(frameSize).fill(1, 0, 1), as)]));
        }
      }
      m.client.tell(Buffer.from([op.subbed]));
      m.client.tell(Buffer.from([op.err, op.sub, 0, 0]));
    }
    if (m.frame !== null) for (const as of [kind.m1, kind.m2, kind.t]) answer(m, forged(m.frame, as));
    m.client.tell(servers(["not an address", "stun:", "turn:nowhere.invalid"]));
  };
};

/**
 * Besides the truth, everything that harms nobody: cut, late, sent back, made up by
 * others, said again. (One bad frame in the place of a sealed one costs a run.)
 */
export const annoy = (): Attack => {
  const old: Buffer[] = [];
  return (m) => {
    const others = (what: number): Buffer => Buffer.concat([Buffer.from([what]), m.data.subarray(1, 33), randomBytes(4)]);
    if (!m.toHub) m.client.tell(randomBytes(40));
    if (m.frame === null) return m.pass();
    if (m.toHub) {
      if (m.kind !== kind.t) reflect(m);
      return m.pass();
    }
    m.client.tell(others(op.join));
    for (const as of [kind.m1, kind.m2, kind.t]) m.client.tell(Buffer.concat([others(op.data), forged(m.frame, as)]));
    for (const frame of old) m.pass(around(m.data, frame));
    m.pass(m.data.subarray(0, m.data.length - 1));
    m.pass(Buffer.concat([m.data, Buffer.alloc(1)]));
    m.pass();
    m.client.tell(others(op.leave));
    if (m.kind === kind.t) return undefined;
    old.push(m.frame);
    m.pass();
    return m.pass(around(m.data, forged(m.frame, m.kind)));
  };
};

const uint32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n);
  return b;
};

/** An ICE answer with these addresses. signaling/PROTOCOL.md, 3.2. */
function servers(urls: string[]): Buffer {
  const body = Buffer.alloc(512);
  let at = body.writeUInt8(0, body.writeUInt8(0, body.writeUInt32BE(0, 0)));
  at = body.writeUInt8(urls.length, at);
  for (const url of urls) at += body.write(url, body.writeUInt8(url.length, at));
  return Buffer.concat([Buffer.from([op.ice]), body]);
}
