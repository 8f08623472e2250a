// Folders in the browser's own storage that no record of the vault names any more:
// a record that could not be opened was dropped, or the browser cleared the one and
// kept the other. Nobody is shown them, so nobody could free the space. Whoever still
// has the link goes on from there without a record; once no link can be alive they go.

/** As in disk/opfs.ts. */
const storage = "beeline";

/** How long a folder is kept after the last change in it, ms: as long as any link lives. */
const keptFor = 366 * 24 * 3_600_000;

/** Removes them below the root of the storage. `remembered` are the names that records have. */
export async function sweep(root: FileSystemDirectoryHandle, remembered: ReadonlySet<string>, now: number): Promise<void> {
  const folder = await root.getDirectoryHandle(storage).catch(() => null);
  if (folder === null) return;
  const names: string[] = [];
  for await (const [name, entry] of folder.entries()) if (entry.kind === "directory" && !remembered.has(name)) names.push(name);
  for (const name of names) {
    try {
      const changed = await newest(await folder.getDirectoryHandle(name));
      if (changed !== null && now - changed > keptFor) await folder.removeEntry(name, { recursive: true });
    } catch {
      // Another tab is at it.
    }
  }
}

/** When a file in it was changed last, unix ms; null where there is none. */
async function newest(folder: FileSystemDirectoryHandle): Promise<number | null> {
  let last: number | null = null;
  for await (const entry of folder.values()) {
    if (entry.kind === "file") last = Math.max(last ?? 0, (await (entry as FileSystemFileHandle).getFile()).lastModified);
  }
  return last;
}
