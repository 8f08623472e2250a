// What Firefox makes of every new profile: its own code, compiled, and databases with
// nothing in them. It is made once, by a Firefox that sees no page, and each test's
// profile begins with it: that spares half of what a start costs.
//
//	node --import tsx e2e/harness/profile.ts     makes it, where it is missing

import { cpSync, existsSync, mkdirSync, realpathSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { binaryOf, launch } from "./browser.ts";

const build = path.resolve(import.meta.dirname, "../../.build");

/** What a profile has of the one that used it: preferences, which the driver writes, and what it did. */
const used = /^(prefs\.js|user\.js|lock|\.parentlock|sessionstore.*|sessionCheckpoints\.json|bookmarkbackups|crashes|datareporting|minidumps|saved-telemetry-pings)$/;

/** Where it is, for this Firefox: what another one made is of no use, or not opened at all. */
function place(binary: string): string {
  const { mtimeMs, size } = statSync(realpathSync(binary));
  return path.join(build, `firefox-${Math.floor(mtimeMs)}-${size}`);
}

/** Puts it into the place of a profile, if it was made and there is none yet. */
export function beginProfile(binary: string, profile: string): void {
  const made = place(binary);
  if (existsSync(made) && !existsSync(profile)) cpSync(made, profile, { recursive: true });
}

async function make(): Promise<void> {
  const binary = binaryOf("firefox");
  const made = place(binary);
  if (existsSync(made)) return;
  const kept = `${made}.${process.pid}`;
  mkdirSync(kept, { recursive: true });
  const browser = await launch("firefox", { kept });
  await browser.driver.newPage();
  await browser.close();
  const profile = path.join(kept, "profile");
  for (const name of readdirSync(profile)) if (used.test(name)) rmSync(path.join(profile, name), { recursive: true, force: true });
  if (!existsSync(made)) renameSync(profile, made);
  rmSync(kept, { recursive: true, force: true });
}

if (process.argv[1] === import.meta.filename) await make();
