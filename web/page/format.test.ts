import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOf, percent, visible } from "./format.ts";

const { count, size, span, speed } = formatOf("en");

test("sizes are decimal and short", () => {
  const cases: [number, string][] = [
    [0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1000, "1.0 kB"], [999_499, "999 kB"], [999_500, "1.0 MB"],
    [12_345_678, "12.3 MB"], [100_000_000_000, "100 GB"], [2 ** 53, "9.0 PB"], [-1, "0 bytes"],
  ];
  for (const [bytes, want] of cases) assert.equal(size(bytes), want);
});

test("spans are in words", () => {
  const cases: [number, string][] = [
    [0.2, "1 second"], [1, "1 second"], [59, "59 seconds"], [90, "2 minutes"], [3600, "1 hour"], [5400, "1 hour 30 min"], [7260, "2 hours 1 min"], [604_800, "7 days"],
  ];
  for (const [seconds, want] of cases) assert.equal(span(seconds), want);
});

test("100 percent only when everything is there", () => {
  assert.equal(percent(999_999, 1_000_000, false), 99);
  assert.equal(percent(1_000_000, 1_000_000, false), 100);
  assert.equal(percent(0, 0, false), 0);
  assert.equal(percent(0, 0, true), 100);
  assert.equal(percent(-5, 10, false), 0);
});

test("rates are sizes a second", () => {
  assert.equal(speed(20_300_000), "20.3\u00a0MB/\u2060s");
  assert.equal(speed(0), "0\u00a0byte/\u2060s");
});

test("another language has its own numbers, units and plurals", () => {
  const de = formatOf("de");
  assert.equal(de.size(12_345_678), "12,3 MB");
  assert.equal(de.span(90), "2 Minuten");
  assert.equal(de.count(12_000, { one: "Datei", other: "Dateien" }), "12.000 Dateien");
});

test("counts have their noun", () => {
  assert.equal(count(1, { one: "file", other: "files" }), "1 file");
  assert.equal(count(12_000, { one: "file", other: "files" }), "12,000 files");
});

// PROTOCOL.md 3, attack 32: a name that reads as another one.
test("what turns a name around or hides in it is spelled out", () => {
  assert.equal(visible("clip\u202egpj.exe"), "clip[U+202E]gpj.exe");
  assert.equal(visible("a\u200bb\u0000\n"), "a[U+200B]b[U+0000][U+000A]");
  assert.equal(visible("Größe – 日本 🎬"), "Größe – 日本 🎬");
  assert.equal(visible("re\u00adport\u3164.pdf"), "re[U+00AD]port[U+3164].pdf", "a soft hyphen, a filler");
  assert.equal(visible("a\u{e0041}\u2800\ud800"), "a[U+E0041][U+2800][U+D800]", "a tag, an empty cell, half a character");
});
