import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL(".", import.meta.url);
const sheets = readdirSync(folder).filter((name) => name.endsWith(".css"));
const text = (name: string) => readFileSync(new URL(name, folder), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");

test("raw colours stand in tokens.css only", () => {
  assert.ok(sheets.includes("tokens.css") && sheets.length > 1, "the sheets are where this test looks");
  const raw = /#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|oklch|oklab|lab|lch|hwb|color)\(/gi;
  for (const name of sheets.filter((n) => n !== "tokens.css")) {
    assert.deepEqual([...text(name).matchAll(raw)].map((m) => m[0]), [], `${name}: give the colour a name in tokens.css`);
  }
});

test("every token that is used exists", () => {
  const defined = new Set([...text("tokens.css").matchAll(/(--[\w-]+)\s*:/g)].map((m) => m[1]));
  const set = new Set(["--written", "--safe", "--verified", "--height", "--shift", "--level"]); // by meter.tsx and tree-box.tsx
  for (const name of sheets) {
    for (const [, token = ""] of text(name).matchAll(/var\((--[\w-]+)/g)) {
      assert.ok(defined.has(token) || set.has(token), `${name}: ${token} is not in tokens.css`);
    }
  }
});

test("every token is used", () => {
  const used = new Set(sheets.flatMap((name) => [...text(name).matchAll(/var\((--[\w-]+)/g)].map((m) => m[1])));
  const defined = [...text("tokens.css").matchAll(/(--[\w-]+)\s*:/g)].map((m) => m[1]);
  assert.deepEqual(defined.filter((token) => !used.has(token)), [], "take these tokens out");
});
