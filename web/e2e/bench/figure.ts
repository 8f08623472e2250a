/** Prints one figure as a JSON line on stdout. Everything else goes to stderr. */
export function figure(name: string, value: number, unit: string, n: number): void {
  const rounded = Number(value.toPrecision(4));
  process.stdout.write(`${JSON.stringify({ name, value: rounded, unit, n })}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
