// How much room a transfer takes where a browser keeps it: the page asks for it
// beforehand, the disk worker refuses without it, and both must mean the same.

/** Of the size of a transfer: names and the list of an archive come on top. */
const margin = 1.05;

/** Bytes that have to be free for a transfer of so many. */
export function roomFor(bytes: number): number {
  return Math.ceil(bytes * margin);
}

/** Bytes that this site may still use, as the browser reckons. The disk may be full before. */
export async function freeSpace(storage: Pick<StorageManager, "estimate"> = navigator.storage): Promise<number> {
  const { quota = 0, usage = 0 } = await storage.estimate();
  return Math.max(0, quota - usage);
}
