import type { SharedBefore } from "../../shared/messages.ts";
import type { Stage } from "../again.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

/** Shares of earlier pages, whose links can be offered again. */
export function SharedBefores({ app }: { app: App }) {
  const copy = words.value.again;
  const { list, now } = app.again;
  if (list.value.length === 0) return null;
  return (
    <section class="card" aria-labelledby="shared-before">
      <h2 id="shared-before">{copy.title}</h2>
      <ul>
        {list.value.map((share) => (
          <li key={share.id}>
            <One app={app} share={share} stage={now.value?.share.id === share.id ? now.value.stage : null} />
          </li>
        ))}
      </ul>
      <p class="hint">{copy.note}</p>
    </section>
  );
}

function One({ app, share, stage }: { app: App; share: SharedBefore; stage: Stage | null }) {
  const copy = words.value.again;
  return (
    <>
      <p class="share-title">
        <Name of={share.title} />
      </p>
      <p class="figures">{copy.what(share.files, share.bytes, share.expires)}</p>
      {stage !== null && <p role="alert">{said(stage)}</p>}
      {stage?.at === "differs" && (
        <p>
          {stage.names.map((name) => (
            <>
              <Name of={name} />{" "}
            </>
          ))}
        </p>
      )}
      <p class="actions">
        {stage?.at === "differs" ? (
          <button type="button" onClick={() => app.again.rest()}>
            {copy.rest}
          </button>
        ) : (
          <button type="button" disabled={stage?.at === "comparing"} onClick={() => void app.again.offer(share)}>
            {copy.offer}
          </button>
        )}
        <button type="button" onClick={() => app.again.forget(share)}>
          {copy.forget}
        </button>
      </p>
    </>
  );
}

function said(stage: Stage): string {
  const copy = words.value.again;
  switch (stage.at) {
    case "asking":
    case "comparing":
      return copy.comparing;
    case "choose":
      return stage.nothing ? copy.nothing : copy.choose;
    case "differs":
      return copy.differs(stage.count);
  }
}
