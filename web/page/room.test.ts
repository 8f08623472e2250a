import assert from "node:assert/strict";
import { test } from "node:test";
import { virtually } from "../shared/testing/time.ts";
import { type Browser, placeFor, roomOf, type Storage } from "./room.ts";

const GiB = 1024 ** 3;

/** Firefox's limit for one site, with a disk behind it that is larger once the person allows it. */
function firefox({ allows = true, allowed = 50 * GiB, streams = true, ...over }: Partial<Storage> & { allows?: boolean; allowed?: number; streams?: boolean } = {}): { browser: Browser; asked: () => number } {
  let asked = 0;
  let kept = false;
  const storage: Storage = {
    estimate: () => Promise.resolve({ quota: kept ? allowed : 10 * GiB, usage: GiB }),
    persist: () => {
      asked++;
      kept = allows;
      return Promise.resolve(kept);
    },
    persisted: () => Promise.resolve(kept),
    getDirectory: () => Promise.resolve({} as FileSystemDirectoryHandle),
    ...over,
  };
  return { browser: { storage, streams: () => Promise.resolve(streams) }, asked: () => asked };
}

test("the browser is asked only for what would not fit", async () => {
  for (const [bytes, room, place] of [[0, "fits", "browser"], [8 * GiB, "fits", "browser"], [9 * GiB, "asks-or-streams", "browser"], [100 * GiB, "asks-or-streams", "stream"]] as const) {
    const { browser, asked } = firefox();
    assert.equal(await roomOf(bytes, browser), room, `${bytes / GiB} GiB`);
    assert.equal(await placeFor(bytes, browser), place, `${bytes / GiB} GiB`);
    assert.equal(asked(), room === "fits" ? 0 : 1, `${bytes / GiB} GiB`);
  }
});

test("what the person does not allow is streamed, or left to the destination to refuse", async () => {
  for (const streams of [true, false]) {
    const { browser, asked } = firefox({ allows: false, streams });
    assert.equal(await roomOf(20 * GiB, browser), streams ? "asks-or-streams" : "asks");
    assert.equal(await placeFor(20 * GiB, browser), streams ? "stream" : "browser");
    assert.equal(asked(), 1);
  }
});

test("nobody is asked for what was allowed before and is still too little", async () => {
  for (const streams of [true, false]) {
    const { browser, asked } = firefox({ streams, persisted: () => Promise.resolve(true) });
    assert.equal(await roomOf(20 * GiB, browser), streams ? "streams" : "none");
    assert.equal(await placeFor(20 * GiB, browser), streams ? "stream" : "browser");
    assert.equal(asked(), 0);
  }
});

test("where nothing can be kept, nothing is asked", async () => {
  const refuses = (): Promise<never> => Promise.reject(new DOMException("private", "SecurityError"));
  for (const over of [{ getDirectory: refuses }, { estimate: refuses }]) {
    for (const streams of [true, false]) {
      const { browser, asked } = firefox({ ...over, streams });
      assert.equal(await placeFor(100 * GiB, browser), streams ? "stream" : "browser");
      assert.equal(await roomOf(100 * GiB, browser), streams ? "streams" : "none");
      assert.equal(asked(), 0);
    }
  }
});

test("a question that nobody answers, or that fails, holds nothing up for ever", () => virtually(async () => {
  for (const persist of [() => new Promise<boolean>(() => undefined), () => Promise.reject(new Error("no"))]) {
    assert.equal(await placeFor(100 * GiB, firefox({ persist }).browser), "stream"); // virtually throws if it never ends
  }
}));

test("a person is given a while to answer", () => virtually(async () => {
  let answered = false;
  const persist = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => {
    answered = true;
    resolve(true);
  }, 30_000));
  await placeFor(100 * GiB, firefox({ persist }).browser);
  assert.equal(answered, true);
}));
