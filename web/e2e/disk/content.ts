// What the files of these tests hold: made anew wherever it is needed, in the
// page and here, so that nothing has to be kept to be compared.

/** Bytes `at` to `at + length` of the file with this seed. Seed 0 is the pattern of the vectors: i mod 251. */
export function content(seed: number, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  if (seed === 0) {
    for (let i = 0; i < length; i++) bytes[i] = (at + i) % 251;
    return bytes;
  }
  // Whole blocks of a generator that starts anew every 64 KiB.
  const block = 1 << 16;
  for (let done = 0; done < length; ) {
    const from = (at + done) % block;
    const made = blockOf(seed, Math.floor((at + done) / block));
    const n = Math.min(length - done, block - from);
    bytes.set(made.subarray(from, from + n), done);
    done += n;
  }
  return bytes;
}

function blockOf(seed: number, index: number): Uint8Array {
  const words = new Uint32Array((1 << 16) / 4);
  let x = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}
