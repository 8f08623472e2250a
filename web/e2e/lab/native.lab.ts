// Memory of the two commands: 500,000 entries, and a transfer of 50 GB. At no time may
// either end hold more than 150 MiB, and of the long transfer not more at its end than
// after its first tenth. LAB_NATIVE_GB and LAB_NATIVE_ENTRIES make it shorter; TMPDIR
// says where the files stand, which the recipient has once more. `make lab`.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { figure, median } from "../bench/figure.ts";
import { hole, tempFolder } from "../harness/files.ts";
import { command } from "../harness/native.ts";
import { mostResidentBytes, residentBytes } from "../harness/processes.ts";
import { startServer } from "../harness/server.ts";

const gigabytes = Number(process.env["LAB_NATIVE_GB"] ?? "50");
const entries = Number(process.env["LAB_NATIVE_ENTRIES"] ?? "500000");
const mostMiB = 150;
/** What an end may hold above what it held in the second tenth. */
const flat = 1.15;
const everyMs = 500;
const MiB = 2 ** 20;

interface End {
  /** MiB, every half second. */
  held: number[];
  /** MiB it ever had. */
  most: number;
}

/** What both ends hold until the recipient is done, and how long it took from its start. */
async function watched(source: string, out: string): Promise<{ sender: End; recipient: End; seconds: number }> {
  const server = await startServer();
  const keys = tempFolder();
  const sender = await command(["send", "--once", "--server", server.url, source], keys.path);
  const opened = [sender];
  try {
    const { link } = await sender.next("link");
    const recipient = await command(["receive", "--yes", "--out", out], keys.path);
    opened.push(recipient);
    const began = performance.now();
    recipient.say(String(link));
    const ends = { sender: { held: [], most: 0 } as End, recipient: { held: [], most: 0 } as End };
    const timer = setInterval(() => {
      for (const [end, { pid }] of [[ends.sender, sender], [ends.recipient, recipient]] as const) {
        const now = residentBytes(pid) / MiB;
        if (now > 0) end.held.push(now); // else it has ended
        end.most = Math.max(end.most, mostResidentBytes(pid) / MiB);
      }
    }, everyMs);
    try {
      const result = await recipient.next("result", 2 * 3_600_000);
      assert.equal(result["ok"], true, JSON.stringify(result));
      const seconds = (performance.now() - began) / 1000;
      assert.deepEqual(await Promise.all([sender.exit(), recipient.exit()]), [0, 0]);
      return { ...ends, seconds };
    } finally {
      clearInterval(timer);
    }
  } finally {
    for (const peer of opened) await peer.close();
    await server.stop();
    keys.remove();
  }
}

test(`${entries} entries: neither end holds more than ${mostMiB} MiB`, { timeout: 2 * 3_600_000 }, async (t) => {
  const [source, out] = [tempFolder(), tempFolder()];
  try {
    for (let n = 0; n < entries; n++) {
      const below = path.join(source.path, "A", String(Math.floor(n / 5_000)));
      if (n % 5_000 === 0) mkdirSync(below, { recursive: true });
      writeFileSync(path.join(below, `A001_frame.${String(n).padStart(7, "0")}.exr`), "x");
    }
    const { sender, recipient, seconds } = await watched(path.join(source.path, "A"), out.path);
    const most = Math.max(sender.most, recipient.most);
    t.diagnostic(`at most: sender ${sender.most.toFixed(0)} MiB, recipient ${recipient.most.toFixed(0)}; ${seconds.toFixed(0)} s, ${(entries / seconds).toFixed(0)} files/s`);
    t.diagnostic(`along the way: sender ${along(sender.held)}; recipient ${along(recipient.held)}`);
    figure("native_rss_mib", most, "MiB", 1);
    assert.ok(most <= mostMiB, `${most.toFixed(0)} MiB`);
  } finally {
    source.remove();
    out.remove();
  }
});

/** Eleven values from the first to the last. */
function along(held: number[]): string {
  return Array.from({ length: 11 }, (_, i) => held[Math.round((i * (held.length - 1)) / 10)]?.toFixed(0)).join(" ");
}

test(`${gigabytes} GB: memory is flat`, { timeout: 2 * 3_600_000 }, async (t) => {
  const [source, out] = [tempFolder(), tempFolder()];
  try {
    const clip = path.join(source.path, "clip.mov");
    hole(clip, gigabytes * 1e9); // zeros are sealed and written like anything else
    const { seconds, ...ends } = await watched(clip, out.path);
    t.diagnostic(`${seconds.toFixed(0)} s, ${((gigabytes * 1000) / seconds).toFixed(0)} MB/s`);
    for (const [end, { held, most }] of Object.entries(ends)) {
      const tenth = Math.max(2, Math.floor(held.length / 10));
      const [early, late] = [median(held.slice(tenth, 2 * tenth)), median(held.slice(-tenth))];
      t.diagnostic(`${end}: ${early.toFixed(0)} MiB in the second tenth, ${late.toFixed(0)} in the last, at most ${most.toFixed(0)}; ${along(held)}`);
      assert.ok(late <= flat * early + 4, `${end} grows from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);
      assert.ok(most <= mostMiB, `${end} held ${most.toFixed(0)} MiB`);
    }
  } finally {
    source.remove();
    out.remove();
  }
});
