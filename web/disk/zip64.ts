// Headers of a ZIP archive in which nothing is compressed: APPNOTE.TXT 6.3 with
// the zip64 extension where a size, an offset or the number of entries asks for
// it. Names are UTF-8 (bit 11), dates stand as local time and, exactly, as UTC
// (extended timestamp 0x5455). All sizes are known before a header is written,
// so every header has its final size, and the archive its exact length.
//
//	local header · name · extra │ bytes │ …  │ central headers │ (zip64 end) │ end

/** One entry of the archive. */
export interface ZipEntry {
  /** Path with slashes, UTF-8; a folder's ends in one. */
  name: Uint8Array;
  dir: boolean;
  /** Bytes. */
  size: number;
  crc: number;
  /** Unix milliseconds. */
  modified: number;
  /** The CRC was not known before the bytes: it follows them. */
  crcBehind?: boolean;
}

const limit32 = 0xffff_ffff;
const limit16 = 0xffff;

const unix = 3; // who made it: names and modes are those of Unix
const utf8Names = 1 << 11;
const behind = 1 << 3; // CRC and sizes stand in a descriptor behind the bytes

/** Bytes before the data of an entry. */
export function localHeaderSize(nameLength: number, size: number): number {
  return 30 + nameLength + (size >= limit32 ? 20 : 0) + 9;
}

export function localHeader(e: ZipEntry): Uint8Array<ArrayBuffer> {
  const large = e.size >= limit32;
  const w = new Writer(localHeaderSize(e.name.byteLength, e.size));
  w.u32(0x04034b50);
  w.u16(large ? 45 : 20);
  common(w, e.crcBehind ? { ...e, crc: 0, size: large ? e.size : 0 } : e, large);
  w.u16(e.name.byteLength);
  w.u16((large ? 20 : 0) + 9);
  w.bytes(e.name);
  if (large) {
    w.u16(1);
    w.u16(16);
    w.u64(e.crcBehind ? 0 : e.size);
    w.u64(e.crcBehind ? 0 : e.size);
  }
  timestamp(w, e.modified);
  return w.done();
}

/** Bytes behind the data of an entry whose CRC was not known before. */
export function descriptorSize(size: number): number {
  return size >= limit32 ? 24 : 16;
}

export function descriptor(e: ZipEntry): Uint8Array<ArrayBuffer> {
  const w = new Writer(descriptorSize(e.size));
  w.u32(0x08074b50);
  w.u32(e.crc);
  for (let twice = 0; twice < 2; twice++) {
    if (e.size >= limit32) w.u64(e.size);
    else w.u32(e.size);
  }
  return w.done();
}

/** Bytes of an entry in the list. */
export function centralHeaderSize(nameLength: number, size: number, offset: number): number {
  const zip64 = (size >= limit32 ? 16 : 0) + (offset >= limit32 ? 8 : 0);
  return 46 + nameLength + (zip64 > 0 ? 4 + zip64 : 0) + 9;
}

/** `offset` is where the entry's local header begins. */
export function centralHeader(e: ZipEntry, offset: number): Uint8Array<ArrayBuffer> {
  const large = e.size >= limit32;
  const far = offset >= limit32;
  const zip64 = (large ? 16 : 0) + (far ? 8 : 0);
  const w = new Writer(centralHeaderSize(e.name.byteLength, e.size, offset));
  w.u32(0x02014b50);
  w.u16((unix << 8) | (zip64 > 0 ? 45 : 20));
  w.u16(zip64 > 0 ? 45 : 20);
  common(w, e, large);
  w.u16(e.name.byteLength);
  w.u16((zip64 > 0 ? 4 + zip64 : 0) + 9);
  w.u16(0); // comment
  w.u16(0); // disk
  w.u16(0); // internal attributes
  w.u32((((e.dir ? 0o040755 : 0o100644) << 16) | (e.dir ? 0x10 : 0)) >>> 0);
  w.u32(far ? limit32 : offset);
  w.bytes(e.name);
  if (zip64 > 0) {
    w.u16(1);
    w.u16(zip64);
    if (large) {
      w.u64(e.size);
      w.u64(e.size);
    }
    if (far) w.u64(offset);
  }
  timestamp(w, e.modified);
  return w.done();
}

/** Bytes of what closes the archive. */
export function endSize(entries: number, offset: number, size: number): number {
  return (entries >= limit16 || offset >= limit32 || size >= limit32 ? 76 : 0) + 22;
}

/** What closes the archive: `size` bytes of central headers begin at `offset`. */
export function endRecords(entries: number, offset: number, size: number): Uint8Array<ArrayBuffer> {
  const w = new Writer(endSize(entries, offset, size));
  const zip64 = w.size > endSize(0, 0, 0);
  if (zip64) {
    w.u32(0x06064b50);
    w.u64(44); // of what follows in this record
    w.u16((unix << 8) | 45);
    w.u16(45);
    w.u32(0);
    w.u32(0);
    w.u64(entries);
    w.u64(entries);
    w.u64(size);
    w.u64(offset);
    w.u32(0x07064b50);
    w.u32(0);
    w.u64(offset + size);
    w.u32(1);
  }
  w.u32(0x06054b50);
  w.u16(0);
  w.u16(0);
  w.u16(Math.min(entries, limit16));
  w.u16(Math.min(entries, limit16));
  w.u32(Math.min(size, limit32));
  w.u32(Math.min(offset, limit32));
  w.u16(0);
  return w.done();
}

/** The fields that both headers share: flags, method, time, date, CRC, sizes. */
function common(w: Writer, e: ZipEntry, large: boolean): void {
  const { time, date } = dosTime(e.modified);
  w.u16(e.crcBehind ? utf8Names | behind : utf8Names);
  w.u16(0); // stored
  w.u16(time);
  w.u16(date);
  w.u32(e.crc);
  w.u32(large ? limit32 : e.size);
  w.u32(large ? limit32 : e.size);
}

function timestamp(w: Writer, modified: number): void {
  w.u16(0x5455);
  w.u16(5);
  w.u8(1); // modification time only
  w.u32(Math.min(Math.max(Math.floor(modified / 1000), -0x8000_0000), 0x7fff_ffff) >>> 0);
}

/** Local time in the format of MS-DOS: two-second steps, 1980 to 2107. */
export function dosTime(ms: number): { time: number; date: number } {
  const d = new Date(ms);
  const year = d.getFullYear();
  if (!(year >= 1980)) return { time: 0, date: (1 << 5) | 1 };
  if (year > 2107) return { time: 0xbf7d, date: 0xff9f };
  return {
    time: (d.getHours() << 11) | (d.getMinutes() << 5) | (d.getSeconds() >> 1),
    date: ((year - 1980) << 9) | ((d.getMonth() + 1) << 5) | d.getDate(),
  };
}

/** Writes numbers little-endian into a buffer of exactly the right size. */
class Writer {
  readonly size: number;
  readonly #out: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.size = size;
    this.#out = new Uint8Array(size);
    this.#view = new DataView(this.#out.buffer);
  }

  u8(n: number): void {
    this.#view.setUint8(this.#at++, n);
  }

  u16(n: number): void {
    this.#view.setUint16(this.#at, n, true);
    this.#at += 2;
  }

  u32(n: number): void {
    this.#view.setUint32(this.#at, n, true);
    this.#at += 4;
  }

  u64(n: number): void {
    this.u32(n % 2 ** 32);
    this.u32(Math.floor(n / 2 ** 32));
  }

  bytes(b: Uint8Array): void {
    this.#out.set(b, this.#at);
    this.#at += b.byteLength;
  }

  done(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#out.byteLength) throw new RangeError("a header of another size than planned");
    return this.#out;
  }
}
