// The same ratio over a link of 10 MB/s: two hosts of our own (network
// namespaces), each with a token bucket on what it sends, the server on the
// first. Needs root and iproute2.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { startServer } from "../harness/server.ts";
import { figure, median } from "./figure.ts";
import { alternate, randomFile } from "./ratio.ts";

const bitsPerSecond = 80_000_000;
const size = 256 << 20;

export async function measureCapped(): Promise<void> {
  const hosts = ["beeline-bench-a", "beeline-bench-b"] as const;
  const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
  const folder = tempFolder();
  const remove = (): void => {
    for (const host of hosts) if (existsSync(`/run/netns/${host}`)) ip("netns", "del", host);
  };
  remove();
  try {
    for (const host of hosts) {
      ip("netns", "add", host);
      ip("-n", host, "link", "set", "lo", "up");
    }
    ip("link", "add", "blb0", "netns", hosts[0], "type", "veth", "peer", "name", "blb0", "netns", hosts[1]);
    hosts.forEach((host, i) => {
      ip("-n", host, "addr", "add", `10.77.0.${i + 1}/24`, "dev", "blb0");
      ip("-n", host, "link", "set", "blb0", "up");
      ip("-n", host, "route", "add", "default", "dev", "blb0"); // Firefox and Chromium look for one
      execFileSync("tc", ["-n", host, "qdisc", "add", "dev", "blb0", "root", "tbf", "rate", `${bitsPerSecond}bit`, "burst", "64kb", "latency", "50ms"]);
    });
    const wrappers = hosts.map((host, i) => {
      const file = path.join(folder.path, `chromium-${i}`);
      writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${host} /usr/bin/chromium "$@"\n`);
      chmodSync(file, 0o755);
      return file;
    });
    const url = "http://10.77.0.1:8090";
    // Plain HTTP between two hosts of a test: the pages need a secure context.
    const chromiumArgs = [`--unsafely-treat-insecure-origin-as-secure=${url}`];
    const server = await startServer({ host: "10.77.0.1", port: 8090, under: ["ip", "netns", "exec", hosts[0]] });
    const [from, to] = [await launch("chromium", { executable: wrappers[0] ?? "", chromiumArgs }), await launch("chromium", { executable: wrappers[1] ?? "", chromiumArgs })];
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // nobody out here can ask the server whether it is up
      const source = path.join(folder.path, "clip.mov");
      randomFile(source, size);
      const { ratios } = await alternate({ url, from, to, source, destination: path.join(folder.path, "landed") });
      figure("transfer_ratio_capped", median(ratios), "ratio", ratios.length);
    } finally {
      await Promise.allSettled([from.close(), to.close(), server.stop()]);
    }
  } finally {
    remove();
    folder.remove();
  }
}
