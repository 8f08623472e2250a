// The connections of a page, which the product keeps to itself.

import type { Page } from "puppeteer-core";

interface Kept {
  connections: RTCPeerConnection[];
}

/** Keeps every connection of a page within reach of the test. Before the page loads. */
export async function keepConnections(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const connections: RTCPeerConnection[] = [];
    Object.assign(globalThis, {
      connections,
      RTCPeerConnection: class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          connections.push(this);
        }
      },
    });
  });
}

/** Makes the other side look far away to a page: its browser says that a round trip takes so many ms. Before the page loads. */
export async function farAway(page: Page, ms: number): Promise<void> {
  await page.evaluateOnNewDocument((seconds: number) => {
    const { getStats: stats } = RTCPeerConnection.prototype;
    Object.defineProperty(RTCPeerConnection.prototype, "getStats", {
      async value(this: RTCPeerConnection) {
        const report = new Map<string, RTCStats>();
        for (const [id, entry] of await stats.call(this)) report.set(id, entry.type === "candidate-pair" ? { ...entry, currentRoundTripTime: seconds } : entry);
        return report;
      },
    });
  }, ms / 1000);
}

/** How many connections of a page work. */
export function connected(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as Kept).connections.filter((connection) => connection.connectionState === "connected").length);
}

/** Ends one working connection of a page, not the first, without a word. */
export async function cutOne(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as unknown as Kept).connections.findLast((connection) => connection.connectionState === "connected")?.close());
}

/** Ends every connection of a page without a word. */
export async function cut(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const connection of (globalThis as unknown as Kept).connections) connection.close();
  });
}

/** Bytes that went through the living connections of a page so far, both ways, as the browser counts them on the wire. */
export function carried(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let sum = 0;
    for (const connection of (globalThis as unknown as Kept).connections) {
      if (connection.connectionState === "closed") continue;
      for (const entry of (await connection.getStats()).values() as Iterable<RTCStats & Partial<RTCIceCandidatePairStats>>) {
        if (entry.type === "candidate-pair") sum += (entry.bytesSent ?? 0) + (entry.bytesReceived ?? 0);
      }
    }
    return sum;
  });
}
