import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const page = new URL("../", import.meta.url);
const read = (folder: string, ending: string) =>
  readdirSync(new URL(folder, page))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(`${folder}${name}`, page), "utf8"));

const ruled = new Set(read("style/", ".css").flatMap(classesRuled));
const used = new Set([...read("views/", ".tsx"), ...read("./", ".html")].flatMap(classesUsed));

test("every class that has a rule is used by a view", () => {
  assert.ok(ruled.size > 50, `only ${ruled.size} classes found in the sheets`);
  assert.deepEqual([...ruled].filter((name) => !used.has(name)), [], "take these rules out");
});

test("every class that a view uses has a rule", () => {
  assert.ok(used.size > 50, `only ${used.size} classes found in the views`);
  assert.deepEqual([...used].filter((name) => !ruled.has(name)), [], "take these classes out, or say how they look");
});

test("classes are found where they stand", () => {
  assert.deepEqual(classesRuled('@import "./a.css"; /* .no */ .a > b.c::before { content: ".d"; height: .5rem } @media print { .e:not(.f) { inset: 0 } }'), ["a", "c", "e", "f"]);
  assert.deepEqual(classesUsed('<p class="a b-c" title="d"><i class={x === "e" ? "f" : undefined} /></p>'), ["a", "b-c", "f"]);
});

function classesRuled(css: string): string[] {
  const selectors = css
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/"[^"]*"/g, "")
    .matchAll(/([^{};]*)\{/g);
  return [...selectors].flatMap(([, selector = ""]) => [...selector.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = ""]) => name));
}

/** Classes are spelled out in views, at most chosen between; what is compared is none. */
function classesUsed(view: string): string[] {
  return [...view.matchAll(/\bclass=(?:"([^"]*)"|\{([^}]*)\})/g)].flatMap(([, plain, code = ""]) => {
    const said = plain ?? [...code.replaceAll(/[!=]==\s*"[^"]*"/g, "").matchAll(/"([^"]*)"/g)].map(([, text]) => text).join(" ");
    return said.split(/\s+/).filter((name) => name !== "");
  });
}
