// Another build of the page than the one that was built: as what a server has
// after an update, without building twice.

import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tempFolder } from "./files.ts";

const dist = path.resolve(import.meta.dirname, "../../dist");
const pages = ["index.html", "r.html", "contacts.html", "c.html", "trust.html", "check.html"];

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export interface Folder {
  path: string;
  remove(): void;
}

/** A copy of the build, for `beeline serve --page`. */
export function copyOfBuild(): Folder {
  const folder = tempFolder();
  cpSync(dist, folder.path, { recursive: true });
  return folder;
}

/** A later build: its page's script says `globalThis.laterBuild`, and everything that names the script or has its digest follows. */
export function laterBuild(): Folder {
  const folder = copyOfBuild();
  const read = (name: string): Buffer => readFileSync(path.join(folder.path, name));
  const write = (name: string, bytes: Buffer): void => {
    writeFileSync(path.join(folder.path, name), bytes);
    for (const ending of [".br", ".gz"]) rmSync(path.join(folder.path, name + ending), { force: true });
  };
  const index = read("index.html").toString();
  const build = find(index, /name="build" content="(\w+)"/);
  const script = find(index, /src="\/(assets\/page\.\w+\.js)"/);
  const integrity = find(index, /src="[^"]+" integrity="([^"]+)"/);

  const later = Buffer.concat([read(script), Buffer.from("\n;globalThis.laterBuild=true;")]);
  const laterName = `assets/page.${sha256(later).slice(0, 16)}.js`;
  let worker = read("sw.js").toString();
  const swap = (from: string, to: string): void => {
    if (!worker.includes(from)) throw new Error(`sw.js does not have ${from}`);
    worker = worker.replaceAll(from, to);
  };
  swap(build, build.split("").reverse().join(""));
  swap(script, laterName);
  swap(sha256(read(script)), sha256(later));
  for (const name of pages) {
    const html = read(name);
    const changed = Buffer.from(
      html.toString().replace(build, build.split("").reverse().join("")).replace(script, laterName)
        .replace(integrity, `sha384-${createHash("sha384").update(later).digest("base64")}`),
    );
    swap(sha256(html), sha256(changed));
    write(name, changed);
  }
  for (const ending of ["", ".br", ".gz"]) rmSync(path.join(folder.path, script + ending), { force: true });
  write(laterName, later);
  write("sw.js", Buffer.from(worker));
  return folder;
}

function find(text: string, what: RegExp): string {
  const found = what.exec(text)?.[1];
  if (found === undefined) throw new Error(`the built page has no ${what}`);
  return found;
}
