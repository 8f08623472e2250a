// Checks the types of every thread with its own libraries, and of the tests.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const web = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
let failed = false;
for (const part of ["page", "core", "lane", "disk", "scan", "sw", "e2e"]) {
  if (!existsSync(`${web}/${part}/tsconfig.json`)) continue;
  const run = spawnSync(process.execPath, [`${web}/node_modules/typescript/bin/tsc`, "-p", part], { cwd: web, stdio: "inherit" });
  if (run.status !== 0) {
    console.error(`types: ${part} does not compile`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
