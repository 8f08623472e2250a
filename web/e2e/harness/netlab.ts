// A lab (backend/lab): hosts in namespaces of their own, with lines between them
// that are slow, far or lossy, and NATs in front. Browsers and servers run on the
// hosts; this starts the process that is the network, and talks to it.

import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { BrowserOptions, Kind } from "./browser.ts";
import { tempFolder } from "./files.ts";
import type { Host } from "./network.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

const root = path.resolve(import.meta.dirname, "../../..");
/** The port of the server: the one that every firewall lets through. */
const port = 443;
/** The port of 127.0.0.1 on every other host that leads to it: a page there is a secure context. */
const loopbackPort = 8080;
const serverName = "server.test";
/** How long the server may take to say that it listens, ms. */
const startWithin = 10_000;

/** What backend/lab/describe.go reads. Times are Go's: "25ms". */
export interface Line {
  /** One way. */
  delay?: string;
  /** 0 to 1. */
  loss?: number;
  /** Bits a second. */
  rate?: number;
  /** Bytes; by default 20 ms of the rate. */
  queue?: number;
  reorder?: number;
  holdFor?: string;
}
export type Nat = "" | "full-cone" | "address-restricted" | "port-restricted" | "symmetric" | "firewall";
export interface Site {
  name: string;
  hosts?: string[];
  line?: Line;
  nat?: Nat;
  block?: "" | "udp" | "all-but-443";
  /** The families of its addresses. */
  ip?: "4" | "6" | "46";
}

export interface Counts {
  packets: number;
  bytes: number;
  lost: number;
  overflow: number;
  cut: number;
  held: number;
}
export interface Report {
  up: Record<string, Counts>;
  down: Record<string, Counts>;
  /** Frames that the lab itself lost: 0, or nothing that was measured counts. */
  missed: number;
}

export interface Lab {
  host(name: string): Host;
  /** The server without TLS, over a forwarded port of each host's own: pages there are secure, but a host with IPv6 alone is told an IPv4 address of STUN. */
  url: string;
  /** The server with TLS as a program on a host reaches it, and what makes a browser trust it. */
  reach(name: string, end: Kind | "native"): { url: string; trusting: BrowserOptions };
  /** Starts `beeline serve` on the host called "server"; `secure`: with TLS. */
  serve(options?: Omit<ServerOptions, "port" | "host" | "under"> & { secure?: boolean }): Promise<Server>;
  /** From now on the site's line is this. */
  line(site: string, line: Line): Promise<void>;
  /** Gives a site other addresses. */
  move(site: string): Promise<void>;
  /** Cuts a site's line for so long; nobody is told. "0s" mends it. */
  down(site: string, time: string): Promise<void>;
  report(): Promise<Report>;
  close(): Promise<void>;
}

/** Why there can be no lab here, or null. */
export function noLab(): string | null {
  const name = `beeline-${process.pid}-lab-0`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  if (made) spawnSync("ip", ["netns", "del", name]);
  return made ? null : "network namespaces can't be made here: that needs root, iproute2 and a kernel that allows it";
}

/** Two hosts, "a" and "b", with this line between them, and "server", which both reach. */
export const startLink = (line: Line, seed = 1): Promise<Lab> => startLab([{ name: "a", line }, { name: "b" }, { name: "server" }], seed);

/** Builds what is described. One of the hosts must be called "server". */
export async function startLab(sites: Site[], seed = 1): Promise<Lab> {
  const child = spawn(await binary(), ["run", "-"], { stdio: ["pipe", "pipe", "pipe"] });
  const ask = conversation(child);
  const { hosts } = (await ask({ seed, forward: { port: loopbackPort, host: "server", to: port }, sites })) as { hosts: Record<string, { namespace: string; address: string; address6?: string }> };
  const scripts = tempFolder();
  const certificate = path.join(scripts.path, "certificate.pem"); // Go's programs trust it, and nothing else
  const host = (name: string): Host => {
    const it = hosts[name];
    if (it === undefined) throw new Error(`the lab has no host called ${name}`);
    return {
      name: it.namespace,
      address: it.address,
      wrap(program) {
        const file = path.join(scripts.path, `${name}-${path.basename(program)}`);
        writeFileSync(file, `#!/bin/sh\nSSL_CERT_FILE=${certificate} exec ip netns exec ${it.namespace} ${program} "$@"\n`);
        chmodSync(file, 0o755);
        return file;
      },
    };
  };
  return {
    host,
    url: `http://127.0.0.1:${loopbackPort}`,
    reach(name, end) {
      const { address = "", address6 = address } = hosts["server"] ?? {};
      const at = host(name).address.includes(":") ? address6 : address;
      // By name where there is one: Firefox makes no TURN over TLS to an address. Chromium asks no file for the names of STUN.
      if (end === "firefox") return { url: `https://${serverName}`, trusting: {} };
      return { url: `https://${at.includes(":") ? `[${at}]` : at}`, trusting: { chromiumArgs: ["--ignore-certificate-errors"] } };
    },
    async serve({ secure = false, ...options } = {}) {
      const { name: namespace, address } = host("server");
      const names = [`DNS:${serverName}`, ...[address, hosts["server"]?.address6].flatMap((it) => (it === undefined ? [] : [`IP:${it}`]))];
      const args = [...(secure ? certify(certificate, names) : []), ...(options.args ?? [])];
      const dual = hosts["server"]?.address6 !== undefined;
      const server = await startServer({ ...options, args, host: dual ? "[::]" : address, port, under: ["ip", "netns", "exec", namespace] });
      const deadline = Date.now() + startWithin;
      while (!server.output().includes("is ready at")) {
        if (Date.now() > deadline) throw new Error(`the server is not ready within ${startWithin} ms:\n${server.output()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return server;
    },
    line: async (site, line) => void (await ask({ do: "line", site, line })),
    move: async (site) => void (await ask({ do: "move", site })),
    down: async (site, time) => void (await ask({ do: "down", site, for: time })),
    report: async () => (await ask({ do: "report" })) as Report,
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
      scripts.remove();
    },
  };
}

/** Makes a certificate that is its own authority; returns the flags for the server. */
function certify(file: string, names: string[]): string[] {
  const key = `${file}.key`;
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${serverName}`, "-addext", `subjectAltName=${names.join(",")}`, "-keyout", key, "-out", file], { stdio: "ignore" });
  return ["--host", serverName, "--tls-cert", file, "--tls-key", key];
}

/** A line in, a line out; an error that the lab answers is thrown. */
function conversation(child: ChildProcessWithoutNullStreams): (line: object) => Promise<object> {
  let errors = "";
  child.stderr.on("data", (b: Buffer) => (errors += b.toString()));
  child.stdin.on("error", () => undefined); // its end is seen at the other one
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return (line) => {
    const answer = last.then(async () => {
      child.stdin.write(`${JSON.stringify(line)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the lab ended: ${errors}`);
      const said: unknown = JSON.parse(String(value));
      if (typeof said !== "object" || said === null) throw new Error(`the lab said ${value}`);
      if ("error" in said) throw new Error(`the lab: ${said.error}`);
      return said;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}

let built: Promise<string> | null = null;

/** Builds netlab once a process. */
function binary(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "beeline-netlab-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "netlab");
    await promisify(execFile)("go", ["build", "-o", file, "./backend/lab/cmd/netlab"], { cwd: root });
    return file;
  })();
  return built;
}
