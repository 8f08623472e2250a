import type { SharedBefore } from "../../shared/views.ts";
import type { Stage } from "../again.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

/** Links of this browser that have not ended: closed with one click, and offered again where no page does. */
export function SharedBefores({ app }: { app: App }) {
  const copy = words.value.again;
  const { list, now } = app.again;
  if (list.value.length === 0) return null;
  return (
    <section class="card" aria-labelledby="shared-before" data-keeps-focus="yes">
      <h2 id="shared-before">{copy.title}</h2>
      <ul>
        {list.value.map((share) => (
          <li key={share.id}>
            <One app={app} share={share} stage={now.value?.share.id === share.id ? now.value.stage : null} />
          </li>
        ))}
      </ul>
      {list.value.length > 1 && (
        <p class="actions">
          <button type="button" class="danger" onClick={() => app.again.close(list.value)}>
            {copy.closeAll}
          </button>
        </p>
      )}
      <p class="hint">{copy.note}</p>
    </section>
  );
}

function One({ app, share, stage }: { app: App; share: SharedBefore; stage: Stage | null }) {
  const copy = words.value.again;
  const id = `share-${share.id}`;
  return (
    <>
      <p class="share-title" id={id}>
        <Name of={share.title} />
      </p>
      <p class="figures">
        {copy.what(share.files, share.bytes, share.expires)} {copy.used(share.used)} {share.elsewhere && copy.elsewhere}
      </p>
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
        ) : share.elsewhere ? null : (
          <button type="button" aria-describedby={id} disabled={stage?.at === "comparing"} onClick={() => void app.again.offer(share)}>
            {copy.offer}
          </button>
        )}
        <button type="button" aria-describedby={id} onClick={() => app.again.close([share])}>
          {copy.close}
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
