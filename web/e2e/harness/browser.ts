// Real browsers with fresh profiles: Chromium over CDP, stock Firefox over
// WebDriver BiDi. Both may write what they download into a folder of the test.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import puppeteer, { type Browser as Driver, type Page } from "puppeteer-core";
import { type Host, tunnel } from "./network.ts";
import { beginProfile } from "./profile.ts";
import { freePort } from "./server.ts";
import { Watch } from "./watch.ts";

export type Kind = "chromium" | "firefox";
export const kinds: readonly Kind[] = ["chromium", "firefox"];

const binaries: Record<Kind, string[]> = {
  chromium: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
};

export interface Browser {
  kind: Kind;
  driver: Driver;
  /** Where downloads land. */
  downloads: string;
  /** A page in which everything that goes wrong is noted. */
  page(): Promise<{ page: Page; watch: Watch }>;
  close(): Promise<void>;
  /** Ends it as a crash does: SIGKILL, to all of its processes. What its profile holds stays. */
  kill(): Promise<void>;
}

export interface BrowserOptions {
  /** Chromium looks at saved files as it does for people (folders.md). Off by default: without internet it waits for each. */
  safeBrowsing?: boolean;
  /** More flags for Chromium, or preferences for Firefox. */
  chromiumArgs?: string[];
  firefoxPrefs?: Record<string, boolean | number | string>;
  /** Where it runs, if not on this machine's own network. */
  host?: Host;
  /** A folder for profile and downloads that outlives the browser: the next one with it goes on. Else a new one each time. */
  kept?: string;
}

/** The program. */
export function binaryOf(kind: Kind): string {
  const binary = binaries[kind].find((b) => existsSync(b));
  if (binary === undefined) throw new Error(`${kind} is not installed: run \`make test\`, which installs it`);
  return binary;
}

export async function launch(kind: Kind, options: BrowserOptions = {}): Promise<Browser> {
  const folder = options.kept ?? mkdtempSync(path.join(tmpdir(), `beeline-${kind}-`));
  const downloads = path.join(folder, "downloads");
  mkdirSync(downloads, { recursive: true });
  const binary = binaryOf(kind);
  if (kind === "firefox") beginProfile(binary, path.join(folder, "profile"));
  const executablePath = options.host?.wrap(binary) ?? binary;
  const driver = await (kind === "chromium" ? chromium : firefox)(executablePath, folder, downloads, options);
  return {
    kind,
    driver,
    downloads,
    async page() {
      const page = await driver.newPage();
      return { page, watch: await Watch.over(page) };
    },
    async close() {
      await driver.close();
      if (options.kept === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
    async kill() {
      const browser = driver.process();
      if (browser?.pid === undefined) throw new Error("a browser without a process");
      const gone = new Promise<void>((resolve) => (browser.exitCode === null && browser.signalCode === null ? browser.once("exit", () => resolve()) : resolve()));
      process.kill(-browser.pid, "SIGKILL"); // puppeteer starts it as a group of its own
      await gone;
    },
  };
}

async function chromium(executablePath: string, folder: string, downloads: string, options: BrowserOptions): Promise<Driver> {
  // Write permission to dropped folders comes from the profile: no driver can
  // press the button of a permission prompt (folders.md).
  const userDataDir = path.join(folder, "profile");
  mkdirSync(path.join(userDataDir, "Default"), { recursive: true });
  const preferences = path.join(userDataDir, "Default/Preferences");
  if (!existsSync(preferences)) writeFileSync(
    preferences,
    JSON.stringify({
      profile: { default_content_setting_values: { file_system_write_guard: 1, file_system_read_guard: 1, automatic_downloads: 1 } },
      safebrowsing: { enabled: options.safeBrowsing ?? false },
      download: { default_directory: downloads, prompt_for_download: false },
    }),
  );
  return puppeteer.launch({
    browser: "chrome",
    executablePath,
    userDataDir,
    headless: true,
    // A browser on another host can't be reached through a port.
    pipe: options.host !== undefined,
    acceptInsecureCerts: true,
    protocolTimeout: 600_000,
    downloadBehavior: { policy: "allow", downloadPath: downloads },
    // Puppeteer would keep timers of hidden tabs running; people's browsers don't.
    ignoreDefaultArgs: ["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-features"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Headless and in containers mDNS names can't be resolved.
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      ...(options.chromiumArgs ?? []),
    ],
  });
}

async function firefox(executablePath: string, folder: string, downloads: string, options: BrowserOptions): Promise<Driver> {
  const debuggingPort = options.host === undefined ? 0 : await freePort();
  const way = options.host === undefined ? null : await tunnel(options.host.name, debuggingPort);
  const driver = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    debuggingPort,
    userDataDir: path.join(folder, "profile"),
    headless: true,
    acceptInsecureCerts: true,
    protocolTimeout: 600_000,
    args: ["--remote-allow-system-access"], // for drop.ts
    extraPrefsFirefox: {
      // What drop.ts drops was never picked by a person: without these the page's process may not read it.
      "dom.filesystem.pathcheck.disabled": true,
      "security.sandbox.content.level": 0,
      "media.peerconnection.ice.loopback": true,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      "browser.download.folderList": 2,
      "browser.download.dir": downloads,
      "browser.download.useDownloadDir": true,
      "browser.download.always_ask_before_handling_new_types": false,
      "browser.download.manager.showWhenStarting": false,
      "browser.download.alwaysOpenPanel": false,
      "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream,application/zip,video/quicktime,text/plain",
      ...options.firefoxPrefs,
    },
  });
  driver.once("disconnected", () => way?.close());
  return driver;
}
