// Memory of native peers: 500,000 entries, and a transfer of 50 GB. At no time may
// either end hold more than 150 MiB, and of the long transfer not more at its end than
// after its first tenth. LAB_NATIVE_GB and LAB_NATIVE_ENTRIES make it shorter.
// `make lab`.

import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { figure, median } from "../bench/figure.ts";
import { tempFolder } from "../harness/files.ts";
import { type Peer, nativeReceive, nativeSend } from "../harness/native.ts";
import { memoryBytes } from "../harness/processes.ts";
import { startServer } from "../harness/server.ts";

const gigabytes = Number(process.env["LAB_NATIVE_GB"] ?? "50");
const entries = Number(process.env["LAB_NATIVE_ENTRIES"] ?? "500000");
const mostMiB = 150;
/** What an end may hold above what it held in the first tenth. */
const flat = 1.15;
const everyMs = 500;

/** MiB that both ends hold, every half second until the recipient is done. */
async function watched(source: string, out: string): Promise<{ sender: number[]; recipient: number[] }> {
  const server = await startServer();
  const sender = await nativeSend(server.url, [source], ["--once"]);
  const held = { sender: [] as number[], recipient: [] as number[] };
  try {
    const recipient = await nativeReceive(sender.link, out);
    const look = (peer: Peer, into: number[]): void => void into.push(memoryBytes(peer.pid) / 2 ** 20);
    const timer = setInterval(() => {
      look(sender, held.sender);
      look(recipient, held.recipient);
    }, everyMs);
    const result = await recipient.next("result", 3_600_000).finally(() => clearInterval(timer));
    assert.equal(result["ok"], true, JSON.stringify(result));
    await Promise.all([sender.exit(), recipient.exit()]);
    return held;
  } finally {
    await sender.close();
    await server.stop();
  }
}

test(`${entries} entries: neither end holds more than ${mostMiB} MiB`, { timeout: 2 * 3_600_000 }, async () => {
  const [source, out] = [tempFolder(), tempFolder()];
  try {
    for (let n = 0; n < entries; n++) {
      const below = path.join(source.path, "A", String(Math.floor(n / 5_000)));
      if (n % 5_000 === 0) mkdirSync(below, { recursive: true });
      writeFileSync(path.join(below, `A001_frame.${String(n).padStart(7, "0")}.exr`), "x");
    }
    const held = await watched(path.join(source.path, "A"), out.path);
    const most = Math.max(...held.sender, ...held.recipient);
    figure("native_rss_mib", most, "MiB", 1);
    assert.ok(most <= mostMiB, `${most.toFixed(0)} MiB; sender ${Math.max(...held.sender).toFixed(0)}, recipient ${Math.max(...held.recipient).toFixed(0)}`);
  } finally {
    source.remove();
    out.remove();
  }
});

test(`${gigabytes} GB: memory is flat`, { timeout: 2 * 3_600_000 }, async (t) => {
  const [source, out] = [tempFolder(), tempFolder()];
  try {
    const clip = path.join(source.path, "clip.mov");
    const f = openSync(clip, "w");
    ftruncateSync(f, gigabytes * 1e9); // zeros are sealed and written like anything else
    closeSync(f);
    const held = await watched(clip, out.path);
    for (const [end, mib] of Object.entries(held)) {
      const tenth = Math.max(2, Math.floor(mib.length / 10));
      const [early, late] = [median(mib.slice(tenth, 2 * tenth)), median(mib.slice(-tenth))];
      t.diagnostic(`${end}: ${early.toFixed(0)} MiB in the second tenth, ${late.toFixed(0)} in the last, at most ${Math.max(...mib).toFixed(0)}`);
      assert.ok(late <= flat * early + 4, `${end} grows from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);
      assert.ok(Math.max(...mib) <= mostMiB, `${end} held ${Math.max(...mib).toFixed(0)} MiB`);
    }
  } finally {
    source.remove();
    out.remove();
  }
});
