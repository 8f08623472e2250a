// The real binary, started for one test file and stopped after it.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");
/** How long the server may take to answer, ms. */
const startWithin = 10_000;

export interface Server {
  url: string; // without a slash at the end
  /** Everything it printed: tests look that nothing secret is in it. */
  output(): string;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

export interface ServerOptions {
  port?: number;
  /** More flags for `beeline serve`. */
  args?: string[];
  /** Runs the server under this command, for example `ip netns exec NAME`. */
  under?: string[];
  host?: string;
  /** Files of a certificate and its key: it is served over TLS, which the test's browsers need not trust. */
  tls?: { cert: string; key: string };
  /** Another binary than the one that was built. */
  binary?: string;
}

/** Starts bin/beeline on a free port, with the limits of a public server, and waits until it answers. */
export async function startServer({ port, args = [], under = [], host = "127.0.0.1", tls, binary: other }: ServerOptions = {}): Promise<Server> {
  const binary = other ?? process.env["BEELINE_BINARY"] ?? path.join(root, "bin/beeline");
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run \`make build\` first`);
  const listen = `${host}:${port ?? (await freePort())}`;
  // The STUN port is fixed, and servers of other tests may run beside this one.
  const stun = args.includes("--stun") ? [] : ["--stun", "off"];
  const [command = binary, ...rest] = [...under, binary, "serve", "--listen", listen, "--limit-loopback", ...stun, ...(tls === undefined ? [] : ["--tls-cert", tls.cert, "--tls-key", tls.key]), ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (b: Buffer) => (output += b.toString()));
  child.stderr.on("data", (b: Buffer) => (output += b.toString()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));

  const url = `${tls === undefined ? "http" : "https"}://${listen}`;
  // Under another network the test can't ask; there the caller waits by loading the page.
  if (under.length === 0) await answers(`${url}/healthz`, child, () => output);
  return {
    url,
    output: () => output,
    async stop() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await exited;
    },
    async kill() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

async function answers(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + startWithin;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output()}`);
    const ok = await asked(url);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not answer within ${startWithin} ms:\n${output()}`);
}

/** Whether this address answers with 200, whatever its certificate. */
function asked(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answered = (r: IncomingMessage) => {
      r.resume();
      resolve(r.statusCode === 200);
    };
    const request = url.startsWith("https:") ? https.get(url, { rejectUnauthorized: false }, answered) : http.get(url, answered);
    request.once("error", () => resolve(false));
  });
}

/** A port nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
