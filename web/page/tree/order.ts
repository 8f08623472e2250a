// Natural order: clip 9 before clip 10. Sorted in slices, because a folder of
// 100,000 clips takes longer than a frame.

// Folders of one tree are read side by side by people with different computers:
// the order of names must not depend on whose language the page speaks.
const collator = new Intl.Collator("en", { numeric: true });

/** Sorted pieces that are merged afterwards; one is sorted within a slice. */
const piece = 512;
/** Merged between two looks at the clock. */
const stride = 512;

/** The ids in the order of their names; equal names in the order they came. */
export function* sorted(ids: readonly number[], name: (id: number) => string): Generator<void, number[]> {
  const names = ids.map(name);
  const before = (a: number, b: number): number => collator.compare(names[a] ?? "", names[b] ?? "") || a - b;
  let runs: number[][] = [];
  for (let from = 0; from < ids.length; from += piece) {
    const run: number[] = [];
    for (let i = from; i < Math.min(from + piece, ids.length); i++) run.push(i);
    runs.push(run.sort(before));
    yield;
  }
  while (runs.length > 1) {
    const next: number[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i] ?? [], runs[i + 1]];
      next.push(b === undefined ? a : yield* merged(a, b, before));
    }
    runs = next;
  }
  return (runs[0] ?? []).map((i) => ids[i] ?? 0);
}

function* merged(a: number[], b: number[], before: (x: number, y: number) => number): Generator<void, number[]> {
  // What was listed in order stays: most folders are.
  if (before(a.at(-1) ?? 0, b[0] ?? 0) <= 0) return a.concat(b);
  const out: number[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] ?? 0, b[j] ?? 0];
    if (before(x, y) <= 0) {
      out.push(x);
      i++;
    } else {
      out.push(y);
      j++;
    }
    if (out.length % stride === 0) yield;
  }
  while (i < a.length) out.push(a[i++] ?? 0);
  while (j < b.length) out.push(b[j++] ?? 0);
  return out;
}
