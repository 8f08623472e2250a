// The shell: the pages of one build and all that they load, kept so that they
// open without the server.
//
//	page asked for      server within 3 s  ▸ else what is kept, marked as kept
//	/assets/… asked for what is kept       ▸ else the server
//	anything else       not ours: the browser asks the server as ever
//
// Everything is compared with the SHA-256 that this very worker was built with
// (the digests of assets.txt) before it is kept: what was cut short or changed
// on the way never becomes the shell. That does not protect from whoever serves
// the page, who can serve another worker: wasm/PROTOCOL.md, "Decisions".

import { keptMark } from "../shared/shell.ts";

/** A build: its name, and the SHA-256 in hex of each of its files by path. */
export interface Build {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** What the shell needs of its world. */
export interface World {
  readonly origin: string;
  readonly caches: CacheStorage;
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
}

/** How long the server may take to answer for a page before what is kept is shown, ms. */
export const patienceMs = 3000;

/** Caches of other things than the shell are left alone. */
export const prefix = "beeline-shell-";

/** Where files lie whose names change with their content: they are never older than asked for. */
const hashedFolder = "/assets/";

export class Shell {
  readonly #build: Build;
  readonly #world: World;

  constructor(build: Build, world: World) {
    this.#build = build;
    this.#world = world;
  }

  get cacheName(): string {
    return prefix + this.#build.name;
  }

  /**
   * Keeps every file of the build, or throws: half a shell is none. Nothing is
   * downloaded twice: what the page has loaded is in the browser's HTTP cache,
   * what another build has in common with this one in that build's cache.
   */
  async install(): Promise<void> {
    const cache = await this.#world.caches.open(this.cacheName);
    for (const [path, digest] of Object.entries(this.#build.files)) {
      if ((await cache.match(path)) === undefined) await cache.put(path, await this.#genuine(path, digest));
    }
  }

  /** The answer to a request, or null where the browser shall ask by itself. */
  answer(request: Request): Promise<Response> | null {
    const url = new URL(request.url); // its fragment may be a link: only the path is used
    if (request.method !== "GET" || url.origin !== this.#world.origin) return null;
    if (url.pathname.startsWith(hashedFolder)) return this.#keptFirst(request, url.pathname);
    return Object.hasOwn(this.#build.files, url.pathname) ? this.#serverFirst(request, url.pathname) : null;
  }

  /** A file of this build, by one of three ways, cheapest first. */
  async #genuine(path: string, digest: string): Promise<Response> {
    const ways = [
      () => (path.startsWith(hashedFolder) ? this.#world.caches.match(path) : undefined),
      () => this.#world.fetch(path),
      // The browser's HTTP cache may be what is damaged, and would be for a year.
      () => this.#world.fetch(path, { cache: "reload" }),
    ];
    for (const way of ways) {
      const response = await way();
      if (response === undefined || response.status !== 200) continue;
      if ((await sha256(response.clone())) === digest) return response;
    }
    throw new Error(`${path} is not what this build has`);
  }

  /** An open page may be of another build than this worker: what it loads later is looked for in all that is kept. */
  async #keptFirst(request: Request, path: string): Promise<Response> {
    const kept = await this.#world.caches.match(path, { ignoreVary: true }).catch(() => undefined);
    return kept ?? this.#world.fetch(request);
  }

  async #serverFirst(request: Request, path: string): Promise<Response> {
    const asked = this.#world.fetch(request).catch(() => null);
    const inTime = await Promise.race([asked, new Promise<null>((resolve) => setTimeout(() => resolve(null), patienceMs))]);
    // What a proxy says of a server that is down (502, 503) is no page.
    if (inTime !== null && inTime.status < 500) return inTime;
    const kept = await this.#kept(path);
    if (kept !== undefined) return marked(kept);
    return (await asked) ?? Response.error();
  }

  async #kept(path: string): Promise<Response | undefined> {
    try {
      return await (await this.#world.caches.open(this.cacheName)).match(path, { ignoreVary: true });
    } catch {
      return undefined; // storage is switched off or broken
    }
  }
}

/** A page says that it is kept; whoever opened it sees no difference otherwise. */
async function marked(kept: Response): Promise<Response> {
  if (!(kept.headers.get("content-type") ?? "").startsWith("text/html")) return kept;
  const headers = new Headers(kept.headers);
  // They told of the bytes on the wire.
  for (const name of ["content-encoding", "content-length", "etag"]) headers.delete(name);
  return new Response((await kept.text()).replace("<html", `<html ${keptMark}`), { headers });
}

async function sha256(response: Response): Promise<string> {
  try {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
    return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
  } catch {
    return ""; // broke off on the way
  }
}
