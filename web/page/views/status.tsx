import type { Phase } from "../../shared/views.ts";
import { words } from "../words/words.ts";

/**
 * The one status region of a page. Its text begins with the stage's word
 * (DESIGN 6) and changes only with the stage, because screen readers speak it.
 */
export function Status({ phase, text }: { phase: Phase; text: string }) {
  return (
    <p role="status" class="status" data-phase={phase}>
      <strong>{`${words.value.stage[phase]}.`}</strong>
      {text === "" ? "" : ` ${text}`}
    </p>
  );
}
