// The native peer: the same core without a browser, spoken to in lines of JSON. Most
// tests use the test peer (backend/peer/testpeer), some the commands that people do.

import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Host } from "./network.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** A line of a peer; report.go of testpeer and backend/cli/jsonlines.go say which there are. */
export interface Line {
  /** Of a command: its event. */
  type: string;
  [field: string]: unknown;
}

export interface Peer {
  pid: number;
  /** The next line of a type that fits, ms to wait at most. Lines before it are gone. */
  next(type: string, timeout?: number, fits?: (line: Line) => boolean): Promise<Line>;
  /** A click, in words. */
  say(line: string): void;
  /** Waits for its end; returns the exit status. */
  exit(): Promise<number | null>;
  /** Ends it, wherever it is. */
  close(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

let built: Promise<string> | null = null;

/** Builds the peer once a process. */
function binary(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "beeline-testpeer-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "testpeer");
    await promisify(execFile)("go", ["build", "-o", file, "./backend/peer/testpeer"], { cwd: root });
    return file;
  })();
  return built;
}

/** Shares paths; returns the peer and its link. It runs on this host, if not on this machine's own network. */
export async function nativeSend(server: string, paths: string[], flags: string[] = [], host?: Host): Promise<Peer & { link: string }> {
  const peer = await start(["send", "--server", server, ...flags, ...paths], host);
  const { link } = await peer.next("link");
  return Object.assign(peer, { link: String(link) });
}

/** Takes what a link offers, into a folder. */
export async function nativeReceive(link: string, out: string, flags: string[] = [], host?: Host): Promise<Peer> {
  const peer = await start(["receive", "--out", out, ...flags], host);
  peer.say(link); // never an argument: those can be seen by everybody (attack 52)
  return peer;
}

/** A bare lane to a page, for measurements; see raw.go of testpeer. */
export function nativeRaw(bytes: number, sends: boolean): Promise<Peer> {
  return start(["raw", "--bytes", String(bytes), ...(sends ? ["--send"] : [])]);
}

/** `beeline send` or `receive` with --json. Session keys are kept in a folder of the test's. */
export function command(args: string[], keys: string): Promise<Peer> {
  return run(process.env["BEELINE_BINARY"] ?? path.join(root, "bin/beeline"), [...args.slice(0, 1), "--json", ...args.slice(1)], { ...process.env, BEELINE_KEYS: keys });
}

async function start(args: string[], host?: Host): Promise<Peer> {
  const program = await binary();
  return run(host?.wrap(program) ?? program, args);
}

async function run(program: string, args: string[], env = process.env): Promise<Peer> {
  const child: ChildProcessWithoutNullStreams = spawn(program, args, { env });
  const exited = once(child, "exit");
  let complaint = "";
  child.stderr.on("data", (b: Buffer) => (complaint += b.toString()));
  const seen: Line[] = [];
  let wake: () => void = () => undefined;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (text) => {
    const line = JSON.parse(text) as Line;
    seen.push({ ...line, type: line.type ?? String(line["event"]) });
    wake();
  });
  let ended = false;
  lines.on("close", () => {
    ended = true;
    wake();
  });
  return {
    pid: child.pid ?? 0,
    async next(type, timeout = 30_000, fits = () => true) {
      const deadline = Date.now() + timeout;
      let last: Line | null = null;
      for (;;) {
        for (let line = seen.shift(); line !== undefined; line = seen.shift()) {
          last = line;
          if (line.type === type && fits(line)) return line;
        }
        const left = deadline - Date.now();
        if (ended || left <= 0) throw new Error(`no such line "${type}" ${ended ? "before its end" : `within ${timeout} ms`}; the last was ${JSON.stringify(last)} ${complaint}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    async exit() {
      await exited;
      return child.exitCode;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
