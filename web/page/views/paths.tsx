// Which way the bytes may go: the sender's choice for a share, and the
// recipient's for itself.

import type { Paths, ShareView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";

/** The sender's choice beside the link. */
export function WhichPaths({ app, view }: { app: App; view: ShareView | null }) {
  const copy = words.value.send.paths;
  const paths = view?.paths ?? "any";
  return (
    <fieldset class="ways" aria-describedby="ways-hint">
      <legend>{copy.legend}</legend>
      {(Object.keys(copy.choices) as Paths[]).map((choice) => (
        <label key={choice}>
          <input type="radio" name="paths" disabled={view === null} checked={paths === choice} onChange={() => app.sharing.choosePaths(choice)} /> {copy.choices[choice]}
        </label>
      ))}
      <p class="hint" id="ways-hint">
        {copy.hints[paths]} {paths !== "any" && copy.fromNow}
      </p>
      {paths === "relay" && view?.relay === false && <p role="alert">{copy.none}</p>}
    </fieldset>
  );
}

/** The recipient's choice before connecting. */
export function Hide({ app, hidden }: { app: App; hidden: boolean }) {
  return (
    <label class="hide">
      <input type="checkbox" checked={hidden} onChange={(e) => app.receiving.hide(e.currentTarget.checked)} /> {words.value.receive.hide.label}
    </label>
  );
}
