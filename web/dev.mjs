// `make dev`: builds, serves, and does both again when something changes.
//
//	node dev.mjs [flags of `beeline serve`]
//
// The page is served from dist/ by --page, so a change of TypeScript or CSS
// needs no new binary: reload the page. A change of Go builds the binary too.
import { spawn, spawnSync } from "node:child_process";
import { watch } from "node:fs";
import path from "node:path";

const web = path.dirname(new URL(import.meta.url).pathname);
const root = path.dirname(web);
const flags = process.argv.slice(2);
/** After the last change until building begins, ms: an editor saves several files at once. */
const quietMs = 200;

let server = null;

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0;
}

function build(withBinary) {
  const began = Date.now();
  if (!run("node", ["web/build.mjs", "--dev"])) return;
  if (withBinary && !run("go", ["build", "-o", "bin/beeline", "./backend"])) return;
  if (withBinary || server === null) {
    server?.kill("SIGTERM");
    server = spawn(path.join(root, "bin/beeline"), ["serve", "--page", path.join(web, "dist"), ...flags], { cwd: root, stdio: "inherit" });
  }
  console.log(`dev: built in ${Date.now() - began} ms; reload the page`);
}

let timer = null;
let goChanged = false;
function changed(file, go) {
  if (!/\.(go|ts|tsx|mjs|css|html|svg)$/.test(file) || /(_test\.go|\.test\.ts)$/.test(file)) return;
  goChanged ||= go;
  clearTimeout(timer);
  timer = setTimeout(() => {
    build(goChanged);
    goChanged = false;
  }, quietMs);
}

for (const folder of ["page", "core", "lane", "disk", "shared", "wire"]) watch(path.join(web, folder), { recursive: true }, (_, file) => changed(file ?? "", false));
for (const folder of ["backend", "signaling", "wasm"]) watch(path.join(root, folder), { recursive: true }, (_, file) => changed(file ?? "", true));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {
  server?.kill("SIGTERM");
  process.exit(0);
});
build(true);
