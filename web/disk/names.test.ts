import assert from "node:assert/strict";
import { test } from "node:test";
import { askedTypes, platformOf } from "./asks.ts";
import { cut, escaped, maybeAlias, numbered, partName, splitName, zipName } from "./names.ts";

const size = (text: string): number => new TextEncoder().encode(text).length;

test("a name is split before its last dot", () => {
  assert.deepEqual(splitName("a.tar.gz"), ["a.tar", ".gz"]);
  assert.deepEqual(splitName(".hidden"), [".hidden", ""]);
  assert.deepEqual(splitName("README"), ["README", ""]);
  assert.deepEqual(splitName("a."), ["a", "."]);
});

test("the next free name has its number before the extension", () => {
  assert.equal(numbered("clip.mov", 1), "clip.mov");
  assert.equal(numbered("clip.mov", 2), "clip (2).mov");
  assert.equal(numbered("README", 10), "README (10)");
  assert.equal(numbered(".hidden", 2), ".hidden (2)");
});

test("a numbered name is never too long, and keeps its extension", () => {
  for (const stem of ["x".repeat(300), "ü".repeat(200), "🎬".repeat(100)]) {
    const name = numbered(`${stem}.mov`, 12);
    assert.ok(size(name) <= 248, `${size(name)} bytes`);
    assert.match(name, / \(12\)\.mov$/);
  }
  assert.ok(size(numbered(`a.${"e".repeat(300)}`, 2)) <= 248);
});

test("a text is cut between code points", () => {
  assert.equal(cut("ab🎬c", 5), "ab");
  assert.equal(cut("ab🎬c", 6), "ab🎬");
  assert.equal(cut("", 0), "");
});

test("the name in the part folder has the extension and nothing else of the name", () => {
  assert.equal(partName(7, "secret.mov"), "t7.mov");
  assert.equal(partName(7, "secret.MOV"), "t7.MOV");
  assert.equal(partName(7, "secret"), "t7");
  assert.equal(partName(7, ".secret"), "t7");
  assert.equal(partName(7, "a. secret"), "t7");
  assert.equal(partName(7, "a.lnk"), "t7");
  assert.equal(partName(7, "a.{20D04FE0-3AEA-1069-A2D8-08002B30309D}"), "t7");
});

test("a refused name is escaped so that two never become one", () => {
  const names = ["Thumbs.db", "Thumbs%2Edb", "desktop.ini", "a.lnk", "a%.lnk", "CON", "%43ON", "con"];
  const all = names.map(escaped);
  assert.equal(new Set(all).size, names.length, all.join(" "));
  assert.equal(escaped("Thumbs.db"), "Thumbs%2Edb");
  assert.equal(escaped("CON"), "%43ON");
});

test("short names of Windows are known by their form", () => {
  for (const name of ["IMPORT~1.MOV", "PROGRA~1", "A~1.R", "AB12CD~1.TXT", "import~2", "ABCDE~12.MOV", "A~123456"]) assert.ok(maybeAlias(name), name);
  for (const name of ["Important~1.mov", "IMPORT~1.MOVIE", "IMPORT~.MOV", "IMPORT1.MOV", "a.b~1", "A~1.B.C", "~", "~/1", "IMPORT~1 (2).MOV", ""]) assert.ok(!maybeAlias(name), name);
});

test("an archive is named for its only folder, or for the share", () => {
  assert.equal(zipName(new Set(["A001"]), "Day 3"), "A001.zip");
  assert.equal(zipName(new Set(["A001", "A002"]), "Day 3: reels/all"), "Day 3- reels-all.zip");
  assert.equal(zipName(new Set(["a", "b"]), ""), "files.zip");
  assert.equal(zipName(new Set(["a", "b"]), "..\u202e"), "-.zip");
  assert.ok(size(zipName(new Set(["ü".repeat(300)]), "")) <= 248);
});

test("types that the browser asks about are known by platform", () => {
  const chrome = (os: string): string => `Mozilla/5.0 (${os}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`;
  const windows = askedTypes(platformOf(chrome("Windows NT 10.0; Win64; x64")));
  const mac = askedTypes(platformOf(chrome("Macintosh; Intel Mac OS X 10_15_7")));
  const linux = askedTypes(platformOf(chrome("X11; Linux x86_64")));
  // XML beside every clip of some cameras, and the shell scripts of others.
  assert.deepEqual([windows, mac, linux].map((t) => t.has("xml")), [true, false, false]);
  assert.deepEqual([windows, mac, linux].map((t) => t.has("sh")), [false, true, true]);
  assert.deepEqual([windows, mac, linux].map((t) => t.has("dmg")), [false, true, false]);
  for (const types of [windows, mac, linux]) {
    for (const film of ["mov", "mxf", "r3d", "braw", "arx", "wav", "dpx", "exr", "ale", "edl"]) assert.equal(types.has(film), false, film);
    assert.equal(types.has("py"), true);
    assert.equal(types.has(""), false);
  }
});
