// What the workers of a page say to each other, heard in passing.

import type { Page } from "puppeteer-core";

/**
 * Has `hears`, the text of a function, called with each message that goes through a MessageChannel of a page that is
 * about to load. `setup` is what it needs, text that runs before.
 */
export async function overhear(page: Page, setup: string, hears: string): Promise<void> {
  await page.evaluateOnNewDocument(`{
    ${setup}
    const hears = ${hears};
    const Channel = MessageChannel;
    const relay = (from, to) => {
      from.onmessage = ({ data }) => {
        hears(data);
        to.postMessage(data, data.data instanceof ArrayBuffer ? [data.data] : []);
      };
    };
    globalThis.MessageChannel = class {
      constructor() {
        const [near, far] = [new Channel(), new Channel()];
        relay(near.port2, far.port2);
        relay(far.port2, near.port2);
        this.port1 = near.port1;
        this.port2 = far.port1;
      }
    };
  }`);
}
