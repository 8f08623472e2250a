import { type Browser, type Kind, kinds, launch } from "./browser.ts";

/** Both browsers, for a file of tests that needs them from its beginning to its end. */
export class BothBrowsers {
  readonly #started = new Map<Kind, Browser>();

  async start(): Promise<void> {
    for (const kind of kinds) this.#started.set(kind, await launch(kind));
  }

  of(kind: Kind): Browser {
    const browser = this.#started.get(kind);
    if (browser === undefined) throw new Error(`${kind} did not start`);
    return browser;
  }

  async close(): Promise<void> {
    for (const browser of this.#started.values()) await browser.close();
  }
}
