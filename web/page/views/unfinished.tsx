import type { UnfinishedView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

/** What an earlier page of the link that is open left here. */
export function Recalled({ app, left }: { app: App; left: UnfinishedView }) {
  return (
    <div class="card">
      <Left app={app} left={left} />
      <p class="hint">{words.value.resume.note}</p>
    </div>
  );
}

/** Every transfer that this browser began and did not end. */
export function Unfinished({ app }: { app: App }) {
  const copy = words.value.resume;
  const { list, stuck } = app.unfinished;
  if (list.value.length === 0) return null;
  return (
    <section class="card" aria-labelledby="unfinished">
      <h2 id="unfinished">{copy.title}</h2>
      <ul>
        {list.value.map((left) => (
          <li key={left.id}>
            <Left app={app} left={left} />
            <p class="actions">
              <button type="button" disabled={left.locked} onClick={() => void app.unfinished.goOn(left)}>
                {copy.goOn}
              </button>
              <button type="button" onClick={() => void app.unfinished.drop(left)}>
                {copy.discard}
              </button>
            </p>
            {left.locked && <p class="hint">{copy.locked}</p>}
            {stuck.value === left.id && <p role="alert">{copy.notDeleted}</p>}
          </li>
        ))}
      </ul>
      <p class="hint">{copy.note}</p>
    </section>
  );
}

function Left({ app, left }: { app: App; left: UnfinishedView }) {
  const copy = words.value.resume;
  const until = app.unfinished.until(left);
  return (
    <>
      <p class="share-title">{left.title === "" ? copy.untitled : <Name of={left.title} />}</p>
      <p class="figures">{copy.there(left.safe, left.bytes, left.at)}</p>
      <p>
        {left.handle === null ? (
          copy.inBrowser
        ) : (
          <>
            {copy.inFolder} <Name of={left.handle.name} />.
          </>
        )}
      </p>
      {until !== null && <p class="hint">{copy.until(until)}</p>}
    </>
  );
}
