// The words of every failure and refusal, each on its page: as people read them,
// not only as the table has them.

import path from "node:path";
import type { Page } from "puppeteer-core";
import { failures } from "../../page/words/en/failures.ts";
import type { FailureCode } from "../../wire/wire.ts";
import type { ReceiveView, RecipientView } from "../../shared/views.ts";
import { press, waitStage } from "../harness/actions.ts";
import type { Browser } from "../harness/browser.ts";
import { drop } from "../harness/drop.ts";
import { tempFolder, writeTree } from "../harness/files.ts";
import { say, showView, speakForCore } from "../harness/said.ts";
import { type Server, startServer } from "../harness/server.ts";
import type { Visit } from "../harness/tour.ts";
import { connect, open, share } from "../harness/transfer.ts";

const codes = Object.keys(failures) as FailureCode[];
const MB = 1e6;

export async function refusals(browser: Browser, see: Visit): Promise<void> {
  const source = tempFolder();
  writeTree(source.path, { "Day 3/A001_C001.mov": Buffer.alloc(3 * MB), "Day 3/mix.wav": Buffer.alloc(1 * MB) });
  const server = await startServer();
  try {
    await unfit(browser, server, see);
    await refusedDrops(browser, server, source.path, see);
    await destinations(browser, server, source.path, see);
    await failed(browser, server, source.path, see);
  } finally {
    await server.stop();
    source.remove();
  }
}

/** A page whose browser lacks something: code that runs before it loads, by what is missing then. */
async function unfit(browser: Browser, { url }: Server, see: Visit): Promise<void> {
  const without = {
    secure: "Object.defineProperty(window, 'isSecureContext', { value: false })",
    wasm: "delete WebAssembly.compileStreaming",
    workers: "delete globalThis.Worker",
    webrtc: "delete globalThis.RTCPeerConnection",
  };
  for (const [what, code] of Object.entries(without)) {
    const { page } = await browser.page();
    await page.evaluateOnNewDocument(code);
    await page.goto(`${url}/`);
    await waitStage(page, "Failed");
    await see(`refusal-unfit-${what}`, page);
    await page.close();
  }
}

/** What can't be shared. */
async function refusedDrops(browser: Browser, { url }: Server, source: string, see: Visit): Promise<void> {
  const dropped = (page: Page, items: string) =>
    page.evaluate(`{
      const drop = new DragEvent("drop", { bubbles: true, cancelable: true });
      Object.defineProperty(drop, "dataTransfer", { value: { items: ${items}, files: [] } });
      document.body.dispatchEvent(drop);
    }`);
  const { page } = await browser.page();
  await speakForCore(page);
  await page.goto(`${url}/`);
  await waitStage(page, "Ready");
  await dropped(page, "[]");
  await page.waitForSelector("main > [role=alert]");
  await see("refusal-drop-nothing", page);
  const many = `[{ kind: "file", webkitGetAsEntry: () => ({ name: "many", isFile: false, isDirectory: true, createReader: () => {
    let n = 0;
    return { readEntries: (ok) => ok(Array.from({ length: n > 500000 ? 0 : 50000 }, () => ({ name: String(n++), isFile: false, isDirectory: true, createReader: () => ({ readEntries: (none) => none([]) }) }))) };
  } }) }]`;
  await dropped(page, many);
  await page.waitForFunction("document.querySelector('main [role=alert]')?.textContent.includes('500,000')", { timeout: 60_000 });
  await see("refusal-drop-too-many", page);
  await drop(page, [path.join(source, "Day 3")]);
  await press(page, "Stop sharing");
  await waitStage(page, "Cancelled");
  await dropped(page, `[{ kind: "file", webkitGetAsEntry: () => ({ name: "more", isFile: true, isDirectory: false }) }]`);
  await page.waitForFunction("document.body.textContent.includes('Press “Share something else” first')", { timeout: 10_000 });
  await see("refusal-drop-over", page);
  await say(page, { type: "dead", message: "a picture" });
  await see("refusal-broken", page);
  await page.close();
}

/** Where it can't land, or not as one would like. */
async function destinations(browser: Browser, { url }: Server, source: string, see: Visit): Promise<void> {
  const sender = await share(browser, url, [path.join(source, "Day 3")]);
  const listed = async (code: string): Promise<Page> => {
    const { page } = await open(browser, sender.link, async (page) => void (await page.evaluateOnNewDocument(code)));
    await press(page, "Connect");
    await page.waitForFunction("[...document.querySelectorAll('button')].some((b) => b.textContent === 'Receive')", { timeout: 30_000 });
    return page;
  };
  const alert = (page: Page) => page.waitForSelector(".card [role=alert]", { timeout: 10_000 });
  if (browser.kind === "chromium") {
    const page = await listed(`
      window.showDirectoryPicker = () => Promise.reject(new DOMException("", "SecurityError"));
      FileSystemHandle.prototype.queryPermission = FileSystemHandle.prototype.requestPermission = async () => "denied";`);
    await drop(page, [path.join(source, "Day 3/mix.wav")]);
    await alert(page);
    await see("refusal-not-a-folder", page);
    await press(page, "Receive");
    await page.waitForFunction("document.querySelector('.card [role=alert]')?.textContent.includes('Choose another one')");
    await see("refusal-picker", page);
    await drop(page, [source]);
    await press(page, "Receive");
    await page.waitForFunction("document.querySelector('.card [role=alert]')?.textContent.includes('was not allowed')");
    await see("refusal-no-permission", page);
    await page.close();
  }
  const noPicker = "delete Window.prototype.showDirectoryPicker; delete window.showDirectoryPicker;";
  const poor = (persisted: boolean) => `${noPicker}
    StorageManager.prototype.estimate = async () => ({ quota: 1000, usage: 0 });
    StorageManager.prototype.persisted = async () => ${persisted};
    StorageManager.prototype.persist = async () => false;`;
  const noWorker = `Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });`;
  const rooms = { streams: poor(true), none: poor(true) + noWorker, "asks-or-streams": poor(false), asks: poor(false) + noWorker };
  for (const [room, code] of Object.entries(rooms)) {
    const page = await listed(code);
    await page.waitForSelector(".card .warning", { timeout: 10_000 });
    await see(`refusal-room-${room}`, page);
    await page.close();
  }
  await sender.page.close({ runBeforeUnload: false });
}

/** Every code, as the recipient reads it, and all of them in the sharer's rows. */
async function failed(browser: Browser, { url }: Server, source: string, see: Visit): Promise<void> {
  const sender = await share(browser, url, [path.join(source, "Day 3")], speakForCore);
  const recipient = await open(browser, sender.link, speakForCore);
  await connect(recipient);
  const { page } = recipient;
  const part: Partial<ReceiveView> = { files: 2, bytes: 4 * MB, written: 2.5 * MB, safe: 2.5 * MB, since: Date.now() - 180_000, route: "direct" };
  for (const why of codes) {
    await showView(page, { ...part, phase: "failed", why });
    await see(`refusal-${why}`, page);
  }
  const others: [string, Partial<ReceiveView>][] = [
    ["waiting-E_NO_PEER", { phase: "waiting", why: "E_NO_PEER" }],
    ["waiting-E_OUTDATED", { phase: "waiting", why: "E_OUTDATED" }],
    ["listed-E_SPACE", { phase: "listed", why: "E_SPACE" }],
    ["paused-E_SPACE", { ...part, phase: "paused", why: "E_SPACE", needed: 1_500_000 }],
    ["failed-E_PATH-direct", { phase: "failed", why: "E_PATH", paths: "direct" }],
    ["files", { ...part, phase: "failed", why: "E_INCOMPLETE", filesVerified: 1, filesFailed: 7, changed: 2, failed: (["E_READ", "E_CHANGED", "E_WITHDRAWN", "E_ROOT", "E_NAME", "E_WRITE"] as const).map((why, n) => ({ name: `A001_C00${n}.mov`, why })) }],
    ...([null, "E_OFFLINE", "E_NO_PEER", "E_PATH", "E_BUSY", "E_AUTH"] as const).map((why): [string, Partial<ReceiveView>] => [`reconnecting-${why}`, { ...part, phase: "reconnecting", why }]),
  ];
  for (const [name, view] of others) {
    await showView(page, view);
    await new Promise((resolve) => setTimeout(resolve, 100)); // what is brief
    await see(`refusal-${name}`, page);
  }

  const row = (why: FailureCode, session: number, over: Partial<RecipientView> = {}): RecipientView => ({
    session, phase: "failed", asks: false, why, since: Date.now() - 180_000, files: 2, bytes: 4 * MB, written: 2.5 * MB, safe: 2.5 * MB, verified: 0,
    filesVerified: 0, filesFailed: 0, route: "direct", lanes: 1, paths: "any", idle: false, pausedHere: false, byCode: false, contact: null, device: 0, proved: null, ...over,
  });
  const rows = [...codes.map((why, n) => row(why, n + 1)), row("E_PATH", 100, { paths: "direct" }), ...(["E_OFFLINE", "E_NO_PEER", "E_PATH"] as const).map((why, n) => row(why, 101 + n, { phase: "reconnecting" }))];
  for (let n = 0; n < rows.length; n += 10) { // a picture of all is too high for most programs
    await showView(sender.page, { phase: "waiting", recipients: rows.slice(n, n + 10) });
    await see(`refusal-rows-${n / 10 + 1}`, sender.page);
  }
  for (const why of ["E_MANIFEST", "E_OUTDATED", "E_CLOCK", "E_INTERNAL"] as const) {
    await showView(sender.page, { phase: why === "E_OUTDATED" ? "connecting" : "failed", why, recipients: [] });
    await see(`refusal-sharer-${why}`, sender.page);
  }
  await page.close({ runBeforeUnload: false });
  await sender.page.close({ runBeforeUnload: false });
  recipient.remove();
}
