// How long a person waits between the right passphrase and their contacts: a worker
// that starts, Argon2id with 64 MiB, and the vault.

import type { ElementHandle } from "puppeteer-core";
import { press, waitStage } from "../harness/actions.ts";
import { kinds, launch } from "../harness/browser.ts";
import { startServer } from "../harness/server.ts";
import { figure, median, note } from "./figure.ts";

const rounds = 5;
const passphrase = "correct horse battery";

/** vault_open_ms: the worse browser's median. */
export async function measureVault(): Promise<void> {
  const server = await startServer();
  let worst = 0;
  try {
    for (const kind of kinds) {
      const browser = await launch(kind);
      const { page } = await browser.page();
      await page.goto(`${server.url}/contacts`, { waitUntil: "load" });
      await press(page, "Make my card");
      await page.waitForSelector("#card-link");
      await page.$$eval("details", (all) => { for (const d of all) d.setAttribute("open", ""); });
      for (const box of ["#passphrase-first", "#passphrase-second"]) await ((await page.$(box)) as ElementHandle).type(passphrase);
      await press(page, "Set passphrase");
      await page.waitForFunction(() => /A passphrase is set/.test(document.body.textContent));
      const times: number[] = [];
      for (let n = 0; n < rounds; n++) {
        await page.reload({ waitUntil: "load" });
        await waitStage(page, "Waiting");
        await ((await page.waitForSelector("#unlock")) as ElementHandle).type(passphrase);
        times.push(
          Number(
            await page.evaluate(`new Promise((resolve) => {
              const began = performance.now();
              new MutationObserver(() => { if (document.querySelector("#card-link") !== null) resolve(performance.now() - began); }).observe(document.body, { childList: true, subtree: true });
              document.querySelector("button.main").click();
            })`),
          ),
        );
      }
      note(`vault: ${kind} ${times.map((t) => Math.round(t)).join(", ")} ms`);
      worst = Math.max(worst, median(times));
      await browser.close();
    }
  } finally {
    await server.stop();
  }
  figure("vault_open_ms", worst, "ms", rounds);
}
