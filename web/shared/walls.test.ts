// The walls of the web side, each with its reason: DESIGN 2, wasm/PROTOCOL.md
// "Walls". What a thread may touch of the browser is held by its tsconfig; what
// it may import is held here.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const web = path.resolve(import.meta.dirname, "..");

/** The sources below a folder of web/, tests left out. */
function sources(folder: string, ending: RegExp): string[] {
  return readdirSync(path.join(web, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((name) => ending.test(name) && !/\.test\.ts$|\/testing\//.test(name));
}

/** What a source imports: paths below web/, or names of packages. */
function imports(file: string): string[] {
  const text = readFileSync(path.join(web, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s+"([^"]+)"/g)].map(([, to = ""]) => (to.startsWith(".") ? path.join(path.dirname(file), to) : to));
}

const threads: Record<string, { may: RegExp; why: string }> = {
  page: {
    may: /^(page\/|shared\/(disk|messages|people|room|shell|stream|views)\.ts$|wire\/|preact$|preact\/|@preact\/signals$|qr$)/,
    why: "the page sees no key and no byte of a file: it must not reach the core's code or the ports behind it",
  },
  core: { may: /^(core\/|shared\/|wire\/|idb$)/, why: "the core worker knows no view and no disk" },
  lane: { may: /^(lane\/|shared\/|wire\/)/, why: "a lane knows groups and records, nothing else" },
  disk: { may: /^(disk\/|shared\/|wire\/)/, why: "the disk worker knows files, nothing else" },
  scan: { may: /^(scan\/|qr\/decode\.js$)/, why: "it reads pictures and knows nothing else" },
  sw: { may: /^(sw\/|shared\/(shell|stream)\.ts$)/, why: "the service worker keeps the pages and passes downloads on, and knows nothing of a transfer or a link" },
};

for (const [thread, { may, why }] of Object.entries(threads)) {
  test(`web/${thread} imports only what it may`, () => {
    const files = sources(thread, /\.tsx?$/);
    assert.ok(files.length > 0, `no sources found in ${thread}`);
    for (const file of files) {
      for (const to of imports(file)) assert.match(to, may, `${file} imports ${to}: ${why}`);
    }
  });
}

test("every constant that Go generates is used", () => {
  const text = readFileSync(path.join(web, "wire/wire.ts"), "utf8");
  const names = [...text.matchAll(/^export (?:const|type) (\w+)/gm)].map(([, name = ""]) => name);
  assert.ok(names.length > 2, "no constants found");
  const used = Object.keys(threads).flatMap((t) => sources(t, /\.tsx?$/)).map((file) => readFileSync(path.join(web, file), "utf8")).join("\n");
  for (const name of names) {
    assert.match(used, new RegExp(`import[^;]*\\b${name}\\b[^;]*wire\\.ts"`), `${name}: take the mark //gen:ts off it in wasm/wire/wire.go, and run \`make gen\``);
  }
});

test("no style or script stands inside a page", () => {
  for (const file of sources("page", /\.(tsx|html)$/)) {
    const text = readFileSync(path.join(web, file), "utf8");
    assert.doesNotMatch(text, /\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+="/, `${file}: the policy of the pages forbids inline style and script`);
    assert.doesNotMatch(text, /dangerouslySetInnerHTML|\.innerHTML/, `${file}: names come from strangers and are text`);
  }
});

test("the service worker uses no more of an address than its path", () => {
  const text = sources("sw", /\.ts$/).map((file) => readFileSync(path.join(web, file), "utf8")).join("\n");
  assert.match(text, /new URL\(request\.url\)/, "requests are read where this test looks");
  assert.doesNotMatch(text.replaceAll("new URL(request.url)", ""), /console\.|\.hash\b|\.href\b|\.url\b/, "the address of a page may hold a link");
});

test("nothing is fetched from anybody else", () => {
  for (const file of [...sources("page", /\.(tsx?|css|html)$/), ...["core", "lane", "disk", "scan", "sw", "shared"].flatMap((t) => sources(t, /\.ts$/))]) {
    const text = readFileSync(path.join(web, file), "utf8");
    assert.doesNotMatch(text, /["'(]https?:\/\/(?!www\.w3\.org\/2000\/svg)/, `${file} names another host`);
  }
});
