// Cache storage in memory, for the tests of what the service worker keeps.

type Key = Request | string;

export class FakeCaches {
  readonly all = new Map<string, FakeCache>();
  /** Every use fails, as where storage is switched off. */
  broken = false;

  async open(name: string): Promise<FakeCache> {
    if (this.broken) throw new DOMException("switched off", "SecurityError");
    const cache = this.all.get(name) ?? new FakeCache();
    this.all.set(name, cache);
    return cache;
  }

  async match(key: Key): Promise<Response | undefined> {
    if (this.broken) throw new DOMException("switched off", "SecurityError");
    for (const cache of this.all.values()) {
      const found = await cache.match(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async keys(): Promise<string[]> {
    return [...this.all.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.all.delete(name);
  }

  /** As what the browser has; the rest of its interface is not used. */
  asStorage(): CacheStorage {
    return this as unknown as CacheStorage;
  }
}

class FakeCache {
  readonly kept = new Map<string, Response>();

  async match(key: Key): Promise<Response | undefined> {
    return this.kept.get(pathOf(key))?.clone();
  }

  async put(key: Key, response: Response): Promise<void> {
    this.kept.set(pathOf(key), response);
  }
}

function pathOf(key: Key): string {
  return typeof key === "string" ? key : new URL(key.url).pathname;
}
