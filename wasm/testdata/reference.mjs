// A second implementation of what the vectors hold, made from wasm/PROTOCOL.md and
// Node's own cryptography: it shares no line and no library with the Go code, so
// that a vector is right because two readings of the specification agree. It is
// slow, checks little, and nothing but vectors.test.mjs uses it.
import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, sign, verify } from "node:crypto";

export const hex = (b) => Buffer.from(b).toString("hex");
export const bytes = (s) => Buffer.from(s.replace(/\s+/g, ""), "hex");
export const utf8 = (s) => Buffer.from(s, "utf8");
export const cat = (...parts) => Buffer.concat(parts.map((p) => (typeof p === "string" ? utf8(p) : Buffer.from(p))));
const uint = (n, size) => { const b = Buffer.alloc(size); let v = BigInt(n); for (let i = size - 1; i >= 0; i--) { b[i] = Number(v & 255n); v >>= 8n; } return b; };
export const u8 = (n) => uint(n, 1), u16 = (n) => uint(n, 2), u24 = (n) => uint(n, 3), u32 = (n) => uint(n, 4), u64 = (n) => uint(n, 8);
export const H = (...parts) => createHash("sha256").update(cat(...parts)).digest();
const hmac = (key, ...parts) => createHmac("sha256", key).update(cat(...parts)).digest();

// Conventions: XT, X.
export const XT = (salt, ikm) => hmac(utf8(salt), ikm);
const expand = (prk, info, n) => {
  let out = Buffer.alloc(0), t = Buffer.alloc(0);
  for (let i = 1; out.length < n; i++) { t = hmac(prk, t, info, u8(i)); out = cat(out, t); }
  return out.subarray(0, n);
};
export const X = (prk, label, ctx, n) => {
  const l = cat("bee1 ", label);
  return expand(prk, cat(u16(n), u8(l.length), l, u16(ctx.length), ctx), n);
};

// (b) Links, d.1 and d.2 topics.
export const linkBody = (flags, secret, fp) => cat(u8(1), u8(flags), secret, fp);
export const linkText = (body) => cat(body, H("bee1 link check", body).subarray(0, 2)).toString("base64url");
export const linkRoot = (secret) => XT("bee1 link", secret);
export const topic = (root, e) => X(root, "topic", u32(e), 32);
export const linkPSK = (body) => X(linkRoot(body.subarray(2, 18)), "psk", body, 32);
export const dummyTopic = (seed, i, e) => topic(X(seed, "dummy root", u32(i), 32), e);

// (c) Codes: CPace-X25519-SHA512, with Elligator 2 in plain arithmetic.
const P = 2n ** 255n - 19n, A = 486662n;
const mod = (x) => ((x % P) + P) % P;
const power = (b, e) => { let r = 1n; for (b = mod(b); e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) r = mod(r * b); return r; };
const little = (b) => BigInt("0x" + hex(Buffer.from(b).reverse()));
const elligator2 = (b) => {
  const r = mod(little(b) & ((1n << 255n) - 1n));
  const v = mod(-A * power(1n + 2n * r * r, P - 2n));
  const square = power(v ** 3n + A * v * v + v, (P - 1n) / 2n) !== P - 1n;
  return Buffer.from(uint(square ? v : mod(-v - A), 32)).reverse();
};
const lv = (...parts) => cat(...parts.flatMap((p) => [p.length < 128 ? u8(p.length) : u8((p.length & 127) | 128), p.length < 128 ? "" : u8(p.length >> 7), p]));
const H512 = (...parts) => createHash("sha512").update(cat(...parts)).digest();
const x25519 = (scalar, point) => diffieHellman({
  privateKey: createPrivateKey({ key: cat(bytes("302e020100300506032b656e04220420"), scalar), format: "der", type: "pkcs8" }),
  publicKey: createPublicKey({ key: cat(bytes("302a300506032b656e032100"), point), format: "der", type: "spki" }),
});
export const codeCI = (mode, plate) => lv(utf8("bee1"), u8(mode), utf8(String(plate)), utf8("I"), utf8("R"));
export const codeShare = (scalar, prs, ci, sid) => {
  const head = lv(utf8("CPace255"), prs);
  return x25519(scalar, elligator2(H512(head, lv(Buffer.alloc(Math.max(0, 127 - head.length)), ci, sid)).subarray(0, 32)));
};
export const codePSK = (scalar, theirs, sid, shareI, shareR) => {
  const isk = H512(lv(utf8("CPace255_ISK"), sid, x25519(scalar, theirs)), lv(shareI, utf8("I"), shareR, utf8("R")));
  return X(XT("bee1 code", isk), "psk", sid, 32);
};
export const plateTopic = (plate) => cat("bee1 plate", Buffer.alloc(18), u32(plate));

// AEAD: RFC 8439 with the nonce of Noise.
const nonce = (n) => { const b = Buffer.alloc(12); b.writeBigUInt64LE(BigInt(n), 4); return b; };
export const seal = (key, n, plain, ad) => {
  const c = createCipheriv("chacha20-poly1305", key, nonce(n), { authTagLength: 16 });
  c.setAAD(ad, { plaintextLength: plain.length });
  return cat(c.update(plain), c.final(), c.getAuthTag());
};
export const open = (key, n, box, ad) => { // null: the tag is wrong
  const d = createDecipheriv("chacha20-poly1305", key, nonce(n), { authTagLength: 16 });
  d.setAAD(ad, { plaintextLength: box.length - 16 });
  d.setAuthTag(box.subarray(box.length - 16));
  try { return cat(d.update(box.subarray(0, box.length - 16)), d.final()); } catch { return null; }
};

// Ed25519 by seed and by raw public key.
const privateKey = (seed) => createPrivateKey({ key: cat(bytes("302e020100300506032b657004220420"), seed), format: "der", type: "pkcs8" });
const publicKey = (pk) => createPublicKey({ key: cat(bytes("302a300506032b6570032100"), pk), format: "der", type: "spki" });
export const edPublic = (seed) => createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" }).subarray(12);
export const edSign = (seed, message) => sign(null, message, privateKey(seed));
export const edVerify = (pk, message, sig) => verify(null, message, publicKey(pk), sig);

// f.1 and f.2 Records.
export const laneKey = (session, kind, dir, pc, ch, fpI, fpR) => X(session, kind, cat(u8(dir), u8(pc), u8(ch), fpI, fpR), 32);
export const recordHeader = (type, n) => cat(u8(type), u24(0), u64(n));
export const record = (key, type, n, plain) => cat(recordHeader(type, n), seal(key, n, plain, recordHeader(type, n)));
export const extent = (file, version, offset, data) => cat(u32(file), u8(version), u24(data.length), u64(offset), data);

// (e) Noise: symmetric state.
export class Symmetric {
  constructor(name) { this.h = name.length <= 32 ? cat(name, Buffer.alloc(32 - name.length)) : H(name); this.ck = this.h; }
  hkdf(ikm, n) { return expand(hmac(this.ck, ikm), Buffer.alloc(0), 32 * n); }
  mixHash(data) { this.h = H(this.h, data); }
  mixKey(ikm) { const o = this.hkdf(ikm, 2); this.ck = o.subarray(0, 32); this.k = o.subarray(32); this.n = 0; }
  mixKeyAndHash(ikm) { const o = this.hkdf(ikm, 3); this.ck = o.subarray(0, 32); this.mixHash(o.subarray(32, 64)); this.k = o.subarray(64); this.n = 0; }
  decryptAndHash(box) { const p = open(this.k, this.n++, box, this.h); this.mixHash(box); return p; }
  split() { const o = this.hkdf(Buffer.alloc(0), 3); return { toR: o.subarray(0, 32), toI: o.subarray(32, 64), exp: o.subarray(64) }; }
}
export const unpad = (plain) => {
  const n = plain.readUInt16BE(0);
  if (plain.subarray(2 + n).some((b) => b !== 0)) throw new Error("padding is not zero");
  return plain.subarray(2, 2 + n);
};

// f.4 BLAKE3, from its paper: one compression at a time.
const IV = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const [START, END, PARENT, ROOT] = [1, 2, 4, 8];
function compress(cv, block, counter, length, flags) {
  const v = Uint32Array.of(...cv, ...IV.subarray(0, 4), counter, Math.floor(counter / 2 ** 32), length, flags);
  let m = block;
  const g = (a, b, c, d, x, y) => {
    v[a] = v[a] + v[b] + x; v[d] ^= v[a]; v[d] = (v[d] >>> 16) | (v[d] << 16);
    v[c] = v[c] + v[d]; v[b] ^= v[c]; v[b] = (v[b] >>> 12) | (v[b] << 20);
    v[a] = v[a] + v[b] + y; v[d] ^= v[a]; v[d] = (v[d] >>> 8) | (v[d] << 24);
    v[c] = v[c] + v[d]; v[b] ^= v[c]; v[b] = (v[b] >>> 7) | (v[b] << 25);
  };
  for (let round = 0; round < 7; round++) {
    if (round > 0) { const old = m; m = Uint32Array.from(ORDER, (i) => old[i]); }
    g(0, 4, 8, 12, m[0], m[1]); g(1, 5, 9, 13, m[2], m[3]); g(2, 6, 10, 14, m[4], m[5]); g(3, 7, 11, 15, m[6], m[7]);
    g(0, 5, 10, 15, m[8], m[9]); g(1, 6, 11, 12, m[10], m[11]); g(2, 7, 8, 13, m[12], m[13]); g(3, 4, 9, 14, m[14], m[15]);
  }
  return Uint32Array.from({ length: 8 }, (_, i) => v[i] ^ v[i + 8]);
}
const words = (b) => { const p = Buffer.alloc(64); b.copy(p); return Uint32Array.from({ length: 16 }, (_, i) => p.readUInt32LE(4 * i)); };
const toBytes = (cv) => { const b = Buffer.alloc(32); cv.forEach((w, i) => b.writeUInt32LE(w, 4 * i)); return b; };
function subtree(data, chunk, flags) { // flags: ROOT or 0
  if (data.length <= 1024) {
    let cv = IV;
    for (let i = 0; i === 0 || i < data.length; i += 64) {
      const last = i + 64 >= data.length, b = data.subarray(i, i + 64);
      cv = compress(cv, words(b), chunk, b.length, (i === 0 ? START : 0) | (last ? END | flags : 0));
    }
    return cv;
  }
  let left = 1024;
  while (left * 2 < data.length) left *= 2;
  const l = subtree(data.subarray(0, left), chunk, 0), r = subtree(data.subarray(left), chunk + left / 1024, 0);
  return compress(IV, Uint32Array.of(...l, ...r), 0, 64, PARENT | flags);
}
export const blake3 = (data) => toBytes(subtree(data, 0, ROOT));
export const groupValue = (data, group) => toBytes(subtree(data, group * 1024, 0));
export const pattern = (n) => { const b = Buffer.alloc(n); for (let i = 0; i < n; i++) b[i] = i % 251; return b; }; // as the official BLAKE3 vectors

// (a) Identities, cards, contacts.
const x25519Public = (seed) => createPublicKey(createPrivateKey({ key: cat(Buffer.from("302e020100300506032b656e04220420", "hex"), seed), format: "der", type: "pkcs8" })).export({ format: "der", type: "spki" }).subarray(-32);
export const identity = (seed) => {
  const ed = X(seed, "id ed25519", "", 32), x = X(seed, "id x25519", "", 32);
  return { ed, x, edPublic: edPublic(ed), xPublic: x25519Public(x) };
};
export const idOf = (ed, x) => H("bee1 id", ed, x);
export const cardBody = (ed, x, created, name) => cat(u8(1), u8(0), ed, x, u32(created), u8(utf8(name).length), utf8(name));
export const sharedSecret = (secret, theirs) => diffieHellman({
  privateKey: createPrivateKey({ key: cat(Buffer.from("302e020100300506032b656e04220420", "hex"), secret), format: "der", type: "pkcs8" }),
  publicKey: createPublicKey({ key: cat(Buffer.from("302a300506032b656e032100", "hex"), theirs), format: "der", type: "spki" }),
});
export const contactRoot = (secret, theirs) => XT("bee1 contact", sharedSecret(secret, theirs));
export const safety = (a, b) => H("bee1 safety", ...[a, b].sort(Buffer.compare));
export const safetyGroups = (d) => {
  const q = X(d, "safety", "", 60);
  return Array.from({ length: 12 }, (_, i) => String(q.readUIntBE(5 * i, 5) % 100000).padStart(5, "0")).join(" ");
};

// (i) Containers. HChaCha20 as in draft-irtf-cfrg-xchacha, 2.2, the rest is Node's.
const hchacha20 = (key, nonce16) => {
  const s = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...Array.from({ length: 8 }, (_, i) => key.readUInt32LE(4 * i)), ...Array.from({ length: 4 }, (_, i) => nonce16.readUInt32LE(4 * i))]);
  const turn = (x, n) => (x << n) | (x >>> (32 - n));
  const quarter = (a, b, c, d) => {
    s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 16);
    s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 12);
    s[a] += s[b]; s[d] = turn(s[d] ^ s[a], 8);
    s[c] += s[d]; s[b] = turn(s[b] ^ s[c], 7);
  };
  for (let i = 0; i < 10; i++) {
    quarter(0, 4, 8, 12); quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15);
    quarter(0, 5, 10, 15); quarter(1, 6, 11, 12); quarter(2, 7, 8, 13); quarter(3, 4, 9, 14);
  }
  const out = Buffer.alloc(32);
  [...s.subarray(0, 4), ...s.subarray(12)].forEach((w, i) => out.writeUInt32LE(w, 4 * i));
  return out;
};
export const vaultParts = (b) => ({ hdr: b.subarray(0, 67), kdf: b[4], salt: b.subarray(11, 43), nonce: b.subarray(43, 67), commit: b.subarray(67, 99), sealed: b.subarray(99) });
export const vaultKey = (salt, base, pepper) => hmac(salt, base, pepper);
export const vaultOpen = (k, b) => {
  const { hdr, nonce, sealed } = vaultParts(b);
  const d = createDecipheriv("chacha20-poly1305", hchacha20(X(k, "vault enc", hdr, 32), nonce.subarray(0, 16)), cat(Buffer.alloc(4), nonce.subarray(16)), { authTagLength: 16 });
  d.setAAD(b.subarray(0, 99), { plaintextLength: sealed.length - 16 });
  d.setAuthTag(sealed.subarray(-16));
  return cat(d.update(sealed.subarray(0, -16)), d.final());
};
