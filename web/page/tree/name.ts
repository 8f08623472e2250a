// A long name in one line: its middle goes first, because a take number and an
// extension are what names differ in.

/** Characters kept at the end, at most. */
const tailMax = 18;
/** Shorter ones are left whole. */
const longFrom = 24;

const plain = /^[\x20-\x7e]*$/;

/** The name in two parts; the first is what may be cut short. Joined they are the name. */
export function split(name: string): [head: string, tail: string] {
  if (name.length < longFrom) return [name, ""];
  const from = name.length - tailMax;
  const at = name.slice(from).search(/[ ._-]/);
  if (at >= 0) return [name.slice(0, from + at), name.slice(from + at)];
  // Letters of some scripts join, and some characters are several: those are cut at a sign or not at all.
  return plain.test(name.slice(from)) ? [name.slice(0, from), name.slice(from)] : [name, ""];
}
