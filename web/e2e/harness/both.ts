import { after, before } from "node:test";
import { type Browser, type Kind, kinds, launch } from "./browser.ts";
import { tempFolder, type Tree, writeTree } from "./files.ts";
import { type Server, startServer } from "./server.ts";

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

interface Scene {
  browsers: BothBrowsers;
  server: { readonly url: string };
  source: ReturnType<typeof tempFolder>;
}

/**
 * What most files of tests have from their beginning to their end: both browsers, a
 * server, and a folder with something to send. `begin` runs once they are there; a
 * second hook of the file would not wait for that.
 */
export function scene(tree: Tree, begin: () => Promise<void> = async () => undefined): Scene {
  const browsers = new BothBrowsers();
  const source = tempFolder();
  let started: Server | undefined;
  before(async () => {
    writeTree(source.path, tree);
    started = await startServer();
    await browsers.start();
    await begin();
  });
  after(async () => {
    await browsers.close();
    await started?.stop();
    source.remove();
  });
  const server = {
    get url(): string {
      if (started === undefined) throw new Error("the server did not start");
      return started.url;
    },
  };
  return { browsers, server, source };
}
