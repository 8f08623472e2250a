import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openings, readServers } from "./ice.ts";
import { addressesOf, ipv6Found, type Results, udpFound, untested, type Verdict, verdict } from "./judge.ts";

/** An answer with these texts: name, password, URLs. */
function answer(username: string, password: string, ...urls: string[]): Uint8Array {
  const message = new Uint8Array(513);
  message[0] = 0x87;
  let at = 5;
  const put = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    message[at++] = bytes.length;
    message.set(bytes, at);
    at += bytes.length;
  };
  put(username);
  put(password);
  message[at++] = urls.length;
  urls.forEach(put);
  return message;
}

test("the answer of signaling/PROTOCOL.md's worked example is read", () => {
  const spec = readFileSync(new URL("../../../signaling/PROTOCOL.md", import.meta.url), "utf8");
  const [, ttl = "", rest = "", zeros = ""] = /^k< 87 (00000000) (.*) 00×(\d+)$/m.exec(spec) ?? [];
  const bytes = Buffer.concat([Buffer.from(`87${ttl}${rest.replaceAll(" ", "")}`, "hex"), Buffer.alloc(Number(zeros))]);
  assert.deepEqual(readServers(bytes), { urls: ["stun:host:1"], username: "", credential: "" });
});

test("URLs that a browser would not take are left out, and what is no answer is none", () => {
  assert.deepEqual(readServers(answer("u", "p", "turn:a.example:3478?transport=udp", "nonsense", "http:x", "turns:[::1]:443?transport=tcp", "stun:")), {
    urls: ["turn:a.example:3478?transport=udp", "turns:[::1]:443?transport=tcp"], username: "u", credential: "p",
  });
  assert.equal(readServers(answer("u", "p").subarray(0, 512)), null);
  assert.equal(readServers(new Uint8Array(513)), null);
  const many = answer("", "");
  many[7] = 9;
  assert.equal(readServers(many), null, "more than eight");
});

test("whatever a hub sends, reading it ends and gives URLs of servers or nothing", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed >> 16;
  };
  for (let round = 0; round < 5000; round++) {
    const message = answer("u", "p", "stun:a:1", "turn:b:3478");
    for (let n = random() % 8; n >= 0; n--) message[1 + (random() % 60)] = random() & 0xff;
    for (const url of readServers(message)?.urls ?? []) assert.match(url, /^(stun|turns?):[^\s]+$/i);
  }
});

test("what a firewall has to let pass", () => {
  assert.deepEqual(openings(["stun:a:3478", "turn:a", "turn:a:80?transport=tcp", "turns:[fd00::1]:443?transport=tcp", "x"]), [
    { host: "a", port: "3478", protocol: "UDP", use: "stun" },
    { host: "a", port: "3478", protocol: "UDP", use: "turn" },
    { host: "a", port: "80", protocol: "TCP", use: "turn" },
    { host: "[fd00::1]", port: "443", protocol: "TCP", use: "turns" },
  ]);
});

const srflx = { type: "srflx", address: "198.51.100.7" };
const host = { type: "host", address: "10.0.0.1" };

test("UDP works if an address or a relay came by it; a browser that keeps silent is no proof", () => {
  assert.equal(udpFound({ seen: [host, srflx], failed: false }, "none"), "yes");
  assert.equal(udpFound({ seen: [host], failed: true }, "yes"), "yes");
  assert.equal(udpFound({ seen: [host], failed: true }, "none"), "no");
  assert.equal(udpFound({ seen: [host], failed: false }, "no"), "no");
  assert.equal(udpFound({ seen: [host], failed: false }, "none"), "unknown");
});

test("the own address is the one that the server saw, once", () => {
  assert.deepEqual(addressesOf({ seen: [host, srflx, srflx, { type: "srflx", address: "" }], failed: false }), ["198.51.100.7"]);
});

test("IPv6 counts where it leads out of the own network", () => {
  const of = (address: string) => ipv6Found({ seen: [{ type: "host", address }], failed: false });
  assert.deepEqual(["2001:db8::1", "fe80::1", "fd00::1", "::1", "10.0.0.1", "a.local", ""].map(of), ["yes", ...Array(6).fill("unknown")]);
});

const works: Results = { hub: "yes", udp: "yes", turnUDP: "yes", turnTCP: "yes", turnTLS: "none", ipv6: "unknown", addresses: [] };
const verdicts: [Partial<Results>, Verdict][] = [
  [{}, "all"],
  [{ udp: "unknown" }, "all"],
  [{ turnUDP: "none", turnTCP: "none" }, "direct"],
  [{ udp: "unknown", turnUDP: "none", turnTCP: "none" }, "unsure"],
  [{ udp: "no", turnUDP: "no" }, "relay"],
  [{ udp: "no", turnUDP: "no", turnTCP: "no", turnTLS: "yes" }, "relay"],
  [{ udp: "no", turnUDP: "no", turnTCP: "no" }, "local"],
  [{ hub: "no", udp: "waiting" }, "server"],
  [{ turnTCP: "running" }, "running"],
  [untested, "untested"],
];
for (const [over, want] of verdicts) {
  test(`${JSON.stringify(over)} comes to ${want}`, () => assert.equal(verdict({ ...works, ...over }), want));
}
