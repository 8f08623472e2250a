import { useEffect, useState } from "preact/hooks";
import type { CodeView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { homeHost } from "../home.ts";
import { minutesLeft } from "../typing.ts";
import { words } from "../words/words.ts";

/** How often the minutes are looked at, ms. */
const lookEvery = 5000;

/** The code that can be said instead of sending the link. */
export function Spoken({ app, code }: { app: App; code: CodeView }) {
  const copy = words.value.code;
  const { lives, state, text, until } = code;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (state !== "live") return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), lookEvery);
    return () => clearInterval(timer);
  }, [state, until]);
  return (
    <section class="spoken" aria-label={copy.label}>
      {state === "live" && (
        <>
          <p class="spoken-code" lang="en" dir="ltr">
            {text.split("-").map((part, i) => (
              <span key={i}>{part} </span>
            ))}
          </p>
          <p>{copy.say(homeHost())}</p>
          <p class="figures">{copy.left(minutesLeft(until, now), lives)}</p>
        </>
      )}
      <p aria-live="polite">{state === "none" ? "" : copy.became[state]}</p>
      <p class="actions">
        {state === "none" ? (
          <button type="button" aria-describedby="code-offer-hint" onClick={() => app.sharing.makeCode()}>
            {copy.offer}
          </button>
        ) : (
          <button type="button" onClick={() => app.sharing.makeCode()}>
            {copy.another}
          </button>
        )}
        {(state === "live" || state === "coming") && (
          <button type="button" onClick={() => app.sharing.stopCode()}>
            {copy.stop}
          </button>
        )}
      </p>
      {state === "none" && (
        <p class="hint" id="code-offer-hint">
          {copy.offerHint}
        </p>
      )}
    </section>
  );
}
