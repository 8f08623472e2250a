// What the service worker keeps and answers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { virtually } from "../shared/testing/time.ts";
import { type Build, patienceMs, prefix, Shell } from "./shell.ts";
import { FakeCaches } from "./testing/fakecaches.ts";

const origin = "https://send.example";
const html = "<!doctype html><html lang=\"en\"><title>send</title></html>";
const contents: Record<string, string> = { "/": html, "/r": html, "/assets/page.01.js": "code()", "/assets/beeline.02.wasm": "\0asm", "/favicon.svg": "<svg/>" };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const build = (name: string, of = contents): Build => ({ name, files: Object.fromEntries(Object.entries(of).map(([path, text]) => [path, sha256(text)])) });

interface Asked {
  path: string;
  cache: RequestCache | undefined;
}

class Server {
  readonly asked: Asked[] = [];
  /** What it answers for a path, by turns; the last stays. */
  readonly answers = new Map<string, (Response | "never" | "unreachable")[]>();

  constructor(of = contents) {
    for (const [path, text] of Object.entries(of)) this.says(path, good(text, path));
  }

  says(path: string, ...answers: (Response | "never" | "unreachable")[]): void {
    this.answers.set(path, answers);
  }

  down(): void {
    for (const path of this.answers.keys()) this.says(path, "unreachable");
  }

  fetch = async (request: Request | string, init?: RequestInit): Promise<Response> => {
    const path = new URL(typeof request === "string" ? request : request.url, origin).pathname;
    this.asked.push({ path, cache: init?.cache });
    const answers = this.answers.get(path) ?? [new Response("no", { status: 404 })];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === "never") return new Promise(() => undefined);
    if (answer === "unreachable" || answer === undefined) throw new TypeError("NetworkError");
    return answer.clone();
  };
}

function good(text: string, path: string): Response {
  return new Response(text, { headers: { "content-type": path.includes(".") ? "text/plain" : "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" } });
}

async function installed(server = new Server(), caches = new FakeCaches(), of = build("one")): Promise<{ shell: Shell; server: Server; caches: FakeCaches }> {
  const shell = new Shell(of, { origin, caches: caches.asStorage(), fetch: server.fetch });
  await shell.install();
  server.asked.length = 0;
  return { shell, server, caches };
}

const get = (path: string) => new Request(`${origin}${path}`);
const text = async (answer: Promise<Response> | null): Promise<string> => {
  assert.ok(answer, "the browser was left to ask by itself");
  return (await answer).text();
};

test("every file of the build is kept, each asked for once", async () => {
  const server = new Server();
  const caches = new FakeCaches();
  await new Shell(build("one"), { origin, caches: caches.asStorage(), fetch: server.fetch }).install();
  assert.deepEqual(server.asked.map((a) => a.path), Object.keys(contents));
  assert.deepEqual([...(caches.all.get(`${prefix}one`)?.kept.keys() ?? [])], Object.keys(contents));
});

for (const [what, bad] of Object.entries({
  "cut short": good("cod", "/assets/page.01.js"),
  "changed on the way": good("evil()", "/assets/page.01.js"),
  "an error page": new Response("code()", { status: 502 }),
})) {
  test(`what is ${what} is not kept, and half a shell is none`, async () => {
    const server = new Server();
    server.says("/assets/page.01.js", bad);
    const caches = new FakeCaches();
    await assert.rejects(new Shell(build("one"), { origin, caches: caches.asStorage(), fetch: server.fetch }).install(), /page\.01\.js is not what this build has/);
    assert.equal(caches.all.get(`${prefix}one`)?.kept.has("/assets/page.01.js"), false);
  });
}

test("a damaged copy in the browser's own cache is fetched past it", async () => {
  const server = new Server();
  server.says("/assets/page.01.js", good("cod", "/assets/page.01.js"), good("code()", "/assets/page.01.js"));
  const caches = new FakeCaches();
  await new Shell(build("one"), { origin, caches: caches.asStorage(), fetch: server.fetch }).install();
  assert.deepEqual(server.asked.filter((a) => a.path === "/assets/page.01.js").map((a) => a.cache), [undefined, "reload"]);
  assert.equal(await (await caches.match("/assets/page.01.js"))?.text(), "code()");
});

test("what two builds have in common is not fetched again, pages always are", async () => {
  const { server, caches } = await installed();
  const next = { ...contents, "/": html.replace("send", "newer"), "/assets/page.03.js": "newer()" };
  for (const [path, said] of Object.entries(next)) server.says(path, good(said, path));
  await new Shell(build("two", next), { origin, caches: caches.asStorage(), fetch: server.fetch }).install();
  assert.deepEqual(server.asked.map((a) => a.path), ["/", "/r", "/favicon.svg", "/assets/page.03.js"]);
});

test("a page comes from the server, and from what is kept when that is gone", async () => {
  const { shell, server } = await installed();
  server.says("/", good("<html>from the server</html>", "/"));
  assert.equal(await text(shell.answer(get("/"))), "<html>from the server</html>");
  server.down();
  assert.equal(await text(shell.answer(get("/"))), html.replace("<html", "<html data-kept"), "it says that it is kept");
  const kept = await shell.answer(get("/r?from=mail"));
  assert.equal(kept?.headers.get("content-security-policy"), "default-src 'none'", "the policy comes with it");
});

test("a page is not waited for beyond patience", async () => {
  const { shell, server } = await installed();
  server.says("/r", "never");
  await virtually(async () => {
    const began = performance.now();
    assert.match(await text(shell.answer(get("/r"))), /data-kept/);
    assert.ok(performance.now() - began >= patienceMs, "not before");
  });
});

test("what a proxy says of a server that is down is no page", async () => {
  const { shell, server } = await installed();
  server.says("/", new Response("Bad gateway", { status: 502 }));
  assert.match(await text(shell.answer(get("/"))), /data-kept/);
  server.says("/", new Response("Too many", { status: 429 }));
  assert.equal(await text(shell.answer(get("/"))), "Too many", "what the server itself says stands");
});

test("an open page of another build finds its code in what is kept", async () => {
  const { shell: old, caches } = await installed();
  const next = { "/": html, "/assets/page.03.js": "newer()" };
  const { shell, server } = await installed(new Server(next), caches, build("two", next));
  server.down();
  for (const s of [old, shell]) {
    assert.equal(await text(s.answer(get("/assets/page.01.js"))), "code()");
    assert.equal(await text(s.answer(get("/assets/page.03.js"))), "newer()");
  }
  assert.deepEqual(server.asked, [], "the server is not asked for what is kept");
});

test("nothing else is answered", async () => {
  const { shell } = await installed();
  for (const path of ["/signal", "/healthz", "/readyz", "/assets.txt", "/metrics", "/sw.js", "/index.html", "/toString"]) {
    assert.equal(shell.answer(get(path)), null, path);
  }
  assert.equal(shell.answer(new Request(`${origin}/`, { method: "POST" })), null, "another method");
  assert.equal(shell.answer(new Request("https://elsewhere.example/")), null, "another server");
});

test("where storage fails the server is asked", async () => {
  const { shell, server, caches } = await installed();
  caches.broken = true;
  assert.equal(await text(shell.answer(get("/assets/page.01.js"))), "code()");
  assert.equal(await text(shell.answer(get("/"))), html);
  server.down();
  assert.equal((await shell.answer(get("/")))?.type, "error");
});
