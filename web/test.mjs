// Runs tests with Node's runner.
//
//	node test.mjs unit [words]    *.test.ts beside the code, no browser
//	node test.mjs e2e [words]     e2e/*.test.ts, a process a file, two at a time
//	node test.mjs lab [words]     e2e/lab/*.lab.ts, the long ones, one file after the other
//
// With words, only the files whose path has one of them.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";

/** Files that need the machine for themselves, and why. */
const alone = {
  "e2e/cut.test.ts": "how soon a closed page is missed tells whether its goodbye arrived",
  "e2e/lanes.test.ts": "how many connections there are follows from what was measured of them",
  "e2e/memory.test.ts": "looks at heaps in the middle of a transfer",
};
/** How many of the others run at a time: most of the time they wait, for browsers to start and for what is to be noticed. */
const together = 2;

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
files.sort();
if (files.length === 0) {
  console.error(`test: no ${kind} test found`);
  process.exit(1);
}

const node = ["--import", "tsx", "--test-reporter=spec"];

if (kind !== "e2e") {
  const all = [...node, "--test", ...(kind === "lab" ? ["--test-concurrency=1"] : []), ...files];
  process.exit(spawnSync(process.execPath, all, { cwd: web, stdio: "inherit" }).status ?? 1);
}

spawnSync(process.execPath, ["--import", "tsx", "e2e/harness/profile.ts"], { cwd: web, stdio: "inherit" }); // without it they start all the same

const began = performance.now();
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`;
const running = new Set();
const failed = [];
const counts = new Map(); // by file: of its tests, by what Node's runner calls them
const took = new Map(); // by file: ms, of its last run

/** Runs one file, and says what it said once it has ended: two at a time would be read as one. */
async function run(file) {
  const since = performance.now();
  const child = spawn(process.execPath, [...node, file], { cwd: web, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => said.push(b));
  const code = await new Promise((resolve) => child.once("close", resolve));
  running.delete(child);
  took.set(file, performance.now() - since);
  console.log(`\n${file}, ${seconds(since)}`);
  const count = {};
  for (const line of Buffer.concat(said).toString().trimEnd().split("\n")) {
    const [, what, n] = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/.exec(line) ?? [];
    if (what === undefined) console.log(line);
    else count[what] = Number(n);
  }
  counts.set(file, count);
  return code === 0;
}

// What is stopped takes its browsers along: a test's process closes them.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(1);
  });
}

for (const file of files.filter((f) => f in alone)) if (!(await run(file))) failed.push(file);
const others = files.filter((f) => !(f in alone));
const beside = []; // failed while another file ran
await Promise.all(
  Array.from({ length: together }, async () => {
    for (let file = others.shift(); file !== undefined; file = others.shift()) if (!(await run(file))) beside.push(file);
  }),
);

// Two cores and four browsers: a test may run out of time for no fault of its own.
// So a few that failed beside others are run once more, alone, and that counts.
// Many at once are no accident.
const again = beside.length <= 3 ? beside : [];
failed.push(...beside.filter((file) => !again.includes(file)));
for (const file of again) {
  console.log(`\n${file} failed beside another file; once more, alone:`);
  if (!(await run(file))) failed.push(file);
}

// Where to look when all of it takes too long.
if (files.length > 1) {
  console.log("\nthe slowest:");
  for (const [file, ms] of [...took].sort(([, a], [, b]) => b - a).slice(0, 12)) console.log(`${(ms / 1000).toFixed(0).padStart(5)} s  ${file}${file in alone ? " (alone)" : ""}`);
}

const sum = (what) => [...counts.values()].reduce((n, count) => n + (count[what] ?? 0), 0);
console.log(`\n${files.length} files, ${seconds(began)}: ${sum("tests")} tests, ${sum("pass")} passed, ${sum("fail")} failed, ${sum("cancelled")} cancelled, ${sum("skipped")} skipped`);
if (again.length > 0) console.log(`failed beside another file, and run again alone: ${again.join(" ")}`);
if (failed.length > 0) console.log(`failed: ${failed.join(" ")}`);
process.exit(failed.length === 0 ? 0 : 1);
