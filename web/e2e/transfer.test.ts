// A file crosses: a real folder from one browser to another, in every pairing,
// compared byte for byte with its source.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { percents, status, waitStage } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { kinds } from "./harness/browser.ts";
import { bytes, cameraCard, digests } from "./harness/files.ts";
import { open, receive, saved, share } from "./harness/transfer.ts";

const card = cameraCard();
const single = { "A001C002 – take 2.mov": bytes(2_500_000, 20) };

const { browsers, server, source } = scene({ ...card, ...single });

for (const from of kinds) {
  for (const to of kinds) {
    describe(`${from} to ${to}`, () => {
      test("a camera card arrives as it is, and both pages say so", async () => {
        const sender = await share(browsers.of(from), server.url, [`${source.path}/A001_1130`]);
        const recipient = await open(browsers.of(to), sender.link);
        await receive(recipient);
        assert.match(await waitStage(recipient.page, "Complete", 60_000), /9 files received and verified/);
        await waitStage(sender.page, "Complete");

        assert.deepEqual(await saved(recipient, "A001_1130.zip"), digests(card));
        assert.deepEqual([await percents(sender.page), await percents(recipient.page)], [[100], [100]]);
        assert.deepEqual([sender.watch.problems, recipient.watch.problems], [[], []]);
        assert.deepEqual([sender.watch.strangers(server.url), recipient.watch.strangers(server.url)], [[], []]);
        await Promise.all([sender.page.close(), recipient.page.close()]);
        recipient.remove();
      });

      test("a single file arrives as itself", async () => {
        const [name = ""] = Object.keys(single);
        const sender = await share(browsers.of(from), server.url, [`${source.path}/${name}`]);
        const recipient = await open(browsers.of(to), sender.link);
        await receive(recipient);
        await waitStage(recipient.page, "Complete", 60_000);
        assert.deepEqual(await saved(recipient, name), digests(single));
        assert.match(await status(recipient.page), /1 file received and verified/);
        await Promise.all([sender.page.close(), recipient.page.close()]);
        recipient.remove();
      });
    });
  }
}
