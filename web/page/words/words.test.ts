import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { formatOf } from "../format.ts";
import { de } from "./de/de.ts";
import { en } from "./en/en.ts";
import { firstLanguage, language, speak, words } from "./words.ts";

/** Every string of a table by its path; what depends on arguments is left out. */
function strings(table: object, at = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(table) as [string, unknown][]) {
    if (key === "format") continue;
    if (typeof value === "string") found.set(`${at}${key}`, value);
    else if (typeof value === "object" && value !== null) for (const [below, text] of strings(value, `${at}${key}.`)) found.set(below, text);
  }
  return found;
}

/** The same in both languages. */
const shared = /^progress\.ends\.sender$|\.command$/;

test("every word has been translated", () => {
  const english = strings(en(formatOf("en")));
  const german = strings(de(formatOf("de")));
  assert.ok(english.size > 150, `only ${english.size} words`);
  assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
  for (const [key, text] of english) {
    if (text === "" || shared.test(key)) continue;
    assert.notEqual(german.get(key), text, `${key} is not German`);
  }
});

test("a failure says what happened and what to do, in whole sentences", () => {
  for (const table of [en(formatOf("en")), de(formatOf("de"))]) {
    for (const [code, said] of Object.entries(table.failures)) {
      for (const { title, next } of [said, said.sharer ?? said]) {
        assert.match(title, /^\p{Lu}.*[.]$/u, code);
        assert.match(next, /^\p{Lu}.*[.]$/u, code);
        assert.notEqual(title, next, code);
      }
    }
  }
});

test("who may have ended the share has no link any more: a new one is asked for", () => {
  for (const { failures } of [en(formatOf("en")), de(formatOf("de"))]) {
    for (const code of ["E_NO_PEER", "E_GONE"] as const) assert.match(failures[code].next, /a new one\.$|um einen neuen\.$/, code);
  }
});

test("a list of which nothing is there yet has no total", () => {
  assert.doesNotMatch(en(formatOf("en")).receive.total(0, 0, false), /0/);
  assert.doesNotMatch(de(formatOf("de")).receive.total(0, 0, false), /0/);
  assert.match(en(formatOf("en")).receive.total(0, 0, true), /0 files/);
});

test("names that were changed are not called the files' own", () => {
  assert.match(en(formatOf("en")).receive.done.nextFolder(0), /own names/);
  assert.doesNotMatch(en(formatOf("en")).receive.done.nextFolder(3), /own names/);
});

test("words change with the language, and numbers with them", () => {
  speak("de");
  assert.equal(words.value.receive.connect, "Verbinden");
  assert.equal(words.value.filesAndSize(1200, 12_300_000), "1.200 Dateien, 12,3 MB");
  speak("en");
  assert.equal(words.value.filesAndSize(1, 12_300_000), "1 file, 12.3 MB");
  assert.equal(language.value, "en");
});

test("the browser's first language that we speak is taken, else English", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const among = (...tags: string[]) => {
    Object.defineProperty(globalThis, "navigator", { value: { languages: tags }, configurable: true });
    return firstLanguage();
  };
  assert.equal(among("fr-FR", "de-AT", "en"), "de");
  assert.equal(among("fr-FR", "en-GB", "de"), "en");
  assert.equal(among("fr-FR"), "en");
  if (before !== undefined) Object.defineProperty(globalThis, "navigator", before);
});

test("a kept choice counts only where it is a language that we speak", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  const kept = (choice: string) => {
    Object.defineProperty(globalThis, "localStorage", { value: { getItem: () => choice }, configurable: true });
    return firstLanguage();
  };
  assert.equal(kept("de"), "de");
  assert.notEqual(kept("toString"), "toString"); // every object has one
  if (before === undefined) Reflect.deleteProperty(globalThis, "localStorage");
  else Object.defineProperty(globalThis, "localStorage", before);
});

test("no words stand in views", () => {
  const folder = path.join(import.meta.dirname, "../views");
  const found: string[] = [];
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".tsx"))) {
    found.push(...wordsIn(readFileSync(path.join(folder, file), "utf8")).map((said) => `${file}: ${said}`));
  }
  assert.deepEqual(found, []);
});

test("words in views are found", () => {
  const view = `import a from "a b"; export const A = () => <p class="one two" title="Hello">{x ? "Yes" : <b>and there</b>} : {\`Said \${y}\`} Beeline {f("E_LINK")}</p>;`;
  assert.deepEqual(wordsIn(view), ["Hello", "Yes", "and there", "Said "]);
});

/** What in a view looks like something for people: it begins like a sentence, or has several words. */
function wordsIn(source: string): string[] {
  const { code } = transformSync(source, { loader: "tsx", jsx: "automatic", jsxImportSource: "preact", target: "es2022", minifySyntax: true });
  const literals = code.replaceAll(/^import .*$/gm, "").replaceAll(/\bclass: ("[^"]*"|`[^`]*`)/g, "").matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g);
  return [...literals]
    .map(([, text, template]) => text ?? template?.replaceAll(/\$\{[^}]*\}/g, "") ?? "")
    .filter((text) => /^\p{Lu}\p{L}*\p{Ll}|\p{Ll}\s+\p{L}/u.test(text) && text.trim() !== "Beeline");
}
