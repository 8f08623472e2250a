import type { Slow } from "../slow.ts";
import { words } from "../words/words.ts";

/** Why it is slow, where that is known. Its place is kept while bytes move. */
export function WhySlow({ why, seenBy }: { why: Slow | undefined; seenBy: "sender" | "recipient" }) {
  return <p class="slow quiet-text">{why !== undefined && words.value.progress.slow[seenBy][why]}</p>;
}
