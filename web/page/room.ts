// Room in the browser's own storage, where there is no folder to pick. Firefox
// gives a site a fifth of what it gives all of them, 10 GiB at most, until a person
// allows it to keep data; then half the disk. So it is asked for on the click on
// Receive, and only where the transfer would not fit otherwise: a question that is
// not needed teaches people to press whatever makes it go away. What does not fit
// then is written into a download while it arrives, where a service worker can.

import { freeSpace, roomFor } from "../shared/room.ts";

/** What of navigator.storage is used. */
export type Storage = Pick<StorageManager, "estimate" | "persist" | "persisted" | "getDirectory">;

/** How long the person may take to answer, in ms. Then the destination says what it makes of it; Receive can be pressed again. */
const answerWithin = 60_000;

/** What becomes of so many bytes in this browser, as far as it can be known before Receive. */
export type Room =
  | "fits" // kept here until it is whole
  | "asks" // the browser will ask the person first
  | "asks-or-streams" // and what it does not allow goes into a download as it arrives
  | "streams" // goes there anyway
  | "none"; // only what is small enough for memory

export interface Browser {
  storage: Storage;
  /** Whether a download can be written while it arrives. */
  streams(): Promise<boolean>;
}

export async function roomOf(bytes: number, { storage, streams }: Browser): Promise<Room> {
  try {
    await storage.getDirectory(); // none in private windows of Firefox: nothing to ask for
    if ((await freeSpace(storage)) >= roomFor(bytes)) return "fits";
    const may = await storage.persisted();
    const can = await streams();
    if (may) return can ? "streams" : "none";
    return can ? "asks-or-streams" : "asks";
  } catch {
    return (await streams()) ? "streams" : "none";
  }
}

/** Decides where so many bytes go when Receive was pressed, and asks for room where it is needed. */
export async function placeFor(bytes: number, browser: Browser): Promise<"browser" | "stream"> {
  let room = await roomOf(bytes, browser);
  if (room === "asks" || room === "asks-or-streams") {
    await ask(browser.storage);
    // Whatever it said, what counts is what it gives now.
    room = await roomOf(bytes, browser);
  }
  return room === "streams" || room === "asks-or-streams" ? "stream" : "browser";
}

/** Waits for an answer, but not for ever: nobody may see the question. */
async function ask(storage: Storage): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, answerWithin);
  });
  await Promise.race([storage.persist(), late]).catch(() => undefined);
  clearTimeout(timer);
}
