// The six digits: typed by the sharer, read out by the recipient.

import { useRef } from "preact/hooks";
import type { ShareView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";

/** Above all else, because somebody waits on the phone: while somebody asks, or while the person has to know what came of it. */
export function TypeDigits({ app, view }: { app: App; view: ShareView }) {
  const copy = words.value.policy.digits;
  const box = useRef<HTMLInputElement>(null);
  const asks = view.recipients.some((r) => r.asks);
  if (!view.approval) return null;
  const triesLeft = 3 - view.mistyped;
  return (
    <>
      {asks && (
        <form
          class="card"
          onSubmit={(e) => {
            e.preventDefault();
            if (box.current !== null && app.policy.digits(box.current.value)) box.current.value = "";
            box.current?.focus();
          }}
        >
          <label for="digits">{copy.label}</label>
          <div class="row">
            <input ref={box} id="digits" type="text" class="digits-typed" inputMode="numeric" autocomplete="off" maxLength={16} aria-describedby="digits-said" />
            <button type="submit" class="main">{copy.let}</button>
          </div>
          <p id="digits-said" role="alert">
            {app.policy.short.value ? copy.short : view.mistyped > 0 ? copy.wrong(triesLeft) : ""}
          </p>
        </form>
      )}
      {!asks && triesLeft <= 0 && <p role="alert">{copy.refused}</p>}
      {view.shut && (
        <div class="card">
          <p role="alert">{copy.shut}</p>
          <p class="actions">
            <button type="button" onClick={() => app.policy.takeRequests()}>
              {copy.again}
            </button>
          </p>
        </div>
      )}
    </>
  );
}

/** At the recipient's, while it waits. Spaces between the digits have them spoken one by one. */
export function ReadOut({ digits }: { digits: string }) {
  const copy = words.value.policy.digits;
  return (
    <div class="card">
      <h2>{copy.yours}</h2>
      <p class="digits-read">{[...digits].join(" ")}</p>
      <p>{copy.readOut}</p>
    </div>
  );
}
