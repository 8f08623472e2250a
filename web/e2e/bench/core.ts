// The core by itself: how large it is, and how fast in WebAssembly (under Node).

import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { figure } from "./figure.ts";

const root = path.resolve(import.meta.dirname, "../../..");

export async function measureCore(): Promise<void> {
  const assets = path.join(root, "web/dist/assets");
  const wasm = readdirSync(assets).find((name) => name.endsWith(".wasm"));
  if (wasm === undefined) throw new Error("no wasm is built: run `make build`");
  figure("wasm_raw_bytes", statSync(path.join(assets, wasm)).size, "bytes", 1);
  figure("wasm_brotli_bytes", statSync(path.join(assets, `${wasm}.br`)).size, "bytes", 1);

  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  const output = execFileSync("go", ["test", `-exec=${goroot}/lib/wasm/go_js_wasm_exec`, "-run=^$", "-bench=^(BenchmarkSeal|BenchmarkOpen|BenchmarkHandshake)$", "-count=5", "./wasm/record", "./wasm/handshake"], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], GOOS: "js", GOARCH: "wasm", GOPROXY: process.env["GOPROXY"], GOFLAGS: process.env["GOFLAGS"] },
  });
  best("wasm_seal_mb_s", output, /^BenchmarkSeal\S*\s.*?([\d.]+) MB\/s/gm, "MB/s", (v) => v);
  best("wasm_open_mb_s", output, /^BenchmarkOpen\S*\s.*?([\d.]+) MB\/s/gm, "MB/s", (v) => v);
  best("handshake_cpu_ms", output, /^BenchmarkHandshake\S*\s+\d+\s+([\d.]+) ns\/op/gm, "ms", (ns) => ns / 1e6);
}

/** Attack 19: how often a man in the middle has the digits of both people. One in a million tries is chance. */
export async function measureGrinding(): Promise<void> {
  const runs = 100_000;
  const output = execFileSync("go", ["test", "-count=1", "-v", "-timeout=20m", "-run=^TestAttack19NobodyGrindsTheDigits$", "./wasm/handshake"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, BEELINE_SAS_RUNS: String(runs) },
  });
  const hits = /sas_grind_hits (\d+) of/.exec(output)?.[1];
  if (hits === undefined) throw new Error(`the test said nothing:\n${output}`);
  figure("sas_grind_hits", Number(hits), "hits", runs);
}

/** The median of the runs; a benchmark that did not run is a failure, not a silence. */
function best(name: string, output: string, pattern: RegExp, unit: string, scale: (v: number) => number): void {
  const values = [...output.matchAll(pattern)].map((m) => scale(Number(m[1]))).sort((a, b) => a - b);
  const middle = values[values.length >> 1];
  if (middle === undefined) throw new Error(`no benchmark for ${name} in:\n${output}`);
  figure(name, middle, unit, values.length);
}
