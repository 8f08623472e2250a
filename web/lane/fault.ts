/** The Go instance failed: what it holds can't be trusted any more. */
export class CoreFault extends Error {}

/** What an export answers, where that is not the code of a failure. */
export function check(n: number): number {
  if (n < 0) throw new CoreFault(`lane: code ${-n}`);
  return n;
}
