// Transfers that earlier pages of this browser began: what there is, and how it is
// continued or deleted.

import { type ReadonlySignal, signal } from "@preact/signals";
import { offerOf, type ToCore } from "../shared/messages.ts";
import type { UnfinishedView } from "../shared/views.ts";

/** Stands for the click on Continue through the loading of the page of the link, in this tab only. */
const going = "beeline-continue";

/** Safari deletes what a site stored once nobody has used the site for so long, unless it was allowed to keep it. In ms. */
const unusedFor = 7 * 24 * 3_600_000;

/** As in disk/partfolder.ts and disk/opfs.ts. */
const partFolder = "Beeline (unfinished)";
const storage = "beeline";

export class UnfinishedTransfers {
  readonly #list = signal<readonly UnfinishedView[]>([]);
  readonly list: ReadonlySignal<readonly UnfinishedView[]> = this.#list;
  /** What could not be deleted. */
  readonly stuck = signal<string | null>(null);
  /** The browser has promised to delete nothing by itself. */
  readonly #persisted = signal(false);
  readonly #toCore: (message: ToCore) => void;
  /** Opens a contact's share on this page. */
  readonly #openOffer: (link: string) => void;

  constructor(toCore: (message: ToCore) => void, openOffer: (link: string) => void) {
    this.#toCore = toCore;
    this.#openOffer = openOffer;
    void navigator.storage?.persisted?.().then((promised) => {
      this.#persisted.value = promised;
    });
  }

  /** When the browser deletes it by itself at the earliest; null: not by any date. */
  until({ at, handle }: UnfinishedView): number | null {
    return handle === null ? keptUntil(at, navigator.vendor, this.#persisted.value) : null;
  }

  read(): void {
    this.#toCore({ type: "unfinished.read" });
  }

  found(list: UnfinishedView[]): void {
    this.#list.value = list;
  }

  /** The contacts can be read now: so can whose share it is. */
  unlocked(): void {
    if (this.#list.value.some(({ locked }) => locked)) this.read();
  }

  /** Goes to the page of its link. Must run in the click: a folder is asked for again. */
  async goOn({ id, handle }: UnfinishedView): Promise<void> {
    if (handle !== null && !(await mayWrite(handle))) return;
    sessionStorage.setItem(going, id);
    this.#toCore({ type: "unfinished.link", id });
  }

  /** The core has looked the link up. */
  open(link: string): void {
    if (offerOf(link) === null) location.assign(`/r#${link}`);
    else this.#openOffer(link);
  }

  /** Frees the space. Must run in the click, for the same reason. */
  async drop({ id, handle, part }: UnfinishedView): Promise<void> {
    this.stuck.value = null;
    try {
      if (handle !== null) {
        if (!(await mayWrite(handle))) throw new Error("not allowed");
        await removeBelow(handle, partFolder, part);
        await handle.removeEntry(partFolder).catch(() => undefined); // others are in it
      }
      await removeBelow(await navigator.storage.getDirectory(), storage, part);
    } catch {
      this.stuck.value = id;
      return;
    }
    this.#toCore({ type: "unfinished.forget", id });
    this.read();
  }
}

/**
 * When a browser deletes by itself, at the earliest, what was stored at that time. `vendor` tells the engine: every
 * browser of an iPhone says Apple, for it is Safari's.
 */
export function keptUntil(at: number, vendor: string, persisted: boolean): number | null {
  return vendor.startsWith("Apple") && !persisted ? at + unusedFor : null;
}

/** True once, where Continue was pressed for this transfer and its folder may be written. */
export async function continues({ id, handle }: UnfinishedView): Promise<boolean> {
  const pressed = sessionStorage.getItem(going) === id;
  sessionStorage.removeItem(going);
  if (!pressed || handle === null) return pressed;
  return handle.queryPermission === undefined || (await handle.queryPermission({ mode: "readwrite" })) === "granted";
}

/** True where the page may write below this folder; asks where it has to. */
export async function mayWrite(handle: FileSystemHandle): Promise<boolean> {
  const mode = { mode: "readwrite" } as const;
  if (handle.queryPermission === undefined || handle.requestPermission === undefined) return true;
  try {
    return (await handle.queryPermission(mode)) === "granted" || (await handle.requestPermission(mode)) === "granted";
  } catch {
    return false; // no click just before: asked again when Receive is pressed
  }
}

/** Removes a folder of a folder; what is not there is removed. */
async function removeBelow(root: FileSystemDirectoryHandle, folder: string, name: string): Promise<void> {
  try {
    await (await root.getDirectoryHandle(folder)).removeEntry(name, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}
