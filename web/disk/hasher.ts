// The hashes that a sink needs: the digest of what was read back, and the CRC-32
// of what goes into an archive.

export interface Hasher {
  /** One group's worth of memory to put bytes in. Void after the next call. */
  slot(): Uint8Array<ArrayBuffer>;
  /** The chaining value of the first bytes of the slot, a group of a file of several. */
  group(length: number, index: number): Uint8Array;
  /** The digest of a file of at most one group, all in the slot. */
  single(length: number): Uint8Array;
  /** Carries a CRC-32 on over the first bytes of the slot. */
  crc(before: number, length: number): number;
  /** The digest of a file of several groups, from their chaining values. */
  tree(size: number, cvs: Uint8Array): Uint8Array;
}

/** The instance failed: renew it and do the file again. */
export class HasherDead extends Error {}
