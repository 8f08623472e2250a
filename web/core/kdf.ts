// Argon2id takes 64 to 512 MiB, and the memory of wasm never shrinks: so it runs in
// a worker that makes one key and ends. The page starts it, because workers of
// workers are not everywhere, and sees nothing of it: the port between is the
// core's.

import { startCore } from "../shared/go.ts";
import type { FromPeople, KdfQuestion, ToKdf } from "../shared/people.ts";
import type { Books } from "./book.ts";

/** The core's side. Null: it ended without an answer. */
export function askWorker(module: WebAssembly.Module, question: KdfQuestion, post: (message: FromPeople, transfer: Transferable[]) => void): Promise<Uint8Array | null> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (e: MessageEvent<Uint8Array | null>) => {
      port1.close();
      resolve(e.data);
    };
    port1.postMessage(question);
    post({ type: "people.kdf", module, port: port2 }, [port2]);
  });
}

/** The worker's side. */
export function answerOnce({ module, port }: ToKdf, books: () => Books): void {
  const end = (base: Uint8Array<ArrayBuffer> | null): void => {
    port.postMessage(base);
    self.close();
  };
  port.onmessage = (e: MessageEvent<KdfQuestion>) => {
    const { header, passphrase } = e.data;
    startCore(module, () => end(null)).then(() => end(books().base(header, passphrase))).catch(() => end(null));
  };
}
