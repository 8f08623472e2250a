// The same ratio over a link of 10 MB/s: two hosts of our own, each with a token
// bucket on what it sends, the server on the first. Needs root and iproute2.

import path from "node:path";
import { launch } from "../harness/browser.ts";
import { tempFolder } from "../harness/files.ts";
import { makeNetwork } from "../harness/network.ts";
import { startServer } from "../harness/server.ts";
import { figure, median } from "./figure.ts";
import { alternate, randomFile } from "./ratio.ts";

const bitsPerSecond = 80_000_000;
const size = 256 << 20;

export async function measureCapped(): Promise<void> {
  const network = makeNetwork();
  const folder = tempFolder();
  try {
    network.limit(bitsPerSecond);
    const [near, far] = network.hosts;
    const url = `http://${near.address}:8090`;
    // Plain HTTP between two hosts of a test: the pages need a secure context.
    const chromiumArgs = [`--unsafely-treat-insecure-origin-as-secure=${url}`];
    const server = await startServer({ host: near.address, port: 8090, under: ["ip", "netns", "exec", near.name] });
    const [from, to] = [await launch("chromium", { host: near, chromiumArgs }), await launch("chromium", { host: far, chromiumArgs })];
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // nobody out here can ask the server whether it is up
      const source = path.join(folder.path, "clip.mov");
      randomFile(source, size);
      const runs = await alternate({ url, from, to, source, destination: path.join(folder.path, "landed"), save: false });
      figure("transfer_ratio_capped", median(runs.map((r) => r.raw.seconds / r.page.seconds)), "ratio", runs.length);
    } finally {
      await Promise.allSettled([from.close(), to.close(), server.stop()]);
    }
  } finally {
    network.remove();
    folder.remove();
  }
}
