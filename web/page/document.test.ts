import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { en } from "./words/en/en.ts";
import { formatOf } from "./format.ts";

const web = path.resolve(import.meta.dirname, "..");
const text = readFileSync(path.join(web, "PAGES.md"), "utf8");
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, said = ""]) => said);

test("every file that PAGES.md names is there", () => {
  const files = quoted.filter((said) => /^[\w./-]+\.(tsx?|css|mjs|md)$/.test(said) || /^[\w/-]+\/$/.test(said));
  assert.ok(files.length > 30, `only ${files.length} files named`);
  const where = ["", "page/views", ".."]; // a view is named without its folder
  for (const file of files) assert.ok(where.some((folder) => existsSync(path.join(web, folder, file))), `${file} is not there`);
});

test("every link inside PAGES.md leads somewhere", () => {
  const headings = new Set([...text.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) => `#${heading.toLowerCase().replaceAll(" ", "-")}`));
  const links = [...text.matchAll(/\]\((#[^)]*)\)/g)].map(([, to = ""]) => to);
  assert.deepEqual(links.sort(), [...headings].sort());
});

test("PAGES.md says of every phase and stage which view shows it", () => {
  const rows = text.slice(text.indexOf("## States and views"), text.indexOf("## Words and languages")).match(/^\| .*$/gm) ?? [];
  const first = rows.map((row) => row.split("|")[1] ?? "").join();
  const stages = [...readFileSync(path.join(web, "page/state.ts"), "utf8").matchAll(/\| \{\s*(?:stage|page): "([\w-]+)"/g)].map(([, stage = ""]) => stage);
  assert.ok(stages.length > 8, `only ${stages.length} stages found in state.ts`);
  for (const said of [...Object.keys(en(formatOf("en")).stage), ...stages.filter((s) => s !== "send" && s !== "receive")]) {
    assert.ok(first.includes(`\`${said}\``), `${said} has no row`);
  }
});

test("every figure of PAGES.md is measured", () => {
  const bench = path.join(web, "e2e/bench");
  const measured = readdirSync(bench).map((file) => readFileSync(path.join(bench, file), "utf8")).join("\n");
  const figures = quoted.filter((said) => /^[a-z0-9]+(_[a-z0-9]+)+$/.test(said));
  assert.ok(figures.length > 5, `only ${figures.length} figures found`);
  for (const figure of figures) assert.ok(measured.includes(`figure("${figure}"`), `nothing measures ${figure}`);
});
