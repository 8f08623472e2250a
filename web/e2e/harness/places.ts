// The places people are in, as the networks there see to it: behind each kind of
// NAT, where UDP is blocked, where there is IPv6 only. And what the theory says of
// two of them: whether anything direct can be had.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { press, waitStage } from "./actions.ts";
import { type Browser, type Kind, launch } from "./browser.ts";
import { keepConnections } from "./connections.ts";
import { drop } from "./drop.ts";
import { bytes, digests, readTree, tempFolder, writeTree } from "./files.ts";
import { nativeReceive, nativeSend } from "./native.ts";
import { type Lab, type Site, startLab } from "./netlab.ts";
import { open, saved, share } from "./transfer.ts";

/** How long a connection may take, ms. */
export const connectWithin = 10_000;
/** And how long the better way may take to be found, ms. */
const settledWithin = 4_000;

const routers = {
  open: {},
  "full-cone": { nat: "full-cone" },
  "address-restricted": { nat: "address-restricted" },
  "port-restricted": { nat: "port-restricted" },
  symmetric: { nat: "symmetric" },
  // As a company's: a NAT, and a rule besides.
  "no-udp": { nat: "port-restricted", block: "udp" },
  "only-443": { nat: "port-restricted", block: "all-but-443" },
  ipv6: { nat: "firewall", ip: "6" },
} as const satisfies Record<string, Partial<Site>>;

export type Place = keyof typeof routers;
export const places = Object.keys(routers) as Place[];

/** What is at an end. */
export type End = Kind | "native";

export type Route = "direct" | "relayed";

/** What can be had between two places, by what their NATs let through. */
export function theory(a: Place, b: Place): Route {
  const either = (...some: Place[]): boolean => some.includes(a) || some.includes(b);
  if (either("no-udp", "only-443")) return "relayed";
  if (a !== b && either("ipv6")) return "relayed"; // no address in common
  // A symmetric NAT sends from a port that nobody was told. Who lets in only ports
  // it wrote to never hears it, and what it writes goes to the wrong port.
  const symmetric = [a, b].filter((it) => it === "symmetric").length;
  return symmetric === 2 || (symmetric === 1 && either("port-restricted", "ipv6")) ? "relayed" : "direct";
}

/** Pairs of places, each once. */
export function pairs(of: readonly Place[]): [Place, Place][] {
  return of.flatMap((a, i) => of.slice(i).map((b): [Place, Place] => [a, b]));
}

export interface Met {
  /** Of the pair of addresses that they stayed with. */
  route: string;
  /** From the click to the list. */
  seconds: number;
}
export interface World {
  lab: Lab;
  /** Connects two places, moves a file, and says how it went. The first sends. */
  connect(from: [Place, End], to: [Place, End]): Promise<Met>;
  close(): Promise<void>;
}

/** Two sites of each place, and a server with a relay. Browsers are started when they are needed first. */
export async function startWorld(of: readonly Place[] = places): Promise<World> {
  const sites: Site[] = of.flatMap((place) => [1, 2].map((n) => ({ name: `${place}-${n}`, ...routers[place], line: { delay: "5ms" } })));
  const lab = await startLab([...sites, { name: "server", ip: "46" }]);
  const source = tempFolder();
  const film = { "film.mov": bytes(8 << 20, 4) };
  writeTree(source.path, film);
  const file = `${source.path}/film.mov`;
  const browsers = new Map<string, Browser>();
  const browser = async (host: string, kind: Kind): Promise<Browser> => {
    const key = `${host} ${kind}`;
    const it = browsers.get(key) ?? (await launch(kind, { ...lab.reach(host, kind).trusting, host: lab.host(host) }));
    browsers.set(key, it);
    return it;
  };
  const server = await lab.serve({ secure: true, args: ["--stun", "auto", "--relay", "on"] });

  /** The end that sends, and what it sees of the way, if it is a browser. */
  const sends = async (place: Place, end: End): Promise<{ link: string; page?: Page; close(): Promise<unknown> }> => {
    const host = `${place}-1`;
    if (end === "native") return nativeSend(lab.reach(host, end).url, [file], [], lab.host(host));
    const { link, page } = await share(await browser(host, end), lab.reach(host, end).url, [file], keepConnections);
    return { link, page, close: () => page.close() };
  };
  async function browserReceives(of: Browser, link: string): Promise<Met> {
    const recipient = await open(of, link, keepConnections);
    const { page, folder } = recipient;
    try {
      const began = performance.now();
      await press(page, "Connect");
      await page.waitForFunction("[...document.querySelectorAll('button')].some((b) => b.textContent === 'Receive')", { timeout: 2 * connectWithin, polling: 20 });
      const seconds = (performance.now() - began) / 1000;
      const route = await settled(page, () => false);
      if (of.kind === "chromium") await drop(page, [folder]);
      await press(page, "Receive");
      await waitStage(page, "Complete", 30_000);
      assert.deepEqual(await saved(recipient, "film.mov"), digests(film));
      return { route, seconds };
    } finally {
      await page.close();
      recipient.remove();
    }
  }
  async function nativeReceives(link: string, host: string, sender?: Page): Promise<Met> {
    const folder = tempFolder();
    const began = performance.now();
    const peer = await nativeReceive(link, folder.path, [], lab.host(host));
    let ended = false;
    try {
      await peer.next("list", 2 * connectWithin);
      const seconds = (performance.now() - began) / 1000;
      // The native peer takes its time to choose and stays with it; browsers change.
      const way = sender === undefined ? null : settled(sender, () => ended);
      const view = await peer.next("view", 30_000, (line) => line["route"] !== "unknown");
      await peer.next("result", 60_000);
      ended = true;
      assert.deepEqual(readTree(folder.path), digests(film));
      return { route: (await way) ?? String(view["route"]), seconds };
    } finally {
      ended = true;
      await peer.close();
      folder.remove();
    }
  }
  return {
    lab,
    async connect([from, sender], [to, recipient]) {
      const sharing = await sends(from, sender);
      try {
        const host = `${to}-2`;
        // The server has a name where it is real, and the link says the same everywhere.
        const link = sharing.link.replace(/^.*(?=\/r#)/, lab.reach(host, recipient).url);
        return recipient === "native" ? await nativeReceives(link, host, sharing.page) : await browserReceives(await browser(host, recipient), link);
      } finally {
        await sharing.close();
      }
    },
    async close() {
      await Promise.allSettled([...browsers.values()].map((b) => b.close()));
      await server.stop();
      await lab.close();
      source.remove();
    },
  };
}

/**
 * The way that a page's connection takes in the end. Browsers begin with what
 * answers first, which is the relay, and go over to what is better within a second.
 */
async function settled(page: Page, ended: () => boolean): Promise<string> {
  let route = "unknown";
  for (const deadline = Date.now() + settledWithin; route !== "direct" && Date.now() < deadline && !ended(); ) {
    const now = await page.evaluate(chosen).catch(() => "unknown"); // the page may be about to end
    if (now !== "unknown") route = String(now);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return route;
}

/** Runs in the page, where functions with names do not. */
const chosen = `(async () => {
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== "connected") continue;
    const all = await connection.getStats();
    for (const it of all.values()) {
      const pair = it.type === "transport" ? all.get(it.selectedCandidatePairId) : it.selected ? it : undefined;
      if (pair === undefined) continue;
      const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => all.get(id)?.candidateType);
      return ends.includes("relay") ? "relayed" : "direct";
    }
  }
  return "unknown";
})()`;
