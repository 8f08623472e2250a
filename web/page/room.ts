// Room in the browser's own storage, where there is no folder to pick. Firefox
// gives a site a fifth of what it gives all of them, 10 GiB at most, until a person
// allows it to keep data; then half the disk. So it is asked for on the click on
// Receive, and only where the transfer would not fit otherwise: a question that is
// not needed teaches people to press whatever makes it go away.

import { freeSpace, roomFor } from "../shared/room.ts";

/** What of navigator.storage is used. */
export type Storage = Pick<StorageManager, "estimate" | "persist" | "getDirectory">;

/** How long the person may take to answer, in ms. Then the destination says what it makes of it; Receive can be pressed again. */
const answerWithin = 60_000;

/** Whether the browser has to be asked before it takes so many bytes. */
export async function mustAsk(bytes: number, storage: Storage = navigator.storage): Promise<boolean> {
  try {
    await storage.getDirectory(); // none in private windows of Firefox: nothing to ask for
    return (await freeSpace(storage)) < roomFor(bytes);
  } catch {
    return false;
  }
}

/** Asks for room if so many bytes need it, and waits for an answer, but not for ever: nobody may see the question. */
export async function askForRoom(bytes: number, storage: Storage = navigator.storage): Promise<void> {
  if (!(await mustAsk(bytes, storage))) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, answerWithin);
  });
  await Promise.race([storage.persist(), late]).catch(() => undefined); // whatever it says, the destination looks again
  clearTimeout(timer);
}
