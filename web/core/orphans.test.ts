// What no record names any more is freed, and nothing else.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDB } from "idb";
import { Memory } from "./memory.ts";
import { Vault } from "./vault.ts";

const now = Date.UTC(2026, 10, 26);
const day = 24 * 3_600_000;

/** The browser's own storage: folders below `beeline`, by when their files were changed last. */
function storage(folders: Record<string, number[]>) {
  const locked = new Set<string>();
  const dir = (name: string) => ({
    kind: "directory",
    async *values() {
      for (const lastModified of folders[name] ?? []) yield { kind: "file", getFile: async () => ({ lastModified }) };
    },
  });
  const beeline = {
    async *entries() {
      yield ["a file", { kind: "file" }];
      for (const name of Object.keys(folders)) yield [name, dir(name)];
    },
    getDirectoryHandle: async (name: string) => dir(name),
    removeEntry: async (name: string) => {
      if (locked.has(name)) throw new DOMException(name, "NoModificationAllowedError");
      delete folders[name];
    },
  };
  return { root: { getDirectoryHandle: async () => beeline } as unknown as FileSystemDirectoryHandle, locked };
}

test("the folder of a record that was dropped goes once no link of it can be alive", async () => {
  const vault = await Vault.open();
  assert.ok(vault);
  const record = (id: string, part: string) => ({ id, link: id, key: "", handle: null, at: now, safe: 1, receive: { part, title: "", bytes: 2, conflict: "skip" as const, choice: [] } });
  await vault.put(record("one", "0badcafe"));
  await vault.put(record("two", "00000002"));
  const db = await openDB("beeline");
  const row = await db.get("unfinished", "two");
  new Uint8Array(row.box.sealed)[0] = (new Uint8Array(row.box.sealed)[0] ?? 0) ^ 1; // it does not open any more
  await db.put("unfinished", row);

  const folders = { "0badcafe": [now - 400 * day], "00000002": [now - 368 * day, now - 367 * day], "00000003": [now - 367 * day, now - 365 * day], "00000004": [], "00000005": [now - 367 * day] };
  const { root, locked } = storage(folders);
  locked.add("00000005"); // another tab has it open
  await new Memory(Promise.resolve(vault)).sweep(async () => root, now);
  assert.deepEqual(Object.keys(folders).sort(), ["00000003", "00000004", "00000005", "0badcafe"]);
});

test("where nothing can be remembered nothing is known to be forgotten", async () => {
  const folders = { "00000002": [now - 900 * day] };
  await new Memory(Promise.resolve(null)).sweep(async () => storage(folders).root, now);
  assert.deepEqual(Object.keys(folders), ["00000002"]);
});

test("a browser without such storage is no trouble", async () => {
  const vault = await Vault.open();
  await new Memory(Promise.resolve(vault)).sweep(() => Promise.reject(new Error("none")), now);
});
