// Runs tests with Node's runner.
//
//	node test.mjs unit [words]    *.test.ts beside the code, no browser
//	node test.mjs e2e [words]     e2e/*.test.ts, one file after the other: they share two cores
//	node test.mjs lab [words]     e2e/lab/*.lab.ts, the long ones
//
// With words, only the files whose path has one of them.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";

const web = path.dirname(new URL(import.meta.url).pathname);
const [kind, ...words] = process.argv.slice(2);
const folders = { unit: ["page", "core", "lane", "disk", "sw", "shared"], e2e: ["e2e"], lab: ["e2e/lab"] }[kind];
if (folders === undefined) {
  console.error("usage: node test.mjs unit|e2e|lab [words]");
  process.exit(2);
}

const files = [];
function collect(folder) {
  let entries = [];
  try {
    entries = readdirSync(path.join(web, folder), { withFileTypes: true });
  } catch {
    return; // a thread that does not exist yet
  }
  for (const entry of entries) {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) collect(file);
    else if (entry.name.endsWith(kind === "lab" ? ".lab.ts" : ".test.ts") && (words.length === 0 || words.some((w) => file.includes(w)))) files.push(file);
  }
}
folders.forEach(collect);
if (files.length === 0) {
  console.error(`test: no ${kind} test found`);
  process.exit(1);
}

const run = spawnSync(process.execPath, ["--import", "tsx", "--test", "--test-reporter=spec", ...(kind !== "unit" ? ["--test-concurrency=1"] : []), ...files.sort()], {
  cwd: web,
  stdio: "inherit",
});
process.exit(run.status ?? 1);
