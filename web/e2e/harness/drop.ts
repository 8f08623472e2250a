// Dropping real files and folders onto a page, as a file manager does.

import path from "node:path";
import type { Browser as Driver, Page } from "puppeteer-core";

/** Drops files or folders; the page gets genuine entries, on Chromium also genuine handles. */
export async function drop(page: Page, paths: string[]): Promise<void> {
  const absolute = paths.map((p) => path.resolve(p));
  const driver = page.browser();
  if (/firefox/i.test(await driver.version())) await dropInFirefox(driver, page, absolute);
  else await dropInChromium(page, absolute);
}

/** Through the debugging protocol (folders.md). */
async function dropInChromium(page: Page, files: string[]): Promise<void> {
  const cdp = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) await cdp.send("Input.dispatchDragEvent", { type, x: 50, y: 50, data });
  await cdp.detach();
}

interface Bidi {
  send(method: string, params: unknown): Promise<{ result: { contexts: { context: string; url: string }[]; result?: { value?: string }; exceptionDetails?: { text: string } } }>;
}

/**
 * WebDriver can't drop, and its file inputs take no folders. Firefox started
 * with --remote-allow-system-access lets a test run code of the browser itself:
 * that makes the files, and a sandbox with the page's rights drops them, because
 * a page may only read what was dropped by its like.
 */
async function dropInFirefox(driver: Driver, page: Page, paths: string[]): Promise<void> {
  await page.bringToFront();
  const script = frameScript.replace("PATHS", () => JSON.stringify(paths));
  const said = await chromeCode(
    driver,
    `async (script) => {
      const mm = gBrowser.selectedBrowser.messageManager;
      const done = new Promise((resolve) => mm.addMessageListener("beeline:dropped", function heard(m) {
        mm.removeMessageListener("beeline:dropped", heard);
        resolve(m.data);
      }));
      mm.loadFrameScript("data:application/javascript;charset=utf-8," + encodeURIComponent(script), false);
      return done;
    }`,
    script,
  );
  if (said !== "dropped") throw new Error(`drop in Firefox: ${said}`);
}

/** Runs a function of text with the rights of Firefox itself, and gives what it says. */
export async function chromeCode(driver: Driver, code: string, argument = ""): Promise<string> {
  const bidi = (driver as unknown as { connection: Bidi }).connection;
  const tree = await bidi.send("browsingContext.getTree", { "moz:scope": "chrome" });
  const context = tree.result.contexts.find((c) => c.url.endsWith("browser.xhtml"))?.context;
  if (context === undefined) throw new Error("Firefox shows no window to a test: is --remote-allow-system-access missing?");
  const answer = await bidi.send("script.callFunction", {
    functionDeclaration: code,
    arguments: [{ type: "string", value: argument }],
    awaitPromise: true,
    target: { context },
  });
  return answer.result.result?.value ?? answer.result.exceptionDetails?.text ?? "nothing";
}

// Runs with the browser's rights in the process of the page.
const frameScript = `(async () => {
  try {
    const box = new Components.utils.Sandbox(content, { sandboxPrototype: content, wantXrays: false });
    Components.utils.evalInSandbox("var dataTransfer = new DataTransfer();", box);
    for (const path of PATHS) {
      const file = Components.classes["@mozilla.org/file/local;1"].createInstance(Components.interfaces.nsIFile);
      file.initWithPath(path);
      if (!file.exists()) throw new Error("no such file, or the sandbox hides it: " + path);
      if (file.isDirectory()) {
        const maker = new content.DataTransfer(); // only this makes a File of a folder
        maker.mozSetDataAt("application/x-moz-file", file, 0);
        box.file = maker.files[0];
      } else {
        // Made by the parent process, as one that a person drops: another kind reads a few MB and stalls.
        box.file = await content.File.createFromFileName(path);
      }
      Components.utils.evalInSandbox("dataTransfer.items.add(file);", box);
    }
    Components.utils.evalInSandbox(
      \`for (const type of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      }\`,
      box,
    );
    sendAsyncMessage("beeline:dropped", "dropped");
  } catch (error) {
    sendAsyncMessage("beeline:dropped", String(error));
  }
})();`;
