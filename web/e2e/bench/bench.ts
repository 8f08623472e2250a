// `make bench`: the figures of DESIGN 5, each against its reference in the same
// run, alternating. One JSON line a figure on stdout, the rest on stderr.
//
//	node --import tsx e2e/bench/bench.ts [words]    only groups whose name has one of the words

import { measureList } from "./list.ts";
import { measureFirstLoad } from "./load.ts";
import { measureMemory } from "./memory.ts";
import { measureNativeBrowser, measureNativeCroc, measureNativeFirst, measureNativeRatio, measureNativeSmall } from "./native.ts";
import { measurePage } from "./page.ts";
import { measureRatio } from "./ratio.ts";
import { measureCapped } from "./capped.ts";
import { measureCode } from "./code.ts";
import { measureContacts } from "./contacts.ts";
import { measureReconnect } from "./reconnect.ts";
import { measureResume } from "./resume.ts";
import { measureSmallFiles } from "./small.ts";
import { measureCore, measureGrinding } from "./core.ts";
import { note } from "./figure.ts";
import { measureVault } from "./vault.ts";
import { measureLanLanes, measureWan } from "./wan.ts";

const groups: Record<string, () => Promise<void>> = {
  core: measureCore,
  sas: measureGrinding,
  load: measureFirstLoad,
  page: measurePage,
  list: measureList,
  "ratio-chromium": () => measureRatio("chromium"),
  "ratio-firefox": () => measureRatio("firefox"),
  capped: measureCapped,
  wan: measureWan,
  "lan-lanes": measureLanLanes,
  small: measureSmallFiles,
  memory: measureMemory,
  reconnect: measureReconnect,
  code: measureCode,
  vault: measureVault,
  contacts: measureContacts,
  resume: measureResume,
  "native-ratio": measureNativeRatio,
  "native-first": measureNativeFirst,
  "native-small": measureNativeSmall,
  "native-browser": measureNativeBrowser,
  "native-croc": measureNativeCroc,
};

const words = process.argv.slice(2);
let failed = false;
for (const [name, measure] of Object.entries(groups)) {
  if (words.length > 0 && !words.some((w) => name.includes(w))) continue;
  note(`bench: ${name}`);
  try {
    await measure();
  } catch (error) {
    failed = true;
    note(`bench: ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
process.exit(failed ? 1 : 0);
