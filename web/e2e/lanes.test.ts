// Several connections carry one transfer: as many as the distance asks for, and
// the loss of one costs what it had under way. wasm/PROTOCOL.md f.1.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { waitStage } from "./harness/actions.ts";
import { scene } from "./harness/both.ts";
import { type Kind, kinds } from "./harness/browser.ts";
import { connected, cutOne, farAway, keepConnections } from "./harness/connections.ts";
import { bytes, digests } from "./harness/files.ts";
import { open, partWritten, receive, saved, share } from "./harness/transfer.ts";

const film = { "film.mov": bytes(96 << 20, 9) };

const { browsers, server, source } = scene(film);

/** A whole transfer; `middle` runs when a part of it is written. */
async function transfer(from: Kind, to: Kind, ms: number, middle: (sender: Page) => Promise<void>): Promise<void> {
  const sender = await share(browsers.of(from), server.url, [`${source.path}/film.mov`], async (page) => {
    await keepConnections(page);
    await farAway(page, ms);
  });
  const recipient = await open(browsers.of(to), sender.link);
  try {
    await receive(recipient);
    await partWritten(recipient.page);
    await middle(sender.page);
    await waitStage(recipient.page, "Complete", 90_000);
    assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
    for (const end of [sender, recipient]) assert.deepEqual(end.watch.problems, []);
  } finally {
    recipient.remove();
    await recipient.page.close();
    await sender.page.close();
  }
}

describe("over distance", () => {
  for (const from of kinds) {
    for (const to of kinds) {
      test(`${from} to ${to}: four connections and more, of which one is lost`, () => transfer(from, to, 60, async (sender) => {
        const before = await connected(sender);
        assert.ok(before >= 4, `${before} connections`);
        await cutOne(sender);
      }));
    }
  }
});

test("nearby one connection carries all", () => transfer("chromium", "chromium", 1, async (sender) => {
  assert.equal(await connected(sender), 1);
}));
