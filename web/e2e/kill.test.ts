// Whatever dies in the middle, one tree lands, whole and the same, and little of it
// comes twice. The hundred of them: lab/kill.lab.ts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kinds } from "./harness/browser.ts";
import { bytes, digests, tempFolder, type Tree, writeTree } from "./harness/files.ts";
import { Rig, victims } from "./harness/kills.ts";
import { partWritten } from "./harness/transfer.ts";

/** Seven files, the large ones in the first half. */
const tree: Tree = { "card/empty.txt": new Uint8Array() };
for (let i = 0; i < 6; i++) tree[`card/A001_C00${i}.mov`] = bytes(6_000_000 - 900_000 * i, i);
const size = Object.values(tree).reduce((sum, content) => sum + (content?.byteLength ?? 0), 0);

for (const kind of kinds) {
  describe(`to ${kind}`, () => {
    const source = tempFolder();
    let rig: Rig;
    before(async () => {
      writeTree(source.path, tree);
      rig = await Rig.start(kind === "chromium" ? "firefox" : "chromium", kind);
    });
    after(async () => {
      await rig?.stop();
      source.remove();
    });

    // How a sharer comes back is shown by again.test.ts in both browsers: its death is one of ten, here a closed tab.
    for (const [n, victim] of victims.entries()) {
      if (victim === "sender" || (victim === "sender's tab" && kind === "firefox")) continue;
      test(`the ${victim} dies`, { timeout: 120_000 }, async (t) => {
        const { landed, moved } = await rig.survive(`${source.path}/card`, victim, (page) => partWritten(page, 15 + 15 * n, 99));
        assert.deepEqual(landed, digests(tree));
        t.diagnostic(`moved ${(moved / size).toFixed(3)} of the size`);
        assert.ok(moved < 2 * size, `moved ${moved} bytes of ${size}`);
      });
    }
  });
}
