// Builds the web side into dist/: one bundle a thread, the core's WebAssembly,
// the pages, and a .br and .gz beside each. The server embeds dist/ as it is.
//
//	node build.mjs          release: minified, best compression, reproducible
//	node build.mjs --dev    readable code, quick compression
//
// Order matters: workers and wasm first, because the page's bundle carries
// their hashed names, then the pages, which carry the page bundle's, then the
// service worker, which carries the digests of all of them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";
import * as esbuild from "esbuild";

const web = path.dirname(new URL(import.meta.url).pathname);
const root = path.dirname(web);
const dist = path.join(web, "dist");
const work = path.join(web, ".build"); // compiled wasm and the compression cache
const dev = process.argv.includes("--dev");
const brotliQuality = Number(process.env.BEELINE_BROTLI ?? (dev ? 4 : 11));
const goroot = execFileSync("go", ["env", "GOROOT"], { cwd: root, encoding: "utf8" }).trim();

const sha256 = (bytes, encoding = "hex") => createHash("sha256").update(bytes).digest(encoding);
const integrity = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/** The files of dist/ by path. Written at the end, so that a failed build leaves the last one. */
const files = new Map();

/** Adds a file under a name that changes with its content; returns its URL. */
function addHashed(name, extension, bytes) {
  const file = `assets/${name}.${sha256(bytes).slice(0, 16)}.${extension}`;
  files.set(file, Buffer.from(bytes));
  return `/${file}`;
}

/** `import "wasm_exec"` means the glue of the very toolchain that builds the module. */
const wasmExec = {
  name: "wasm_exec",
  setup(build) {
    build.onResolve({ filter: /^wasm_exec$/ }, () => ({
      path: [path.join(goroot, "lib/wasm/wasm_exec.js"), path.join(goroot, "misc/wasm/wasm_exec.js")].find((p) => existsSync(p)),
      sideEffects: true,
    }));
  },
};

/** One bundle, one file: a worker under a strict policy can't fetch a second one. */
async function bundle(entry, define = {}) {
  const result = await esbuild.build({
    absWorkingDir: web,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    minify: !dev,
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { __DEV__: String(dev), ...define },
    plugins: [wasmExec],
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

/**
 * Packages of the core that never run hot: without inlining they take 9 % less
 * of the brotli budget. What seals, opens and hashes keeps it; the runtime does
 * without, which sealing does not notice.
 */
const outOfLine = [
  ...["session", "bridge", "ctrl", "describe", "catalog", "journal", "identity", "people", "vault", "words"].map((p) => `beeline/wasm/${p}`),
  ...["fmt", "reflect", "strconv", "flag", "time", "os", "syscall", "net/netip"],
  ...["handshake", "invite", "xwing"].map((p) => `beeline/wasm/${p}`),
  ...["nistec", "nistec/fiat", "aes", "aes/gcm", "drbg", "check", "ecdh", "hkdf", "hmac", "ed25519"].map((p) => `crypto/internal/fips140/${p}`),
  ...["math/big", "crypto/ecdh", "crypto/ed25519", "crypto/mlkem", "golang.org/x/crypto/blake2b", "golang.org/x/text/unicode/norm", "golang.org/x/text/transform", "beeline/signaling/wire", "syscall/js"],
  ...["internal/strconv", "strings", "bytes", "sort", "encoding/base64", "sync", "internal/sync", "runtime/debug", "runtime"],
].map((p) => `-gcflags=${p}=-l`);

/** Bytes; a page that takes longer to load than to read loses the person. DESIGN 2, wall 4. */
const budget = { raw: 5_800_000, br: 1_160_000 };

function buildWasm() {
  const out = path.join(work, "beeline.wasm");
  execFileSync("go", ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", ...outOfLine, "-o", out, "./wasm"], {
    cwd: root,
    env: { ...process.env, GOOS: "js", GOARCH: "wasm" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const bytes = readFileSync(out);
  // Not to be seen in the list of packages: some of the standard library import fmt and use it for what we never call.
  if (bytes.includes("%!(NOVERB)")) throw new Error("something in the core calls fmt, 0.3 MB (wasm/PROTOCOL.md, Walls): `go build -ldflags=-dumpdep` says what");
  return bytes;
}

function withinBudget(name, raw, br) {
  if (raw <= budget.raw && (br <= budget.br || brotliQuality < 11)) return;
  throw new Error(`${name} has ${raw} bytes, ${br} as brotli; the budget is ${budget.raw} and ${budget.br} (wasm/PROTOCOL.md, "Walls")`);
}

const compressible = /\.(js|css|html|svg|wasm|json|webmanifest|txt)$/;
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** Compressing wasm at full quality takes seconds, so results are kept by content. */
async function compressed(bytes, extension) {
  const level = extension === "br" ? brotliQuality : dev ? 5 : 9;
  const cached = path.join(work, "cache", `${sha256(bytes)}.${level}.${extension}`);
  if (existsSync(cached)) return readFileSync(cached);
  const out =
    extension === "br"
      ? await brotli(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [zlib.constants.BROTLI_PARAM_LGWIN]: 24 } })
      : await gzip(bytes, { level });
  writeFileSync(cached, out);
  return out;
}

const pages = ["index.html", "r.html", "contacts.html", "c.html", "trust.html", "check.html"];
/** What is served as it lies in page/, under a name that stays. */
const still = ["favicon.svg", "icon-maskable.svg", "apple-touch-icon.png", "beeline.webmanifest"];
/** What the service worker does not keep: only systems that install a page, or people who scan a code, ask for it. */
const unkept = /^(icon-maskable\.svg|apple-touch-icon\.png|assets\/scan\.\w+\.js)$/;

/** The path under which the server has a file (backend/server/assets.go). */
const servedAs = (name) => `/${name === "index.html" ? "" : name.replace(/\.html$/, "")}`;

async function main() {
  mkdirSync(path.join(work, "cache"), { recursive: true });

  const wasm = addHashed("beeline", "wasm", buildWasm());
  const workers = {};
  for (const thread of ["core", "lane", "disk", "scan"]) {
    workers[thread] = addHashed(thread, "js", await bundle(`${thread}/${thread}.ts`));
  }
  const style = await bundle("page/style/main.css");
  const styleUrl = addHashed("page", "css", style);
  const script = await bundle("page/main.tsx", { __ASSETS__: JSON.stringify({ wasm, ...workers }) });
  const scriptUrl = addHashed("page", "js", script);

  for (const name of still) files.set(name, readFileSync(path.join(web, "page", name)));

  // The build's name is that of everything in it, so that a page can say of which
  // build it is, and the service worker which one it keeps.
  const head = readFileSync(path.join(web, "page/head.html"), "utf8").trim(); // the same of every page
  const templates = new Map(pages.map((page) => [page, readFileSync(path.join(web, "page", page), "utf8").replace("{{head}}", () => head)]));
  const parts = [...files].map(([name, bytes]) => `${sha256(bytes)} ${name}`).concat([...templates].map(([name, html]) => `${sha256(html)} ${name}`));
  const build = sha256(parts.sort().join("\n")).slice(0, 16);

  const values = {
    style: styleUrl,
    styleIntegrity: integrity(style),
    script: scriptUrl,
    scriptIntegrity: integrity(script),
    wasm,
    build,
  };
  for (const [page, html] of templates) {
    const filled = html.replaceAll(/\{\{(\w+)\}\}/g, (_, key) => {
      if (!(key in values)) throw new Error(`${page} asks for {{${key}}}, which the build does not have`);
      return values[key];
    });
    files.set(page, Buffer.from(filled));
  }

  const kept = [...files.keys()].filter((name) => !unkept.test(name)).sort();
  const shell = { name: build, files: Object.fromEntries(kept.map((name) => [servedAs(name), sha256(files.get(name))])) };
  files.set("sw.js", Buffer.from(await bundle("sw/sw.ts", { __BUILD__: JSON.stringify(shell) })));

  // What is served, by digest: what somebody who checks the server compares.
  const names = [...files.keys()].sort();
  files.set("assets.txt", Buffer.from(names.map((name) => `${sha256(files.get(name))}  ${name}\n`).join("")));

  for (const [name, bytes] of [...files]) {
    if (!compressible.test(name)) continue;
    for (const extension of ["br", "gz"]) {
      const small = await compressed(bytes, extension);
      if (small.length < bytes.length) files.set(`${name}.${extension}`, small);
    }
    if (!dev && name.endsWith(".wasm")) withinBudget(name, bytes.length, files.get(`${name}.br`)?.length ?? bytes.length);
  }

  mkdirSync(dist, { recursive: true });
  for (const entry of readdirSync(dist)) {
    if (entry !== ".placeholder") rmSync(path.join(dist, entry), { recursive: true });
  }
  mkdirSync(path.join(dist, "assets"));
  for (const [name, bytes] of files) writeFileSync(path.join(dist, name), bytes);

  for (const name of names) {
    const br = files.get(`${name}.br`);
    console.log(`${String(files.get(name).length).padStart(9)} ${br ? String(br.length).padStart(9) : "        –"}  ${name}`);
  }
}

await main();
