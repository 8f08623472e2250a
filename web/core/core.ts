// The core worker: starts the Go machine and hands it to its shell, and the
// address book to People. The same program makes one key of a passphrase, in a
// worker of its own that ends afterwards.

import { startCore } from "../shared/go.ts";
import type { FromCore, ToCore } from "../shared/messages.ts";
import type { FromPeople, ToKdf, ToPeople } from "../shared/people.ts";
import type { CoreToLane } from "../shared/ports.ts";
import { Books } from "./book.ts";
import { answerOnce, askWorker } from "./kdf.ts";
import type { Bridge } from "./machine.ts";
import { People } from "./people.ts";
import { Seen } from "./seen.ts";
import { Vault } from "./vault.ts";
import { Devices } from "./devices.ts";
import { configOf, Shell } from "./shell.ts";
import { Watching } from "./watching.ts";

function post(message: FromCore | FromPeople, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function dead(message: string): void {
  post({ type: "dead", message });
  self.close();
}

const bridge = (): Bridge => (globalThis as unknown as { beeline: Bridge }).beeline;

let shell: Shell | null = null;
let people: People | null = null;
let watching: Watching | null = null;
let devices: Devices | null = null;
const early: (ToCore | ToPeople)[] = [];

function take(message: ToCore | ToPeople): void {
  if (message.type === "people") void people?.ask(message.ask, message.question);
  else if (message.type === "watch") watching?.watch(message.on, message.hidden);
  else if (message.type === "device.give" || message.type === "device.take" || message.type === "device.stop") devices?.ask(message);
  else if (!watching?.fromPage(message) && !devices?.fromPage(message)) shell?.fromPage(message);
}

self.onmessage = (e: MessageEvent<ToCore | ToPeople | ToKdf>): void => {
  const message = e.data;
  if (message.type === "kdf") return answerOnce(message, () => new Books(bridge().people));
  if (shell !== null) return take(message);
  if (message.type !== "init") {
    early.push(message);
    return;
  }
  const { module } = message;
  startCore(module, () => dead("the core ended")).then(
    () => {
      const vault = Vault.open();
      const others = new BroadcastChannel("beeline people");
      const tell = (): void => others.postMessage(null);
      const books = new Books(bridge().people);
      people = new People(books, {
        vault,
        post: (said) => {
          post(said);
          if (said.type === "people.view") devices?.changed();
        },
        arrived: () => devices?.arrived() ?? null,
        stored: (kept) => devices?.stored(kept),
        base: (header, passphrase) => askWorker(module, { header: header.bytes, passphrase }, post),
        alone: (f) => navigator.locks.request("beeline people", f),
        tell,
        now: () => Date.now(),
        used: (contacts) => {
          watching?.book(contacts.length === 0 ? null : contacts.length);
          shell?.contacts(new Set(contacts));
        },
        known: (contacts) => seen.known(contacts),
      });
      const seen = new Seen({ vault, beside: people, alone: (f) => navigator.locks.request("beeline seen", f), tell, changed: () => watching?.seen() });
      shell = new Shell(message, bridge(), { post, dead }, vault, seen, people);
      const around = {
        signalUrl: message.signalUrl,
        config: () => configOf(message),
        post,
        lane: (to: CoreToLane) => message.lanes[0]?.postMessage(to),
        dead,
      };
      watching = new Watching({ ...around, make: (first, config) => bridge().watch(first, config), seen: (contact, share) => seen.of(contact, share) });
      devices = new Devices(books, { ...around, book: () => people?.book ?? null });
      others.onmessage = () => void people?.told();
      for (const m of early.splice(0)) take(m);
    },
    (error: unknown) => dead(String(error)),
  );
};
