// What the pages and the manifest say of themselves twice must be the same.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const [, light, dark] = /--ground: light-dark\((#\w+), (#\w+)\)/.exec(read("style/tokens.css")) ?? [];

test("the browser's frame has the colour of the page's ground", () => {
  assert.ok(light && dark, "the ground is where this test looks");
  for (const page of ["index.html", "r.html", "contacts.html", "c.html", "trust.html", "check.html"]) {
    const html = read(page).replace("{{head}}", () => read("head.html")); // as build.mjs
    assert.match(html, new RegExp(`theme-color" content="${light}" media="\\(prefers-color-scheme: light\\)"`), page);
    assert.match(html, new RegExp(`theme-color" content="${dark}" media="\\(prefers-color-scheme: dark\\)"`), page);
  }
  const manifest = JSON.parse(read("beeline.webmanifest"));
  assert.equal(manifest.theme_color, light);
  assert.equal(manifest.background_color, light);
});

test("every picture that the pages and the manifest name is there", () => {
  const named = [...read("head.html").matchAll(/href="\/([\w.-]+)"/g)].map(([, name = ""]) => name);
  assert.ok(named.includes("favicon.svg") && named.includes("beeline.webmanifest"));
  const icons: { src: string }[] = JSON.parse(read("beeline.webmanifest")).icons;
  for (const name of [...named, ...icons.map((i) => i.src.slice(1))]) assert.ok(existsSync(new URL(name, import.meta.url)), name);
});

test("the mark in the page is the drawing of the favicon", () => {
  const shapes = (text: string) => [...text.matchAll(/ (?:d|cx|cy|r)="([^"]+)"/g)].map((m) => m[1]);
  assert.ok(shapes(read("favicon.svg")).length > 3);
  assert.deepEqual(shapes(read("views/mark.tsx")), shapes(read("favicon.svg")));
  for (const token of ["brand", "brand-line"]) {
    const colour = new RegExp(`--${token}: (#\\w+)`).exec(read("style/tokens.css"))?.[1] ?? "none";
    assert.ok(read("favicon.svg").includes(colour), `--${token} is not the favicon's`);
  }
});
