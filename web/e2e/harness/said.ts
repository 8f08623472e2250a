// A test speaks in the place of a page's core worker: for what no two real ends
// can be brought to say, or not in the time that a picture takes.

import type { Page } from "puppeteer-core";
import type { FromCore } from "../../shared/messages.ts";
import type { ReceiveView, ShareView } from "../../shared/views.ts";

interface Heard {
  core: Worker;
  /** The last view that the real core sent. */
  lastView: ReceiveView | ShareView;
  hear?: Worker["onmessage"];
}

/** Makes it possible. Before the page loads. */
export async function speakForCore(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    globalThis.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        if (options?.name !== "core") return;
        Object.assign(globalThis, { core: this });
        this.addEventListener("message", ({ data }) => {
          if (data.view !== undefined) Object.assign(globalThis, { lastView: data.view });
        });
      }
    };
  });
}

/** The page hears this, and nothing more of the real core. */
export async function say(page: Page, message: FromCore): Promise<void> {
  await page.evaluate((data) => {
    const heard = globalThis as unknown as Heard;
    heard.hear ??= heard.core.onmessage;
    heard.core.onmessage = null;
    heard.hear?.call(heard.core, new MessageEvent("message", { data }));
  }, message);
}

/** The page is shown its last view with these changes. */
export async function showView(page: Page, change: Partial<ReceiveView> | Partial<ShareView>): Promise<void> {
  const last = (await page.evaluate("lastView")) as ReceiveView | ShareView;
  await say(page, "recipients" in last ? { type: "share.view", view: { ...last, ...(change as Partial<ShareView>) } } : { type: "receive.view", view: { ...last, ...(change as Partial<ReceiveView>) } });
}
