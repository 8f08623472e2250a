// The browser's own downloads, as a person sees and stops them there.

import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { Browser } from "./browser.ts";
import { chromeCode } from "./drop.ts";

/** What lies in a folder of downloads: bytes by name. */
export function lying(folder: string): Record<string, number> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(path.join(folder, name)).size]));
}

export interface Downloads {
  /** Stops the one that runs. */
  stop(): Promise<void>;
  /** How the last one ended, for the browser; null while it runs. */
  last(): Promise<"whole" | "broken" | null>;
}

export async function downloadsOf(browser: Browser): Promise<Downloads> {
  return browser.kind === "firefox" ? ofFirefox(browser) : ofChromium(browser);
}

function ofFirefox({ driver }: Browser): Downloads {
  const all = (then: string): Promise<string> =>
    chromeCode(driver, `async () => {
      const { Downloads } = ChromeUtils.importESModule("resource://gre/modules/Downloads.sys.mjs");
      const all = await (await Downloads.getList(Downloads.ALL)).getAll();
      ${then}
    }`);
  return {
    async stop() {
      const said = await all("const running = all.filter((d) => !d.stopped); for (const d of running) await d.cancel(); return String(running.length);");
      if (said !== "1") throw new Error(`Firefox stopped ${said} downloads`);
    },
    async last() {
      const said = await all("const last = all.at(-1); return last === undefined || !last.stopped ? 'runs' : last.succeeded ? 'whole' : 'broken';");
      return said === "whole" || said === "broken" ? said : null;
    },
  };
}

async function ofChromium({ driver, downloads }: Browser): Promise<Downloads> {
  const cdp = await driver.target().createCDPSession();
  let guid = "";
  let state = "inProgress";
  cdp.on("Browser.downloadWillBegin", (e) => {
    guid = e.guid;
    state = "inProgress";
  });
  cdp.on("Browser.downloadProgress", (e) => {
    if (e.guid === guid) state = e.state;
  });
  await cdp.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads, eventsEnabled: true });
  return {
    async stop() {
      if (guid === "") throw new Error("Chromium began no download");
      await cdp.send("Browser.cancelDownload", { guid });
    },
    last: () => Promise.resolve(state === "completed" ? "whole" : state === "canceled" ? "broken" : null),
  };
}
