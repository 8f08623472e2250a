// The core worker: starts the Go machine and hands it to its shell.

import { startCore } from "../shared/go.ts";
import type { FromCore, ToCore } from "../shared/messages.ts";
import type { Bridge } from "./machine.ts";
import { Vault } from "./vault.ts";
import { Shell } from "./shell.ts";

function post(message: FromCore, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function dead(message: string): void {
  post({ type: "dead", message });
  self.close();
}

let shell: Shell | null = null;
const early: ToCore[] = [];

self.onmessage = (e: MessageEvent<ToCore>): void => {
  const message = e.data;
  if (shell !== null) return shell.fromPage(message);
  if (message.type !== "init") {
    early.push(message);
    return;
  }
  startCore(message.module, () => dead("the core ended")).then(
    () => {
      shell = new Shell(message, (globalThis as unknown as { beeline: Bridge }).beeline, { post, dead }, Vault.open());
      for (const m of early.splice(0)) shell.fromPage(m);
    },
    (error: unknown) => dead(String(error)),
  );
};
