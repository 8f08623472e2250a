// `make dev`: builds, serves, and does both again when something changes.
//
//	node dev.mjs [flags of `beeline serve`]
//
// The page is served from dist/ by --page, so a change of TypeScript or CSS
// needs no new binary; the server reads dist/ once, so it starts anew each time.
// A build that fails leaves what is served as it was.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, watch } from "node:fs";
import path from "node:path";

const web = path.dirname(new URL(import.meta.url).pathname);
const root = path.dirname(web);
const flags = process.argv.slice(2);
/** After the last change until building begins, ms: an editor saves several files at once. */
const quietMs = 200;

const sources = ["page", "core", "lane", "disk", "sw", "shared", "wire"].map((folder) => path.join(web, folder));
const packages = ["backend", "signaling", "wasm"].map((folder) => path.join(root, folder));

let server = null; // its process, as long as it runs

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0;
}

async function build(withBinary) {
  const began = Date.now();
  if (!run("node", ["web/build.mjs", "--dev"])) return false;
  if (withBinary && !run("go", ["build", "-o", "bin/beeline", "./backend"])) return false;
  await stop(); // the next one needs its address
  const started = spawn(path.join(root, "bin/beeline"), ["serve", "--page", path.join(web, "dist"), ...flags], { cwd: root, stdio: "inherit" });
  started.once("exit", () => {
    if (server === started) server = null;
  });
  server = started;
  console.log(`dev: built in ${Date.now() - began} ms; reload the page`);
  return true;
}

function stop() {
  return new Promise((resolve) => {
    if (server === null) return resolve();
    server.once("exit", resolve);
    server.kill("SIGTERM");
  });
}

let timer = null;
let building = false;
let goChanged = true; // also after a build that failed: the next one may need it
function changed(file, go) {
  if (!/\.(go|ts|tsx|css|html|svg|webmanifest)$/.test(file) || /(_test\.go|\.test\.ts)$/.test(file)) return;
  goChanged ||= go;
  clearTimeout(timer);
  timer = setTimeout(again, quietMs);
}

async function again() {
  if (building) {
    timer = setTimeout(again, quietMs);
    return;
  }
  building = true;
  const go = goChanged;
  goChanged = false;
  if (!(await build(go))) goChanged ||= go;
  building = false;
}

/** Each folder by itself: a recursive watch loses a file that an editor replaces. */
const watched = new Set();
function watchAll(folder, go) {
  if (watched.has(folder)) return;
  watched.add(folder);
  watch(folder, (event, name) => {
    if (event === "rename") for (const below of folders(folder)) watchAll(below, go); // perhaps a new one
    changed(name ?? "", go);
  }).on("error", () => watched.delete(folder)); // it was removed
  for (const below of folders(folder)) watchAll(below, go);
}

function folders(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory() && e.name !== "testdata").map((e) => path.join(folder, e.name));
  } catch {
    return [];
  }
}

for (const folder of sources) watchAll(folder, false);
for (const folder of packages) watchAll(folder, true);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop().then(() => process.exit(0)));
await again();
