// The browsers that a file of tests has.

import { after, before, describe } from "node:test";
import { type Browser, type Kind, kinds, launch } from "./browser.ts";
import { tempFolder, type Tree, writeTree } from "./files.ts";
import { type Server, startServer } from "./server.ts";

/** Both browsers, for a file of tests that needs them from its beginning to its end. */
export class BothBrowsers {
  readonly #started = new Map<Kind, Browser>();

  /** Both at once: each waits for its own processes. */
  start(): Promise<void> {
    return all(kinds.map(async (kind) => void this.#started.set(kind, await launch(kind))));
  }

  of(kind: Kind): Browser {
    const browser = this.#started.get(kind);
    if (browser === undefined) throw new Error(`${kind} did not start`);
    return browser;
  }

  async close(): Promise<void> {
    await all([...this.#started.values()].map((browser) => browser.close()));
  }
}

/** Waits for all of it, also where something failed: what is begun can then be ended. */
async function all(begun: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(begun)).find((it) => it.status === "rejected");
  if (failed !== undefined) throw failed.reason;
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
    const serve = async (): Promise<void> => {
      started = await startServer();
    };
    await all([browsers.start(), serve()]);
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

/** The same tests in each browser by itself, which is there from the first of them to the last. */
export function inEach(tests: (browser: Browser, kind: Kind) => void): void {
  for (const kind of kinds) {
    describe(kind, () => {
      let started: Browser | undefined;
      before(async () => {
        started = await launch(kind);
      });
      after(() => started?.close());
      const browser = (): Browser => {
        if (started === undefined) throw new Error(`${kind} did not start`);
        return started;
      };
      // Tests are written down before it starts.
      tests(
        {
          kind,
          get driver() {
            return browser().driver;
          },
          get downloads() {
            return browser().downloads;
          },
          page: () => browser().page(),
          close: () => browser().close(),
          kill: () => browser().kill(),
        },
        kind,
      );
    });
  }
}
