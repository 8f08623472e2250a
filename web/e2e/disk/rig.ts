// A page with nothing but the disk worker in it, for tests of where files land.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { build } from "esbuild";
import type { Page } from "puppeteer-core";
import type { DiskLimits } from "../../shared/disk.ts";
import { type Browser, launch, type BrowserOptions, type Kind } from "../harness/browser.ts";
import { drop } from "../harness/drop.ts";
import type { Job, Report } from "./page.ts";

const web = path.resolve(import.meta.dirname, "../..");

export interface Rig {
  browser: Browser;
  page: Page;
  /** Starts a new worker. */
  start(limits?: Partial<DiskLimits>): Promise<void>;
  /** Drops a folder on the page: the destination of what follows. */
  pick(folder: string): Promise<void>;
  run(job: Job): Promise<Report>;
  close(): Promise<void>;
}

export async function openRig(kind: Kind, options: BrowserOptions = {}): Promise<Rig> {
  const files = await assets();
  const server = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1) || "index.html";
    const file = files.get(name);
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": types[path.extname(name)] ?? "text/plain" }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const browser = await launch(kind, options);
  const page = await browser.driver.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction(() => "rig" in globalThis);
  return {
    browser,
    page,
    start: (limits = {}) => page.evaluate((l) => globalThis.rig.start(l), limits),
    async pick(folder) {
      await page.evaluate(() => {
        globalThis.rig.handle = null;
      });
      await drop(page, [folder]);
      await page.waitForFunction(() => globalThis.rig.handle !== null);
    },
    run: (job) => page.evaluate((j) => globalThis.rig.run(j), job),
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

let made: Promise<Map<string, Uint8Array>> | null = null;

function assets(): Promise<Map<string, Uint8Array>> {
  made ??= make();
  return made;
}

async function make(): Promise<Map<string, Uint8Array>> {
  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  const wasmExec = [path.join(goroot, "lib/wasm/wasm_exec.js"), path.join(goroot, "misc/wasm/wasm_exec.js")].find((p) => existsSync(p)) ?? "";
  const bundle = async (entry: string): Promise<Uint8Array> => {
    const result = await build({ absWorkingDir: web, entryPoints: [entry], bundle: true, write: false, format: "iife", target: "es2022", alias: { wasm_exec: wasmExec }, logLevel: "error" });
    return result.outputFiles[0]?.contents ?? new Uint8Array();
  };
  return new Map<string, Uint8Array>([
    ["index.html", Buffer.from('<!doctype html><meta charset="utf-8"><title>disk</title><body style="height:300px"><script src="page.js"></script>')],
    ["page.js", await bundle("e2e/disk/page.ts")],
    ["disk.js", await bundle("disk/disk.ts")],
    ["beeline.wasm", readFileSync(wasmPath())],
  ]);
}

/** The core as the build left it. */
function wasmPath(): string {
  const assets = path.join(web, "dist/assets");
  const name = existsSync(assets) ? readdirSync(assets).find((n) => /^beeline\..*\.wasm$/.test(n)) : undefined;
  const file = process.env["BEELINE_WASM"] ?? (name === undefined ? undefined : path.join(assets, name));
  if (file === undefined) throw new Error("the core is not built: run `make build` first");
  return file;
}
