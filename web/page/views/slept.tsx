import type { Slept as State } from "../state.ts";
import { words } from "../words/words.ts";

/** Says that the computer or the tab stood still, and that it goes on. */
export function Slept({ slept }: { slept: State | null }) {
  if (slept === null) return null;
  return <p class="warning">{words.value.slept(slept.from, slept.to)}</p>;
}
