// Frames of a shot as one thing: A001_C003.[0001-0240].exr. Files of a folder
// that differ only in one number of the same width are a sequence from three on
// (domain.md 5.1). Which number: the last one before the extension. A missing
// frame breaks a sequence, so gaps are found and said.
//
// Decisions
//   2026-11-25  Clips and sound stay single: A001C001.mov and A001C002.mov are
//               two takes, and each is looked for by its name.
//   2026-11-25  Files of which more than two in three would be missing are no
//               sequence but pictures that somebody chose; "8,997 missing"
//               would be an alarm about nothing.
//   2026-11-25  Numbers that outgrow their width go on: 9 → 10, 9999 → 10000, also
//               over a gap, as long as less is missing there than was found before.

/** Fewer look like what they are. */
const framesMin = 3;
/** Digits of a number that is still exact. */
const digitsMax = 15;
/** One is missing of three at most two. */
const sparsest = 1 / 3;

const clips = new Set(
  "mov mp4 m4v mxf mkv avi webm mts m2ts mpg mpeg ts r3d braw crm nev ari3 wav aif aiff mp3 m4a aac flac ogg bwf zip rar 7z tar gz pdf".split(" "),
);
const pictures = new Set("exr dpx cin tif tiff ari arx dng cr2 cr3 nef arw raf jpg jpeg jpe png tga bmp gif webp heic jp2 j2k j2c jxl sgi rgb hdr pic psd iff".split(" "));

/** A run of frames that are not there, both ends included. */
export type Gap = readonly [first: number, last: number];

export interface Sequence {
  /** What stands before the number, and after it. */
  prefix: string;
  suffix: string;
  /** Digits of the first number. */
  width: number;
  first: number;
  last: number;
  /** The files, by number. */
  members: readonly number[];
  gaps: readonly Gap[];
  missing: number;
  /** Pictures are frames, anything else files. */
  frames: boolean;
}

/** A number as it stands in the names. */
export function padded(n: number, width: number): string {
  return String(n).padStart(width, "0");
}

export function sequenceName({ prefix, suffix, width, first, last }: Sequence): string {
  return `${prefix}[${padded(first, width)}-${padded(last, width)}]${suffix}`;
}

const zero = 48;
const isDigit = (code: number): boolean => code >= zero && code <= zero + 9;

/** Where the extension begins; a number behind the last dot is a number. */
function stemEnd(name: string): number {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return name.length;
  for (let i = dot + 1; i < name.length; i++) if (!isDigit(name.charCodeAt(i))) return dot;
  return name.length;
}

function extension(suffix: string): string {
  return suffix.slice(suffix.lastIndexOf(".") + 1).toLowerCase();
}

/** Files that differ only in a number of one width. */
interface Group {
  prefix: string;
  suffix: string;
  width: number;
  files: { id: number; number: number }[];
  least: number;
  most: number;
}

/** Finds the sequences among the files of one folder. `single` are all others, in the order they came. */
export function* folded(files: readonly number[], name: (id: number) => string): Generator<void, { sequences: Sequence[]; single: number[] }> {
  const groups = new Map<string, Group>();
  for (const [n, id] of files.entries()) {
    if (n % 512 === 511) yield;
    sortIn(groups, id, name(id));
  }
  const sequences: Sequence[] = [];
  const members = new Set<number>();
  let looked = 0;
  for (const group of groups.values()) {
    if (++looked % 512 === 0) yield; // a list may have as many groups as files
    goOn(groups, group);
  }
  for (const group of groups.values()) {
    const sequence = sequenceOf(group);
    if (sequence === null) continue;
    sequences.push(sequence);
    for (const id of sequence.members) members.add(id);
    yield;
  }
  return { sequences, single: members.size === 0 ? [...files] : files.filter((id) => !members.has(id)) };
}

/** The same for two names only if all three are the same, whatever a hostile sender puts into them. */
export function keyOf({ prefix, width, suffix }: Pick<Sequence, "prefix" | "width" | "suffix">): string {
  return `${width}/${prefix.length}/${prefix}${suffix}`;
}

function sortIn(groups: Map<string, Group>, id: number, name: string): void {
  const end = stemEnd(name);
  if (clips.has(extension(name.slice(end)))) return;
  let to = end;
  while (to > 0 && !isDigit(name.charCodeAt(to - 1))) to--;
  let from = to;
  while (from > 0 && isDigit(name.charCodeAt(from - 1))) from--;
  const width = to - from;
  if (width === 0 || width > digitsMax) return;
  const [prefix, suffix, number] = [name.slice(0, from), name.slice(to), Number(name.slice(from, to))];
  const key = keyOf({ prefix, width, suffix });
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, { prefix, suffix, width, files: [{ id, number }], least: number, most: number });
    return;
  }
  group.files.push({ id, number });
  group.least = Math.min(group.least, number);
  group.most = Math.max(group.most, number);
}

/** Joins to a group the one of the next width, where its numbers go on without padding. */
function goOn(groups: Map<string, Group>, group: Group): void {
  for (let width = group.width; ; width++) {
    const key = keyOf({ ...group, width: width + 1 });
    const next = groups.get(key);
    if (next === undefined || next.least < 10 ** width || next.least - group.most > group.files.length) return;
    group.files = group.files.concat(next.files);
    group.most = next.most;
    groups.delete(key);
  }
}

function sequenceOf({ prefix, suffix, width, files, least, most }: Group): Sequence | null {
  if (files.length < framesMin) return null;
  files.sort((a, b) => a.number - b.number || a.id - b.id);
  const gaps: Gap[] = [];
  let missing = 0;
  let previous = least;
  for (const { number } of files) {
    if (number > previous + 1) {
      gaps.push([previous + 1, number - 1]);
      missing += number - previous - 1;
    }
    previous = number;
  }
  if ((most - least + 1 - missing) / (most - least + 1) < sparsest) return null;
  const members = files.map((f) => f.id);
  return { prefix, suffix, width, first: least, last: most, members, gaps, missing, frames: pictures.has(extension(suffix)) };
}
