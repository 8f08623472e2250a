// Many small files into a real folder: of a type Chromium doesn't look at, and
// of one it does.

import { mkdirSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { figure } from "./figure.ts";
import { withPair } from "./pair.ts";
import { transfer } from "./transfer.ts";

export async function measureSmallFiles(): Promise<void> {
  await measure("small_files_per_s", 10_000, "wav");
  await measure("small_files_checked_per_s", 2_000, "exr");
}

function measure(name: string, count: number, extension: string): Promise<void> {
  return withPair(
    "chromium",
    async ({ url, from, to, folder }) => {
      const source = path.join(folder, "A001");
      mkdirSync(source);
      for (let i = 0; i < count; i++) writeFileSync(path.join(source, `A001.${String(i).padStart(6, "0")}.${extension}`), randomBytes(10_240));
      const done = await transfer({ url, from, to, source, destination: path.join(folder, "landed") });
      figure(name, count / done.seconds, "files/s", 1);
    },
    { safeBrowsing: true }, // as for people: the browser looks at what is saved
  );
}
