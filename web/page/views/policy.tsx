// Who gets in by the link, how long it lasts, for how many it is, and a note.

import { NoteMax } from "../../wire/wire.ts";
import type { ShareView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { dayOf, endOf, spanOf } from "../policy.ts";
import type { Span } from "../words/en/policy.ts";
import { SayWho } from "./proved.tsx";
import { words } from "../words/words.ts";

interface Props {
  app: App;
  view: ShareView | null; // null until the link is made
}

export function WhoGetsIn({ app, view }: Props) {
  const copy = words.value.policy;
  return (
    <fieldset class="ways" aria-describedby="gets-in-hint">
      <legend>{copy.legend}</legend>
      <div class="choice">
        <label>
          <input
            type="checkbox"
            disabled={view === null || view.taken}
            checked={view?.approval ?? false}
            aria-describedby="approval-hint"
            onChange={(e) => view !== null && app.policy.choose(view, { approval: e.currentTarget.checked })}
          />{" "}
          {copy.approval}
        </label>
        <p class="hint" id="approval-hint">
          {copy.approvalHint}
        </p>
      </div>
      <div class="choice">
        <label>
          <input
            type="checkbox"
            disabled={view === null || view.taken}
            checked={view?.oneTime ?? false}
            aria-describedby="one-time-hint"
            onChange={(e) => view !== null && app.policy.choose(view, { oneTime: e.currentTarget.checked })}
          />{" "}
          {copy.oneTime}
        </label>
        <p class="hint" id="one-time-hint">
          {copy.oneTimeHint}
        </p>
      </div>
      <p class="hint" id="gets-in-hint">
        {copy.newLink}
      </p>
    </fieldset>
  );
}

/** Whether the link says whose it is. */
export function Whose({ app, view }: Props) {
  return <SayWho app={app} on={view?.proves ?? false} disabled={view === null || view.taken} choose={(on) => app.sayWho(on)} hint="sender" />;
}

/** The fields have values of their own: a view that comes while somebody types must not take their words away. */
export function HowLong({ app, view }: Props) {
  const copy = words.value.policy;
  if (view === null) return null;
  const now = Date.now();
  const span = app.policy.span.value ?? spanOf(view, now);
  return (
    <details class="terms">
      <summary>{copy.terms}</summary>
      <div class="row">
        <label for="share-ends">{copy.ends}</label>
        <select id="share-ends" value={span} onChange={(e) => app.policy.lasts(view, e.currentTarget.value as Span)}>
          {(Object.keys(copy.spans) as Span[]).map((choice) => (
            <option key={choice} value={choice}>
              {copy.spans[choice]}
            </option>
          ))}
        </select>
        {span === "date" && (
          <>
            <label for="share-last-day">{copy.lastDay}</label>
            <input
              id="share-last-day"
              type="date"
              min={dayOf(now)}
              max={dayOf(now + 365 * 24 * 3_600_000)}
              defaultValue={dayOf(view.expires)}
              onChange={(e) => {
                const expires = endOf(e.currentTarget.value);
                if (expires !== null) app.policy.terms(view, { expires });
              }}
            />
          </>
        )}
      </div>
      <div class="row">
        <label for="share-limit">{copy.limit}</label>
        <input
          id="share-limit"
          type="number"
          min={1}
          max={1000}
          defaultValue={view.limit === 0 ? "" : String(view.limit)}
          aria-describedby="share-limit-hint"
          onChange={(e) => app.policy.terms(view, { limit: Math.min(1000, Math.max(0, Math.trunc(Number(e.currentTarget.value)) || 0)) })}
        />
      </div>
      <p class="hint" id="share-limit-hint">
        {view.limit === 0 ? copy.limitHint : `${copy.letIn(view.letIn, view.limit)} ${copy.limitHint}`}
      </p>
      <label for="share-note">{copy.note}</label>
      <textarea id="share-note" rows={3} maxLength={NoteMax} dir="auto" defaultValue={view.note} aria-describedby="share-note-hint" onChange={(e) => app.policy.terms(view, { note: e.currentTarget.value })} />
      <p class="hint" id="share-note-hint">
        {copy.noteHint}
      </p>
    </details>
  );
}
