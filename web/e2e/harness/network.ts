// A network of the test's own: two hosts (Linux network namespaces) and a cable
// between them that can go silent. Needs root and iproute2.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import { tempFolder } from "./files.ts";

/** The end of the cable in each host. */
const device = "cable";

export interface Host {
  /** Name of its namespace. */
  name: string;
  address: string;
  /** A program to start instead of this one, which then runs on the host. */
  wrap(program: string): string;
}

export interface Network {
  hosts: readonly [Host, Host];
  /** From now on nothing that is sent arrives, and nobody is told. */
  silence(): void;
  mend(): void;
  /** Gives the second host another address in place of the one it has, as another network would. */
  move(address: string): void;
  /** Limits what each host sends. */
  limit(bitsPerSecond: number): void;
  remove(): void;
}

let networks = 0;

/** Two hosts, 10.77.0.1 and 10.77.0.2. Throws where this machine does not let the test make them. */
export function makeNetwork(): Network {
  sweep();
  const folder = tempFolder();
  const names = [0, 1].map((i) => `beeline-${process.pid}-${networks}-${i}`);
  networks++;
  const tc = (...args: string[]): void => {
    for (const name of names) run("tc", "-n", name, "qdisc", ...args);
  };
  const remove = (): void => {
    for (const name of names) spawnSync("ip", ["netns", "del", name]);
    folder.remove();
  };
  try {
    for (const name of names) {
      run("ip", "netns", "add", name);
      // Else an address comes a second later, and Chromium breaks off what it loads.
      const dad = "/proc/sys/net/ipv6/conf/default/accept_dad";
      run("ip", "netns", "exec", name, "sh", "-c", `[ ! -e ${dad} ] || echo 0 > ${dad}`);
      run("ip", "-n", name, "link", "set", "lo", "up");
    }
    run("ip", "link", "add", device, "netns", names[0] ?? "", "type", "veth", "peer", "name", device, "netns", names[1] ?? "");
    const hosts = names.map((name, i): Host => {
      run("ip", "-n", name, "addr", "add", `10.77.0.${i + 1}/24`, "dev", device);
      run("ip", "-n", name, "link", "set", device, "up");
      run("ip", "-n", name, "route", "add", "default", "dev", device); // Firefox and Chromium look for one
      return {
        name,
        address: `10.77.0.${i + 1}`,
        wrap(program) {
          const file = path.join(folder.path, `${i}-${path.basename(program)}`);
          writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${name} ${program} "$@"\n`);
          chmodSync(file, 0o755);
          return file;
        },
      };
    });
    return {
      hosts: hosts as [Host, Host] & Host[],
      // A queue without room: what is sent is lost, as in a cable that was cut somewhere else.
      silence: () => tc("replace", "dev", device, "root", "pfifo", "limit", "0"),
      mend: () => tc("del", "dev", device, "root"),
      move(address) {
        const far = names[1] ?? "";
        run("ip", "-n", far, "addr", "flush", "dev", device);
        run("ip", "-n", far, "addr", "add", `${address}/24`, "dev", device);
        run("ip", "-n", far, "route", "add", "default", "dev", device);
      },
      limit: (bitsPerSecond) => tc("replace", "dev", device, "root", "tbf", "rate", `${bitsPerSecond}bit`, "burst", "64kb", "latency", "50ms"),
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Removes what tests left that were killed: a namespace's name has the process that made it. */
function sweep(): void {
  const list = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout ?? "";
  for (const [name, pid] of list.matchAll(/^beeline-(\d+)-\d+-\d+/gm)) {
    if (!existsSync(`/proc/${pid}`)) spawnSync("ip", ["netns", "del", name]);
  }
}

/** Why this machine can't have such a network, or null. */
export function noNetwork(): string | null {
  try {
    const network = makeNetwork();
    network.silence();
    network.remove();
    return null;
  } catch {
    return "network namespaces can't be made here: that needs root, iproute2 and a kernel that allows it";
  }
}

/** Carries a port of this machine to the same port of a host: what a browser there listens on for its driver. */
export async function tunnel(host: string, port: number): Promise<{ close(): void }> {
  const script = `const s = require("node:net").connect(${port}, "127.0.0.1"); process.stdin.pipe(s); s.pipe(process.stdout); s.on("error", () => process.exit(1))`;
  const carriers = new Set<ChildProcess>();
  const server: Server = createServer((socket) => {
    const carrier = spawn("ip", ["netns", "exec", host, process.execPath, "-e", script], { stdio: ["pipe", "pipe", "ignore"] });
    carriers.add(carrier);
    for (const stream of [socket, carrier.stdin, carrier.stdout]) stream.on("error", () => socket.destroy());
    carrier.once("exit", () => {
      carriers.delete(carrier);
      socket.destroy();
    });
    socket.once("close", () => carrier.kill());
    socket.pipe(carrier.stdin);
    carrier.stdout.pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    close() {
      server.close();
      for (const carrier of carriers) carrier.kill();
    },
  };
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}
