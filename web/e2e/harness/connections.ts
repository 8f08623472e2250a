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
