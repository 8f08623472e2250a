import assert from "node:assert/strict";
import { test } from "node:test";
import { virtually } from "../shared/testing/time.ts";
import { askForRoom, mustAsk, type Storage } from "./room.ts";

const GiB = 1024 ** 3;

/** Firefox's limit for one site, with a disk behind it. */
function firefox(over: Partial<Storage> = {}): { storage: Storage; asked: () => number } {
  let asked = 0;
  const storage: Storage = {
    estimate: () => Promise.resolve({ quota: 10 * GiB, usage: GiB }),
    persist: () => {
      asked++;
      return Promise.resolve(true);
    },
    getDirectory: () => Promise.resolve({} as FileSystemDirectoryHandle),
    ...over,
  };
  return { storage, asked: () => asked };
}

test("the browser is asked only for what would not fit", async () => {
  for (const [bytes, asks] of [[0, false], [8 * GiB, false], [9 * GiB, true], [100 * GiB, true]] as const) {
    const { storage, asked } = firefox();
    assert.equal(await mustAsk(bytes, storage), asks, `${bytes / GiB} GiB`);
    await askForRoom(bytes, storage);
    assert.equal(asked(), asks ? 1 : 0, `${bytes / GiB} GiB`);
  }
});

test("where nothing can be kept, nothing is asked", async () => {
  const refuses = (): Promise<never> => Promise.reject(new DOMException("private", "SecurityError"));
  for (const over of [{ getDirectory: refuses }, { estimate: refuses }]) {
    const { storage, asked } = firefox(over);
    await askForRoom(100 * GiB, storage);
    assert.equal(asked(), 0);
  }
});

test("a question that nobody answers, or that fails, holds nothing up for ever", () => virtually(async () => {
  for (const persist of [() => new Promise<boolean>(() => undefined), () => Promise.reject(new Error("no"))]) {
    await askForRoom(100 * GiB, firefox({ persist }).storage); // virtually throws if it never ends
  }
}));

test("a person is given a while to answer", () => virtually(async () => {
  let answered = false;
  const persist = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => {
    answered = true;
    resolve(true);
  }, 30_000));
  await askForRoom(100 * GiB, firefox({ persist }).storage);
  assert.equal(answered, true);
}));
