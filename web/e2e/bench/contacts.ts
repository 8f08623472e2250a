// From the opening of a page to the hub's last answer that says all topics of 500
// contacts are held: the vault, the topics, the connections. On loopback, in both
// browsers. What the hub is sent passes a tap, so that a refusal would be seen.

import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Page } from "puppeteer-core";
import { press } from "../harness/actions.ts";
import { type Kind, kinds, launch } from "../harness/browser.ts";
import { startServer } from "../harness/server.ts";
import { startTap } from "../harness/tap.ts";
import { figure, median, note } from "./figure.ts";

const contacts = 500;
const rounds = 5;
const [opSub, opSubbed, opErr] = [0x01, 0x81, 0x85]; // signaling/PROTOCOL.md 3
/** One connection looks at 64 contacts, and shows a power of two of topics. */
const topics = 7 * 64 + 64;

/** contacts_500_start_ms: the worse browser's median. */
export async function measureContacts(): Promise<void> {
  const cards = Array.from({ length: contacts }, (_, n) => card(`Contact ${n}`));
  const medians: number[] = [];
  for (const kind of kinds) medians.push(median(await starts(kind, cards)));
  figure("contacts_500_start_ms", Math.round(Math.max(...medians)), "ms", rounds);
}

async function starts(kind: Kind, cards: string[]): Promise<number[]> {
  const server = await startServer();
  let held = 0;
  let refused = 0;
  let last = 0;
  const waiting = new Map<number, number[]>(); // topics that a connection has asked for
  const tap = await startTap(server.url, (m) => {
    const queue = waiting.get(m.connection) ?? [];
    waiting.set(m.connection, queue);
    const op = m.payload[0];
    if (m.toServer && op === opSub) queue.push(m.payload[2] ?? 0);
    if (!m.toServer && op === opErr) refused++;
    if (!m.toServer && op === opSubbed) {
      held += queue.shift() ?? 0;
      last = performance.now();
    }
    return m.payload;
  });
  const browser = await launch(kind);
  try {
    const { page } = await browser.page();
    await page.evaluateOnNewDocument(`
      globalThis.Worker = class extends Worker {
        constructor(url, options) {
          super(url, options);
          if (options.name === "core") globalThis.theCore = this;
        }
      };
    `);
    await page.goto(`${tap.url}/contacts`, { waitUntil: "load" });
    await press(page, "Make my card");
    await page.waitForSelector("#card-link");
    await addAll(page, cards);
    await page.close();
    const took: number[] = [];
    for (let n = -1; n < rounds; n++) {
      const { page: fresh } = await browser.page();
      held = 0;
      const began = performance.now();
      await fresh.goto(`${tap.url}/r`, { waitUntil: "load" });
      if (n < 0) await press(fresh, "Look for it"); // asked for once
      const until = Date.now() + 30_000;
      while (held < topics) {
        if (Date.now() > until) throw new Error(`${kind}: ${held} of ${topics} topics are held after 30 s`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (n >= 0) took.push(last - began);
      await fresh.close();
    }
    if (refused > 0) throw new Error(`${kind}: the hub refused ${refused} messages`);
    note(`contacts: ${kind} ${took.map((t) => Math.round(t)).join(", ")} ms`);
    return took;
  } finally {
    await Promise.allSettled([browser.close(), tap.close(), server.stop()]);
  }
}

/** Adds them as the page does, a question each. */
async function addAll(page: Page, cards: string[]): Promise<void> {
  await page.evaluate(`new Promise((done, fail) => {
    const cards = ${JSON.stringify(cards)};
    let next = 0;
    const ask = () => {
      if (next === cards.length) return done();
      theCore.postMessage({ type: "people", ask: 1e6 + next, question: { what: "add", text: cards[next], petname: "Contact " + next } });
      next++;
    };
    theCore.addEventListener("message", ({ data }) => {
      if (data.type !== "people.answer" || data.ask < 1e6) return;
      if (data.answer.kind === "failed") return fail(new Error(data.answer.why));
      ask();
    });
    ask();
  })`);
}

/** A contact card of somebody new. wasm/PROTOCOL.md a. */
function card(name: string): string {
  const raw = (key: KeyObject): Buffer => createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const signs = generateKeyPairSync("ed25519").privateKey;
  const created = Buffer.alloc(4);
  created.writeUInt32BE(Math.floor(Date.now() / 1000));
  const body = Buffer.concat([Buffer.from([1, 0]), raw(signs), raw(generateKeyPairSync("x25519").privateKey), created, Buffer.from([name.length]), Buffer.from(name)]);
  const signature = sign(null, Buffer.concat([Buffer.from("bee1 card\0"), body]), signs);
  return `bl1.${Buffer.concat([body, signature]).toString("base64url")}`;
}
