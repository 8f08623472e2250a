import assert from "node:assert/strict";
import { test } from "node:test";

Object.assign(globalThis, { location: { hostname: "127.0.0.1", host: "127.0.0.1:4711", origin: "http://127.0.0.1:4711" } });
const { askHome, home, homeHost, homeIsHere, linkTo, originOf } = await import("./home.ts");

test("only an origin is taken for one", () => {
  const own = "http://127.0.0.1:4711";
  assert.equal(originOf("https://send.example\n", own), "https://send.example");
  assert.equal(originOf("http://192.0.2.1:8080", own), "http://192.0.2.1:8080");
  for (const text of ["", "send.example", "https://send.example/r", "https://send.example/#x", "https://a@send.example", "javascript:alert(1)", "wss://send.example", `https://${"a".repeat(300)}.example`, "https://send.example\nhttps://other.example", "<!doctype html>"]) {
    assert.equal(originOf(text, own), own, text);
  }
});

test("there are no links before it is known where they lead", async () => {
  assert.equal(linkTo("r", "secret"), null);
  assert.equal(homeIsHere(), true);
  const asked: unknown[] = [];
  await askHome((...what) => {
    asked.push(what[0]);
    return Promise.resolve(new Response("https://send.example\n"));
  });
  assert.deepEqual(asked, ["/server.txt"]);
  assert.equal(home.value, "https://send.example");
  assert.equal(linkTo("r", "secret"), "https://send.example/r#secret");
  assert.equal(homeHost(), "send.example");
  assert.equal(homeIsHere(), false); // so nobody is told of this computer's loopback addresses
  await askHome(() => assert.fail("it knows already"));
});
