// Names of files on the way to disk. What a name may hold at all was decided by
// the core (PROTOCOL.md g.3); here are the names that only a destination needs.

/** The longest name that can be written where ".crswap" must fit behind it, in bytes of UTF-8. */
export const nameMax = 248;

const encoder = new TextEncoder();

/** Splits before the last dot. A leading dot begins a name, not an extension. */
export function splitName(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

/** The n-th name for what wants to be called `name`: `a.mov`, `a (2).mov`, `a (3).mov`, never above nameMax. */
export function numbered(name: string, n: number): string {
  if (n <= 1) return name;
  const [stem, extension] = splitName(name);
  const suffix = ` (${n})`;
  const room = nameMax - encoder.encode(suffix + extension).length;
  return room > 0 ? cut(stem, room) + suffix + extension : cut(name, nameMax - suffix.length) + suffix;
}

/** Cuts a text to at most `max` bytes of UTF-8, between code points. */
export function cut(text: string, max: number): string {
  let out = "";
  let size = 0;
  for (const c of text) {
    size += encoder.encode(c).length;
    if (size > max) break;
    out += c;
  }
  return out;
}

/**
 * Whether a name has the form of the second, short names that Windows gives files
 * ("IMPORT~1.MOV" for "Important.mov"): asked for by such a name it may hand out a
 * file that is called otherwise.
 */
export function maybeAlias(name: string): boolean {
  return /^(?=[^.]{2,8}(\.|$))[^.]*~\d+(\.[^.]{1,3})?$/.test(name);
}

/** Whether something of this folder is really called so, as its list says. */
export async function isListed(dir: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  const wanted = folded(name);
  for await (const found of dir.keys()) if (folded(found) === wanted) return true;
  return false;
}

/** What file systems that ignore case or form take for the same name. */
export function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/**
 * The name under which a file is written in the part folder. It keeps the
 * extension, because the browser looks at a file again when a move changes that,
 * and nothing else, because the browser may tell its vendor the name.
 */
export function partName(index: number, name: string): string {
  const [, extension] = splitName(name);
  return /^\.[A-Za-z0-9_+-]{1,24}$/.test(extension) && !hidden.test(name) ? `t${index}${extension}` : `t${index}`;
}

// Extensions that Chromium neither makes nor finds through a directory handle.
const hidden = /\.(lnk|url|scf|local|crswap)$/i;

/** A name for a file whose own name the browser refuses: its last dot, or its first letter, escaped as in PROTOCOL.md g.3. */
export function escaped(name: string): string {
  const [stem, extension] = splitName(name.replaceAll("%", "%25"));
  if (extension !== "") return `${stem}%2E${extension.slice(1)}`;
  const [first = ""] = stem;
  const code = [...encoder.encode(first)].map((b) => `%${b.toString(16).toUpperCase().padStart(2, "0")}`);
  return code.join("") + stem.slice(first.length);
}

/** The name of a download that holds everything: the only top-level name, or the title. */
export function zipName(tops: ReadonlySet<string>, title: string): string {
  const [top] = tops;
  const name = tops.size === 1 && top !== undefined ? top : title;
  // A title is free text: what no file system holds becomes a dash.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  const clean = name.replaceAll(/[\u0000-\u001f\u007f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "-").replace(/^[. ]+|[. ]+$/g, "");
  return `${cut(clean, nameMax - 4) || "files"}.zip`;
}
